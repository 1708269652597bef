// SPDX-License-Identifier: Apache-2.0
//
// Rolls: random numbers for the tests of this folder, the same everywhere for the same seed.
//
// Not responsible for distributions: `rolls() % n` is even enough here.
#pragma once

#include <cstdint>
#include <random>

namespace syncline::text {

class Rolls {
 public:
  explicit Rolls(std::uint32_t seed) : engine_(seed) {}
  std::uint32_t operator()() { return static_cast<std::uint32_t>(engine_()); }

 private:
  std::mt19937 engine_;
};

}  // namespace syncline::text
