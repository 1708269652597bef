// SPDX-License-Identifier: Apache-2.0
//
// The generator is xoshiro256**, started by SplitMix64: both are published and in the public
// domain.
#include "tests/sim/seeded_random.h"

#include <bit>

namespace syncline::sim {

SeededRandom::SeededRandom(std::uint64_t seed) {
  for (std::uint64_t& part : state_) {
    seed += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    part = mixed ^ (mixed >> 31);
  }
}

std::uint64_t SeededRandom::word() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

void SeededRandom::fill(std::span<std::uint8_t> out) {
  for (std::size_t at = 0; at < out.size(); at += 8) {
    std::uint64_t bits = word();
    for (std::size_t i = at; i < out.size() && i < at + 8; ++i) {
      out[i] = static_cast<std::uint8_t>(bits);
      bits >>= 8;
    }
  }
}

std::uint64_t SeededRandom::between(std::uint64_t low, std::uint64_t high) {
  SYNCLINE_CHECK(low <= high);
  return low + below(high - low + 1);
}

Duration SeededRandom::between(Duration low, Duration high) {
  return Duration(static_cast<Duration::rep>(
      between(static_cast<std::uint64_t>(low.count()), static_cast<std::uint64_t>(high.count()))));
}

Duration SeededRandom::spread(Duration low, Duration high) {
  SYNCLINE_CHECK(low.count() > 0 && low <= high);
  unsigned doublings = 0;
  while (low * (std::int64_t{2} << doublings) < high) ++doublings;
  const Duration start = low * (std::int64_t{1} << below(doublings + 1));
  return between(start, std::min(start * 2, high));
}

}  // namespace syncline::sim
