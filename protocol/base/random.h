// SPDX-License-Identifier: Apache-2.0
//
// Random: the only source of unpredictability inside protocol/.
//
// The agent implements it with the operating system's generator, the simulator with
// a seed. Distributions of the standard library are not used: they differ between
// libraries and would break replay.
#pragma once

#include "protocol/base/check.h"

#include <cstdint>
#include <span>

namespace syncline {

class Random {
 public:
  virtual ~Random() = default;

  virtual void fill(std::span<std::uint8_t> out) = 0;

  std::uint64_t next() {
    std::uint8_t raw[8];
    fill(raw);
    std::uint64_t value = 0;
    for (const std::uint8_t b : raw) value = value << 8 | b;
    return value;
  }

  // Uniform in [0, bound). Requires: bound > 0. Rejects the uneven tail, so no value is favoured.
  std::uint64_t below(std::uint64_t bound) {
    SYNCLINE_CHECK(bound > 0);
    const std::uint64_t uneven = (UINT64_MAX % bound + 1) % bound;
    std::uint64_t value = next();
    while (value > UINT64_MAX - uneven) value = next();
    return value % bound;
  }
};

}  // namespace syncline
