// SPDX-License-Identifier: Apache-2.0
//
// Decimal: exact decimal numbers, which is what counters are made of.
//
// An amount is what one op adds; a sum holds any number of them without rounding and can give
// them back. Nothing in a sum is a floating-point number.
#pragma once

#include "protocol/base/result.h"
#include "protocol/crdt/value.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace syncline::crdt {

// mantissa / 10^scale
struct Decimal {
  static constexpr std::uint8_t scale_max = 18;

  std::int64_t mantissa = 0;
  std::uint8_t scale = 0;

  bool operator==(const Decimal&) const = default;
};

class DecimalSum {
 public:
  // What value() gives, an integer or a text like "-12.50"; and a double as the decimal that was
  // written to get it. Nothing for everything else.
  static std::optional<DecimalSum> of(const Scalar& number);

  void add(const Decimal& amount);
  // Requires: `amount` was added before and not subtracted since.
  void subtract(const Decimal& amount);
  DecimalSum plus(const DecimalSum& other) const;
  // What has to be added to get from `other` to here.
  DecimalSum minus(const DecimalSum& other) const;
  // Amounts that make it read as `wanted` does, now and after either has lost what it was made of:
  // places go with the amounts that brought them, but not those of an amount of zero. None if it
  // reads like that. Errc::limit if it takes too many.
  Result<std::vector<Decimal>> amounts_to(const DecimalSum& wanted) const;

  // With as many places as an amount that nothing has taken back: "-12.50", "7".
  std::string text() const;
  // An integer as a number if it has no places and fits, else the text. Spec C16.
  Scalar value() const;
  bool is_zero() const;
  // The same as amounts: one, or more if one has too few digits; a plain zero needs none.
  // Errc::limit if it takes too many.
  Result<std::vector<Decimal>> amounts() const;

  bool operator==(const DecimalSum& other) const { return parts_ == other.parts_; }

 private:
  __extension__ typedef __int128 Wide;
  // Amounts of one scale. Those of zero are there for their places alone and counted.
  struct Part {
    std::uint8_t scale = 0;
    std::uint64_t zeros = 0;
    Wide sum = 0;

    bool is_nothing() const { return zeros == 0 && sum == 0; }
    bool operator==(const Part&) const = default;
  };
  // fraction: in units of 10^-18, of the sign of whole.
  struct Split {
    Wide whole = 0, fraction = 0;
  };
  // May leave a part that is nothing until forget_nothing().
  Part& part(std::uint8_t scale);
  void forget_nothing();
  Split split() const;
  std::uint8_t scale() const { return parts_.empty() ? std::uint8_t{0} : parts_.back().scale; }

  std::vector<Part> parts_;  // ascending by scale, none is nothing
};

}  // namespace syncline::crdt
