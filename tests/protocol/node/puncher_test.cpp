// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/puncher.h"

#include "protocol/node/outer_view.h"

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::node;

namespace {

using namespace std::chrono_literals;

const DeviceId small{{1}}, large{{2}};
const std::string mine = "45.83.1.1:40001", theirs = "45.83.2.1:40002";

Instant at(Duration since) { return Instant{1s + since}; }

sync::Punch punch(sync::PunchKind kind, std::uint32_t attempt,
                  std::initializer_list<std::string> addresses = {}) {
  sync::Punch message{kind, attempt, {}};
  for (const std::string& text : addresses)
    message.addresses.push_back(*session::compact_address(text));
  return message;
}

// The smaller id, linked with the larger one by a relay.
Puncher a_puncher() {
  Puncher puncher;
  puncher.know(small, {mine}, at(0s));
  puncher.relayed(large, at(0s));
  return puncher;
}

// What it asks at its next deadline.
std::uint32_t asked(Puncher& puncher) {
  puncher.tick(*puncher.deadline());
  const auto orders = puncher.take_orders();
  REQUIRE(orders.said.size() == 1);
  REQUIRE(orders.said[0].message.kind == sync::PunchKind::ask);
  return orders.said[0].message.attempt;
}

}  // namespace

TEST_CASE("F26: nothing is asked before it is known where this device is seen") {
  Puncher puncher;
  puncher.know(small, {}, at(0s));
  puncher.relayed(large, at(0s));
  CHECK_FALSE(puncher.deadline());
  puncher.tick(at(1h));
  CHECK(puncher.take_orders().said.empty());
  puncher.know(small, {mine}, at(1h));
  puncher.tick(at(1h));
  CHECK(puncher.take_orders().said.size() == 1);
}

TEST_CASE("F27: the asker goes half a round trip after its word, and begins the handshake") {
  Puncher puncher = a_puncher();
  const Instant asked_at = *puncher.deadline();
  const std::uint32_t attempt = asked(puncher);
  puncher.hear(large, punch(sync::PunchKind::answer, attempt, {theirs}), asked_at + 300ms);
  auto orders = puncher.take_orders();
  REQUIRE(orders.said.size() == 1);
  CHECK(orders.said[0].message.kind == sync::PunchKind::go);
  CHECK(orders.shots.empty());
  CHECK(*puncher.deadline() == asked_at + 300ms + 150ms + 100ms);
  puncher.tick(*puncher.deadline());
  orders = puncher.take_orders();
  REQUIRE(orders.shots.size() == 1);
  CHECK(orders.shots[0].role == Puncher::Role::asker);
  CHECK(orders.shots[0].address == theirs);
  CHECK(orders.shots[0].first_ttl == 0);
}

TEST_CASE("F27: who was asked goes at their word, with a first packet that does not get far") {
  Puncher puncher = a_puncher();
  puncher.hear(large, punch(sync::PunchKind::ask, 77, {theirs}), at(0s));
  auto orders = puncher.take_orders();
  REQUIRE(orders.said.size() == 1);
  CHECK(orders.said[0].message.kind == sync::PunchKind::answer);
  CHECK(orders.said[0].message.attempt == 77);
  REQUIRE(orders.said[0].message.addresses.size() == 1);
  CHECK(session::address_text(orders.said[0].message.addresses[0]) == mine);
  puncher.hear(large, punch(sync::PunchKind::go, 76), at(1s));
  CHECK(puncher.take_orders().shots.empty());
  puncher.hear(large, punch(sync::PunchKind::go, 77), at(1s));
  orders = puncher.take_orders();
  REQUIRE(orders.shots.size() == 1);
  CHECK(orders.shots[0].role == Puncher::Role::answerer);
  CHECK(orders.shots[0].first_ttl == 4);
  puncher.hear(large, punch(sync::PunchKind::go, 77), at(2s));
  CHECK(puncher.take_orders().shots.empty());
}

TEST_CASE("F27: when both ask at once, only the smaller id is answered") {
  Puncher first = a_puncher(), second;
  second.know(large, {theirs}, at(0s));
  second.relayed(small, at(0s));
  const std::uint32_t attempt = asked(first);
  const std::uint32_t other = asked(second);
  first.hear(large, punch(sync::PunchKind::ask, other, {theirs}), at(4s));
  CHECK(first.take_orders().said.empty());
  second.hear(small, punch(sync::PunchKind::ask, attempt, {mine}), at(4s));
  const auto orders = second.take_orders();
  REQUIRE(orders.said.size() == 1);
  CHECK(orders.said[0].message.kind == sync::PunchKind::answer);
}

TEST_CASE("F28: after four failed rounds it rests until an address changes or somebody asks") {
  Puncher puncher = a_puncher();
  Instant now = at(0s);
  std::size_t rounds = 0;
  for (; puncher.deadline() && rounds < 100; ++rounds) {
    now = *puncher.deadline();
    const std::uint32_t attempt = asked(puncher);
    puncher.hear(large, punch(sync::PunchKind::answer, attempt, {theirs}), now);
    puncher.tick(*puncher.deadline());
    CHECK(puncher.take_orders().shots.size() == 1);
    now = now + 10s;
    puncher.failed({large, attempt}, "no answer", now);
  }
  CHECK(rounds == Puncher::rounds_max);
  CHECK(puncher.status(large, now)->result == "no answer");
  CHECK_FALSE(puncher.status(large, now)->next);
  // Another relayed link with the same addresses is no reason; ten minutes later it is.
  puncher.unlinked(large);
  puncher.relayed(large, now);
  CHECK_FALSE(puncher.deadline());
  puncher.know(small, {"45.83.1.1:40009"}, now);
  CHECK(puncher.deadline());
  puncher.know(small, {mine}, now);
  puncher.relayed(large, now + Puncher::forget_after);
  CHECK(puncher.deadline());
}

TEST_CASE("F28: pauses grow, and somebody who asks shortens them to five seconds") {
  Puncher puncher = a_puncher();
  std::vector<Duration> pauses;
  for (std::size_t i = 0; i < 3; ++i) {
    const Instant now = *puncher.deadline();
    const std::uint32_t attempt = asked(puncher);
    puncher.hear(large, punch(sync::PunchKind::answer, attempt, {theirs}), now);
    puncher.tick(*puncher.deadline());
    (void)puncher.take_orders();
    puncher.failed({large, attempt}, "refused", now + 1s);
    pauses.push_back(*puncher.deadline() - (now + 1s));
  }
  CHECK(pauses == std::vector<Duration>{12s, 15s, 60s});
  const Instant last = *puncher.deadline() + -60s;
  puncher.hurry(last);
  CHECK(*puncher.deadline() - last <= 5s);
}

TEST_CASE("F29: another device makes this one connect at most six times a minute") {
  Puncher puncher = a_puncher();
  std::size_t shots = 0;
  for (std::uint32_t i = 1; i <= 600; ++i) {
    const Instant now = at(std::chrono::milliseconds(i * 100));
    puncher.hear(large, punch(sync::PunchKind::ask, i, {theirs}), now);
    puncher.hear(large, punch(sync::PunchKind::go, i), now);
    shots += puncher.take_orders().shots.size();
    puncher.failed({large, i}, "refused", now);
  }
  CHECK(shots == Puncher::answers_max);
}

TEST_CASE("F29: who is not linked by a relay is told nothing and nothing is connected") {
  Puncher puncher = a_puncher();
  puncher.linked(large);
  puncher.hear(large, punch(sync::PunchKind::ask, 5, {theirs}), at(0s));
  puncher.hear(large, punch(sync::PunchKind::go, 5), at(0s));
  const auto orders = puncher.take_orders();
  REQUIRE(orders.said.size() == 1);
  CHECK(orders.said[0].message.addresses.empty());
  CHECK(orders.shots.empty());
}

TEST_CASE("F30: no service of this machine, its neighbours or of everybody is connected to") {
  Puncher puncher = a_puncher();
  for (const char* wrong :
       {"127.0.0.1:4000", "169.254.1.1:4000", "224.0.0.1:4000", "255.255.255.255:4000",
        "0.0.0.0:4000", "10.0.0.1:22", "[2001:db8::1]:4000", "45.83.1.1:40001"}) {
    INFO(wrong);
    puncher.hear(large, punch(sync::PunchKind::ask, 9, {wrong}), at(0s));
    puncher.hear(large, punch(sync::PunchKind::go, 9), at(0s));
    CHECK(puncher.take_orders().shots.empty());
  }
}

TEST_CASE("F31: a connection from where the other one is seen is the one that was asked for") {
  Puncher puncher = a_puncher();
  CHECK_FALSE(puncher.expects(theirs, at(1s)));
  const std::uint32_t attempt = asked(puncher);
  CHECK_FALSE(puncher.expects(theirs, at(1s)));
  puncher.hear(large, punch(sync::PunchKind::answer, attempt, {theirs}), at(1s));
  REQUIRE(puncher.expects(theirs, at(1s)));
  CHECK_FALSE(puncher.expects("45.83.2.1:40003", at(1s)));
  CHECK(puncher.met(*puncher.expects(theirs, at(1s)), at(1s)));
  CHECK_FALSE(puncher.expects(theirs, at(1s)));
  CHECK_FALSE(puncher.met({large, attempt}, at(1s)));
}

TEST_CASE(
    "F28: an attempt that is still out is given up for a new ask, and for a new relayed link") {
  Puncher puncher = a_puncher();
  puncher.hear(large, punch(sync::PunchKind::ask, 5, {theirs}), at(0s));
  puncher.hear(large, punch(sync::PunchKind::go, 5), at(0s));
  CHECK(puncher.take_orders().shots.size() == 1);
  puncher.hear(large, punch(sync::PunchKind::ask, 6, {"45.83.7.1:40002"}), at(2s));
  puncher.hear(large, punch(sync::PunchKind::go, 6), at(2s));
  const auto orders = puncher.take_orders();
  REQUIRE(orders.shots.size() == 1);
  CHECK(orders.shots[0].address == "45.83.7.1:40002");
  puncher.unlinked(large);
  puncher.relayed(large, at(3s));
  puncher.failed({large, 6}, "no answer", at(3s));
  CHECK(puncher.status(large, at(3s))->rounds == 0);
  CHECK(asked(puncher) == 1);
}

TEST_CASE("F31: it is also recognised just after the own attempt to connect has failed") {
  Puncher puncher = a_puncher();
  const std::uint32_t attempt = asked(puncher);
  puncher.hear(large, punch(sync::PunchKind::answer, attempt, {theirs}), at(1s));
  puncher.tick(*puncher.deadline());
  puncher.failed({large, attempt}, "address in use", at(2s));
  REQUIRE(puncher.expects(theirs, at(4s)));
  CHECK_FALSE(puncher.expects(theirs, at(6s)));
  CHECK(puncher.met({large, attempt}, at(4s)));
  CHECK_FALSE(puncher.expects(theirs, at(4s)));
}

TEST_CASE("a device that cannot say where it is seen is no failure, and is asked a few times") {
  Puncher puncher = a_puncher();
  std::size_t asks = 0;
  while (puncher.deadline() && asks < 100) {
    const Instant now = *puncher.deadline();
    puncher.hear(large, punch(sync::PunchKind::answer, asked(puncher)), now);
    ++asks;
  }
  CHECK(asks == Puncher::rounds_max);
  CHECK(puncher.status(large, at(1h))->rounds == 0);
  // It asks as soon as it can say.
  puncher.hear(large, punch(sync::PunchKind::ask, 3, {theirs}), at(1h));
  CHECK(puncher.take_orders().said[0].message.addresses.size() == 1);
}

TEST_CASE("what is seen of a connection says where the door is seen, if ports are kept") {
  using step::NatKind;
  const auto sight = [](const char* seen, const char* local) {
    return OuterView::Sight{*session::compact_address(seen), local, 40001};
  };
  OuterView view;
  CHECK(view.nat() == NatKind::unknown);
  view.saw("r1", sight("45.83.1.1:40001", "192.168.1.2:40001"));
  CHECK(view.nat() == NatKind::preserving);
  CHECK(view.addresses({}) == std::vector<std::string>{"45.83.1.1:40001"});
  view.saw("r1", sight("45.83.1.1:50000", "192.168.1.2:50000"));
  CHECK(view.addresses({}) == std::vector<std::string>{"45.83.1.1:40001"});
  view.saw("r1", sight("45.83.1.1:60000", "192.168.1.2:50000"));
  CHECK(view.nat() == NatKind::changing);
  CHECK(view.addresses({}).empty());
  view.saw("r1", sight("45.83.1.1:60000", "192.168.1.2:40001"));
  CHECK(view.addresses({}) == std::vector<std::string>{"45.83.1.1:60000"});
  view.saw("r2", sight("45.83.1.1:60000", "192.168.1.2:40001"));
  CHECK(view.nat() == NatKind::independent);
  view.saw("r2", sight("45.83.1.1:60001", "192.168.1.2:40001"));
  CHECK(view.nat() == NatKind::dependent);
  view.lost("r1");
  view.lost("r2");
  CHECK(view.addresses({"192.168.1.2:40001", "[2001:db8::2]:40001", "[fd00::2]:40001"}) ==
        std::vector<std::string>{"[2001:db8::2]:40001"});
  view.saw("r1", sight("45.83.1.1:40001", "45.83.1.1:40001"));
  CHECK(view.nat() == NatKind::none);
}
