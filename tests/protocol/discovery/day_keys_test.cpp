// SPDX-License-Identifier: Apache-2.0
#include "protocol/discovery/day_keys.h"

#include "protocol/crypto/hash.h"
#include "tests/protocol/discovery/finding.h"

#include <limits>
#include <set>

#include <doctest/doctest.h>

namespace syncline::discovery {
namespace {

using testing::device;
using testing::discovery_key;
using testing::noon;

constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::int64_t day_ms = 24 * hour_ms;

DayClock clock_of(std::uint8_t seed) { return DayClock::of(discovery_key(seed).expose()); }
WallTime later(WallTime time, std::int64_t ms) { return {time.unix_ms + ms}; }

TEST_CASE("F1: a day lasts 24 hours and the next one follows it") {
  const DayClock clock = clock_of(1);
  const Day today = clock.at(noon);
  const WallTime begin = clock.begin_of(today);
  CHECK(begin <= noon);
  CHECK(clock.at(begin) == today);
  CHECK(clock.at(later(begin, -1)).number == today.number - 1);
  CHECK(clock.at(later(begin, day_ms - 1)) == today);
  CHECK(clock.at(later(begin, day_ms)).number == today.number + 1);
}

TEST_CASE("F1: tomorrow is published in the last two hours of a day") {
  const DayClock clock = clock_of(1);
  const Day today = clock.at(noon);
  const Day tomorrow{today.number + 1};
  const WallTime overlap = later(clock.begin_of(tomorrow), -2 * hour_ms);
  CHECK(clock.to_publish(clock.begin_of(today)) == std::vector{today});
  CHECK(clock.to_publish(later(overlap, -1)) == std::vector{today});
  CHECK(clock.to_publish(overlap) == std::vector{today, tomorrow});
  CHECK(clock.to_publish(later(clock.begin_of(tomorrow), -1)) == std::vector{today, tomorrow});
  CHECK(clock.to_publish(clock.begin_of(tomorrow)) == std::vector{tomorrow});
}

TEST_CASE("F1: until_change names the moment at which other days are published") {
  const DayClock clock = clock_of(2);
  WallTime now = noon;
  for (int i = 0; i < 5; ++i) {
    const auto before = clock.to_publish(now);
    const std::int64_t wait = clock.until_change(now).count();
    REQUIRE(wait > 0);
    CHECK(clock.to_publish(later(now, wait - 1)) == before);
    now = later(now, wait);
    CHECK(clock.to_publish(now) != before);
  }
}

TEST_CASE("F1: a reader tries its own day, then the nearer neighbour, then the other") {
  const DayClock clock = clock_of(1);
  const Day today = clock.at(noon);
  const Day before{today.number - 1};
  const Day after{today.number + 1};
  CHECK(clock.to_read(clock.begin_of(today)) == std::vector{today, before, after});
  CHECK(clock.to_read(later(clock.begin_of(after), -1)) == std::vector{today, after, before});
}

TEST_CASE("F1: a reader whose clock is a day off finds what is published") {
  const DayClock clock = clock_of(3);
  for (std::int64_t hour = 0; hour < 48; ++hour) {
    const WallTime now = later(noon, hour * hour_ms);
    const Day published = clock.to_publish(now).front();
    for (const std::int64_t off : {-day_ms, std::int64_t{0}, day_ms}) {
      const auto tried = clock.to_read(later(now, off));
      CHECK(std::find(tried.begin(), tried.end(), published) != tried.end());
    }
  }
}

TEST_CASE("F1: a clock that shows anything at all gives some day") {
  using Limits = std::numeric_limits<std::int64_t>;
  const DayClock clock = clock_of(1);
  CHECK(clock.at({Limits::min()}).number == clock.at({0}).number);
  CHECK(clock.at({Limits::max()}).number == std::numeric_limits<std::uint32_t>::max());
  for (const std::int64_t ms : {Limits::min(), std::int64_t{-1}, std::int64_t{0}, Limits::max()}) {
    CHECK(!clock.to_publish({ms}).empty());
    CHECK(clock.to_read({ms}).front() == clock.at({ms}));
    CHECK(clock.until_change({ms}).count() > 0);
    CHECK(clock.until_change({ms}).count() <= day_ms);
  }
}

TEST_CASE("F2: two audiences turn their day at different moments") {
  std::set<std::int64_t> phases;
  for (std::uint8_t seed = 0; seed < 32; ++seed) {
    const DayClock clock = clock_of(seed);
    const std::int64_t begin = clock.begin_of(clock.at(noon)).unix_ms;
    phases.insert((begin % day_ms + day_ms) % day_ms);
  }
  CHECK(phases.size() == 32);
}

TEST_CASE("F2: another day, device, audience or relay has other keys") {
  std::set<crypto::VerifyKey> names;
  std::set<Digest> seals;
  std::size_t count = 0;
  for (const std::uint8_t audience : std::vector<std::uint8_t>{1, 2}) {
    const auto key = discovery_key(audience);
    for (const std::uint8_t who : std::vector<std::uint8_t>{1, 2}) {
      for (const std::uint32_t day : {20'000U, 20'001U}) {
        const DeviceDay whose{device(who), Day{day}};
        const RecordKeys keys = record_keys(key.expose(), whose);
        names.insert(keys.sign.verify_key());
        seals.insert(crypto::key_commitment(keys.seal.expose()));
        for (const std::string_view relay : {"a.example:4460", "b.example:4460"})
          names.insert(relay_key(key.expose(), whose, relay).verify_key());
        ++count;
      }
    }
  }
  CHECK(names.size() == 3 * count);
  CHECK(seals.size() == count);
}

TEST_CASE("F2: who shares the discovery key derives the same keys") {
  const DeviceDay whose{device(1), Day{20'000}};
  const auto mine = record_keys(discovery_key(1).expose(), whose);
  const auto theirs = record_keys(discovery_key(1).expose(), whose);
  CHECK(mine.sign.verify_key() == theirs.sign.verify_key());
  CHECK(crypto::equal_secret(mine.seal.expose(), theirs.seal.expose()));
}

TEST_CASE("F3: a rendezvous id belongs to one relay key") {
  const DeviceDay whose{device(1), Day{20'000}};
  const auto key = relay_key(discovery_key(1).expose(), whose, "relay.example:4460").verify_key();
  auto other = key;
  other.bytes[31] ^= 1;
  CHECK(rendezvous_id(key) == rendezvous_id(key));
  CHECK(rendezvous_id(key) != rendezvous_id(other));
  CHECK(!equal(rendezvous_id(key).view(), key.view().first(16)));
}

}  // namespace
}  // namespace syncline::discovery
