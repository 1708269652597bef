// SPDX-License-Identifier: Apache-2.0
//
// Instant and WallTime: time as an argument.
//
// An Instant is monotonic and only compares with Instants of the same run; every
// deadline is one. A WallTime is what a person's clock said: for display only, it
// never decides an order or a validity.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace syncline {

using Duration = std::chrono::nanoseconds;
using namespace std::chrono_literals;

struct Instant {
  Duration since_start{};

  auto operator<=>(const Instant&) const = default;
  friend Instant operator+(Instant at, Duration d) { return {at.since_start + d}; }
  friend Duration operator-(Instant a, Instant b) { return a.since_start - b.since_start; }
};

// Milliseconds since 1970-01-01T00:00:00Z.
struct WallTime {
  std::int64_t unix_ms = 0;

  auto operator<=>(const WallTime&) const = default;
};

// What a shell tells the core with every input.
struct Now {
  Instant instant;
  WallTime wall;
};

}  // namespace syncline
