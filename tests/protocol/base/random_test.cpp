// SPDX-License-Identifier: Apache-2.0
#include "protocol/base/random.h"

#include <array>
#include <vector>

#include <doctest/doctest.h>

namespace syncline {
namespace {

// Gives back the numbers it was told, as eight big-endian bytes each.
class Scripted final : public Random {
 public:
  explicit Scripted(std::vector<std::uint64_t> numbers) : numbers_(std::move(numbers)) {}
  void fill(std::span<std::uint8_t> out) override {
    REQUIRE(out.size() == 8);
    REQUIRE(used_ < numbers_.size());
    const std::uint64_t number = numbers_[used_++];
    for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
  }
  std::size_t used() const { return used_; }

 private:
  std::vector<std::uint64_t> numbers_;
  std::size_t used_ = 0;
};

// SplitMix64, for many numbers.
class Mixed final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& b : out) {
      state_ += 0x9e3779b97f4a7c15;
      std::uint64_t z = state_;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
      z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
      b = static_cast<std::uint8_t>(z >> 56);
    }
  }

 private:
  std::uint64_t state_ = 1;
};

TEST_CASE("next reads eight bytes as one big-endian number") {
  CHECK(Scripted({0x0102030405060708}).next() == 0x0102030405060708);
  CHECK(Scripted({UINT64_MAX}).next() == UINT64_MAX);
}

TEST_CASE("below draws again where the last uneven stretch would favour small values") {
  SUBCASE("three divides 2^64 - 1, so only the highest number is left over") {
    Scripted random({UINT64_MAX, UINT64_MAX - 1});
    CHECK(random.below(3) == (UINT64_MAX - 1) % 3);
    CHECK(random.used() == 2);
  }
  SUBCASE("a power of two leaves nothing over") {
    Scripted random({UINT64_MAX});
    CHECK(random.below(1ULL << 63) == (1ULL << 63) - 1);
    CHECK(random.used() == 1);
  }
  SUBCASE("a bound above 2^63 refuses everything from itself on") {
    const std::uint64_t bound = (1ULL << 63) + 1;
    Scripted random({bound, UINT64_MAX, bound - 1});
    CHECK(random.below(bound) == bound - 1);
    CHECK(random.used() == 3);
  }
  SUBCASE("one has a single answer") { CHECK(Scripted({12345}).below(1) == 0); }
  SUBCASE("the greatest bound refuses one number only") {
    Scripted random({UINT64_MAX, UINT64_MAX - 1});
    CHECK(random.below(UINT64_MAX) == UINT64_MAX - 1);
  }
}

TEST_CASE("below spreads evenly over a small bound") {
  Mixed random;
  std::array<int, 7> counts{};
  constexpr int draws = 70000;
  for (int i = 0; i < draws; ++i) ++counts[random.below(counts.size())];
  // 10,000 expected each; five standard deviations are 463.
  for (const int count : counts) {
    CHECK(count > 9537);
    CHECK(count < 10463);
  }
}

}  // namespace
}  // namespace syncline
