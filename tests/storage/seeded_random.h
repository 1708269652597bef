// SPDX-License-Identifier: Apache-2.0
//
// SeededRandom: a repeatable Random for tests (SplitMix64). Not for keys.
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/random.h"

#include <cstdint>
#include <span>

namespace syncline::storage {

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}

  void fill(std::span<std::uint8_t> out) override {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (i % 8 == 0) word = step();
      out[i] = static_cast<std::uint8_t>(word >> (i % 8 * 8));
    }
  }
  Buffer bytes(std::size_t size) {
    Buffer made(size);
    fill(made);
    return made;
  }

 private:
  std::uint64_t step() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

}  // namespace syncline::storage
