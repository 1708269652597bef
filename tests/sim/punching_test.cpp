// SPDX-License-Identifier: Apache-2.0
// Two devices and the routers in front of them, in virtual time: when both connect, what their
// routers make of it, and when they stop. Packets are SYNs here: what a router lets in is what
// decides.
#include "protocol/node/puncher.h"
#include "tests/sim/schedule.h"
#include "tests/sim/seeded_random.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace syncline::sim {

namespace {

using node::Puncher;

enum class Router : std::uint8_t { silent, refusing, random };

struct Ways {
  Duration direct_min = 1ms, direct_max = 150ms;    // one way
  Duration relayed_min = 1ms, relayed_max = 400ms;  // one way, each time another
  std::size_t hops_min = 5;                         // between the routers
};

class Two {
 public:
  Two(std::uint64_t seed, Router left, Router right, const Ways& ways = {})
      : random_(seed), ways_(ways) {
    direct_ = random_.between(ways.direct_min, ways.direct_max);
    const Router kinds[2] = {left, right};
    for (std::size_t i = 0; i < 2; ++i) {
      sides_[i].router = kinds[i];
      sides_[i].id = DeviceId{{static_cast<std::uint8_t>(i + 1)}};
      sides_[i].outer = "45.83." + std::to_string(i + 1) + ".1:40000";
    }
    for (std::size_t i = 0; i < 2; ++i) {
      // Neither learns of its link or its address when the other one does.
      at(random_.between(Duration{}, 300ms),
         [this, i] { sides_[i].puncher.relayed(sides_[1 - i].id, schedule_.now()); });
      at(random_.between(Duration{}, 300ms),
         [this, i] { sides_[i].puncher.know(sides_[i].id, {sides_[i].outer}, schedule_.now()); });
    }
  }

  void run(Duration how_long) {
    const Instant until = schedule_.now() + how_long;
    while (schedule_.run_next(until)) {
    }
  }

  std::optional<Instant> met;
  std::size_t shots = 0;
  std::vector<Duration> skews;  // between the first packets of one attempt, at the routers
  Puncher::Role begins(std::size_t side) const { return sides_[side].role; }
  std::optional<step::PunchStatus> status(std::size_t side) {
    return sides_[side].puncher.status(sides_[1 - side].id, schedule_.now());
  }

 private:
  struct Side {
    Puncher puncher;
    DeviceId id;
    std::string outer;
    Router router = Router::silent;
    bool hole = false;    // its own packet has passed outwards
    bool spoilt = false;  // the router remembers a refusal, and takes another port
    Instant spoilt_until{};
    bool waits = false;  // a socket of an attempt
    std::uint32_t attempt = 0;
    Puncher::Role role = Puncher::Role::asker;
    Instant fired;
  };

  void at(Duration wait, std::function<void()> action) {
    schedule_.after(wait, [this, action = std::move(action)] {
      action();
      for (std::size_t i = 0; i < 2; ++i) settle(i);
    });
  }

  void settle(std::size_t index) {
    Side& side = sides_[index];
    side.puncher.tick(schedule_.now());
    Puncher::Orders orders = side.puncher.take_orders();
    for (const Puncher::Said& said : orders.said) {
      // In order, as on a link.
      const Instant arrival =
          std::max(last_arrival_[index],
                   schedule_.now() + random_.between(ways_.relayed_min, ways_.relayed_max));
      last_arrival_[index] = arrival;
      at(arrival - schedule_.now(), [this, index, message = said.message] {
        sides_[1 - index].puncher.hear(sides_[index].id, message, schedule_.now());
      });
    }
    for (const Puncher::Shot& shot : orders.shots) fire(index, shot);
    const auto deadline = side.puncher.deadline();
    if (!deadline || deadline == planned_[index]) return;
    planned_[index] = deadline;
    at(std::max(Duration{}, *deadline - schedule_.now()),
       [this, index] { planned_[index].reset(); });
  }

  void fire(std::size_t index, const Puncher::Shot& shot) {
    ++shots;
    Side& side = sides_[index];
    side.waits = true;
    side.attempt = shot.attempt;
    side.role = shot.role;
    side.fired = schedule_.now();
    const Side& other = sides_[1 - index];
    if (other.waits && other.attempt == shot.attempt)
      skews.push_back(std::max(side.fired - other.fired, other.fired - side.fired));
    const bool is_short = shot.first_ttl != 0 && shot.first_ttl < ways_.hops_min;
    send(index, shot.attempt, is_short);
    // As kernels do: again after one, three and seven seconds.
    for (const Duration wait : {Duration(1s), Duration(3s), Duration(7s)})
      at(wait, [this, index, attempt = shot.attempt] {
        if (sides_[index].waits && sides_[index].attempt == attempt) send(index, attempt, false);
      });
    at(10s, [this, index, attempt = shot.attempt] { fail(index, attempt, "no answer"); });
  }

  void fail(std::size_t index, std::uint32_t attempt, const char* why) {
    Side& side = sides_[index];
    if (met || !side.waits || side.attempt != attempt) return;
    side.waits = side.hole = false;
    side.puncher.failed({sides_[1 - index].id, attempt}, why, schedule_.now());
  }

  void send(std::size_t index, std::uint32_t attempt, bool is_short) {
    Side& side = sides_[index];
    // One that takes other ports has a hole where nobody looks for it.
    const bool is_elsewhere = side.router == Router::random || schedule_.now() < side.spoilt_until;
    side.hole = !is_elsewhere;
    if (is_short) return;
    at(direct_, [this, index, attempt, is_elsewhere] {
      Side& to = sides_[1 - index];
      if (met) return;
      if (to.hole && to.waits && !is_elsewhere) {
        met = schedule_.now();
        for (std::size_t i = 0; i < 2; ++i) sides_[i].puncher.linked(sides_[1 - i].id);
        return;
      }
      if (to.router != Router::refusing) return;
      to.spoilt_until = schedule_.now() + 10s;
      at(direct_, [this, index, attempt] { fail(index, attempt, "refused"); });
    });
  }

  SeededRandom random_;
  Ways ways_;
  Schedule schedule_;
  Duration direct_{};
  Side sides_[2];
  Instant last_arrival_[2];
  std::optional<Instant> planned_[2];
};

}  // namespace

TEST_CASE(
    "F27: through routers that keep ports, silent or refusing, two devices meet within seconds") {
  for (const Router left : {Router::silent, Router::refusing})
    for (const Router right : {Router::silent, Router::refusing})
      for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        Two two(seed, left, right);
        two.run(5min);
        INFO("seed " << seed);
        REQUIRE(two.met);
        CHECK(*two.met - Instant{1s} <
              (left == Router::silent && right == Router::silent ? 6s : 35s));
        CHECK(two.begins(0) != two.begins(1));
      }
}

TEST_CASE(
    "F27: on an even way both packets are off within an eighth of a second, and the first round "
    "meets") {
  Ways even;
  even.relayed_min = even.relayed_max = 80ms;
  even.direct_min = even.direct_max = 40ms;
  for (const Router kind : {Router::silent, Router::refusing})
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
      Two two(seed, kind, kind, even);
      two.run(1min);
      REQUIRE(two.met);
      CHECK(two.shots == 2);
      REQUIRE(two.skews.size() == 1);
      CHECK(two.skews[0] <= 125ms);
    }
}

TEST_CASE(
    "F28: with a router that takes a new port each time they stop after four rounds, and stay "
    "quiet") {
  for (const Router other : {Router::silent, Router::refusing, Router::random})
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
      Two two(seed, Router::random, other);
      two.run(10min);
      INFO("seed " << seed);
      CHECK_FALSE(two.met);
      const std::size_t fired = two.shots;
      CHECK(fired >= 2);
      CHECK(fired <= 2 * Puncher::rounds_max);
      CHECK_FALSE(two.status(0)->next);
      CHECK_FALSE(two.status(1)->next);
      two.run(24h);
      CHECK(two.shots == fired);
    }
}

}  // namespace syncline::sim
