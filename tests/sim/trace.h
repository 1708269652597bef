// SPDX-License-Identifier: Apache-2.0
//
// Trace: what happened in a run, as one number, and in words for a person who asks.
//
// Everything that crosses a boundary of a device is added. Two runs of one seed have the
// same hash, or something in the core depends on what it must not.
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/time.h"

#include <cstdint>
#include <optional>
#include <string>

namespace syncline::sim {

class Trace {
 public:
  enum class Output : std::uint8_t { none, print };
  explicit Trace(Output output) : output_(output) {}

  bool prints() const { return output_ == Output::print; }
  // `what` is a word; `number` tells apart what it happened to.
  void add(Instant at, std::size_t device, std::string_view what, std::uint64_t number);
  void add(Instant at, std::size_t device, std::string_view what, const std::string& detail);
  void add_bytes(Instant at, std::size_t device, std::string_view what, Bytes bytes);
  std::uint64_t hash() const { return hash_; }

 private:
  void mix(std::uint64_t value);
  void mix(Bytes bytes);
  void print(Instant at, std::size_t device, std::string_view what,
             const std::string& detail) const;

  Output output_;
  std::uint64_t hash_ = 0xcbf29ce484222325U;
};

// The first reason why a run is not good; later ones are mostly its consequences.
class Verdict {
 public:
  void fail(std::string why) {
    if (!failure_) failure_ = std::move(why);
  }
  bool is_good() const { return !failure_; }
  const std::optional<std::string>& failure() const { return failure_; }

 private:
  std::optional<std::string> failure_;
};

}  // namespace syncline::sim
