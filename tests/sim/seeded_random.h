// SPDX-License-Identifier: Apache-2.0
//
// SeededRandom: everything a simulated run draws, from one number.
//
// fork() gives an independent stream, so that a new draw in one part of the simulator does
// not change what the others draw. Nothing here is unpredictable, which is the point.
#pragma once

#include "protocol/base/random.h"
#include "protocol/base/time.h"

#include <array>
#include <cstdint>

namespace syncline::sim {

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed);

  void fill(std::span<std::uint8_t> out) override;
  SeededRandom fork() { return SeededRandom(word()); }

  // Both ends included.
  std::uint64_t between(std::uint64_t low, std::uint64_t high);
  Duration between(Duration low, Duration high);
  // Small values are as likely as large ones: 1 to 2 as often as 128 to 256.
  Duration spread(Duration low, Duration high);
  bool chance(unsigned percent) { return below(100) < percent; }

 private:
  std::uint64_t word();

  std::array<std::uint64_t, 4> state_{};
};

}  // namespace syncline::sim
