// SPDX-License-Identifier: Apache-2.0
//
// LongNumber: a number that is not negative, as its decimal digits, with eighteen of them behind
// the point. Adds and subtracts as it is taught in school.
#pragma once

#include <algorithm>
#include <string>

namespace syncline::reference {

class LongNumber {
 public:
  // `digits` (a sign in front is ignored) with the last `scale` of them behind the point.
  void add(std::string digits, unsigned scale) {
    if (digits[0] == '-') digits.erase(0, 1);
    digits.append(places - scale, '0');
    int carry = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const int other = i < digits.size() ? digits[digits.size() - 1 - i] - '0' : 0;
      const int sum = digit(i) - '0' + other + carry;
      digit(i) = static_cast<char>('0' + sum % 10);
      carry = sum / 10;
    }
  }
  // Requires: `other` is not greater.
  LongNumber less(const LongNumber& other) const {
    LongNumber out = *this;
    int borrowed = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const int rest = out.digit(i) - other.digits_[size - 1 - i] - borrowed;
      borrowed = rest < 0 ? 1 : 0;
      out.digit(i) = static_cast<char>('0' + rest + 10 * borrowed);
    }
    return out;
  }
  bool operator<(const LongNumber& other) const { return digits_ < other.digits_; }
  std::string text(unsigned scale) const {
    std::string whole = digits_.substr(0, size - places);
    whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size() - 1));
    return scale == 0 ? whole : whole + "." + digits_.substr(size - places, scale);
  }

 private:
  static constexpr std::size_t size = 60, places = 18;
  char& digit(std::size_t i) { return digits_[size - 1 - i]; }

  std::string digits_ = std::string(size, '0');
};

}  // namespace syncline::reference
