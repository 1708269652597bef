// SPDX-License-Identifier: Apache-2.0
#include "protocol/discovery/relay_client.h"

#include "tests/protocol/discovery/finding.h"

#include <doctest/doctest.h>

namespace syncline::discovery {
namespace {

using testing::address;
using testing::discovery_key;
using testing::filled;
using testing::noon;
using testing::relay;

// Time of a run that began at `noon`.
Now after(Duration since_start, WallTime began = noon) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since_start).count();
  return {Instant{since_start}, WallTime{began.unix_ms + ms}};
}

std::vector<RelayMessage> messages_in(const Buffer& bytes) {
  std::vector<RelayMessage> found;
  RelayFrames frames;
  for (Bytes rest = bytes;;) {
    auto message = frames.take(rest);
    REQUIRE(message);
    if (!*message) return found;
    found.push_back(std::move(**message));
  }
}

template <class Message>
std::size_t count_of(const Buffer& bytes) {
  std::size_t count = 0;
  for (const auto& message : messages_in(bytes))
    count += std::holds_alternative<Message>(message) ? 1U : 0U;
  return count;
}

// A device's control connection, and the relay as the test plays it.
struct Controlled {
  explicit Controlled(WallTime first = noon, std::vector<std::uint8_t> audiences = {1})
      : began(first), control(setup(audiences), after(0s, first)) {}

  static RelayControl::Setup setup(const std::vector<std::uint8_t>& audiences) {
    RelayControl::Setup made{std::string(relay), testing::device(1), {}};
    for (const std::uint8_t seed : audiences) made.audiences.push_back(discovery_key(seed));
    return made;
  }
  Result<std::vector<RelayControl::Event>> say(const RelayMessage& message, Duration when = 0s) {
    return control.receive(encode_relay_message(message), after(when, began));
  }
  RelayHello hello(std::uint16_t ttl = 120) const {
    return {filled<RelayNonce>(1), address("203.0.113.7:50123"), ttl};
  }
  // Up to what the device registers.
  RelayRegister greet(std::uint16_t ttl = 120) {
    REQUIRE(say(hello(ttl)));
    return registered();
  }
  RelayRegister registered() {
    const auto sent = messages_in(control.take_output());
    REQUIRE(sent.size() == 1);
    REQUIRE(std::holds_alternative<RelayRegister>(sent[0]));
    return std::get<RelayRegister>(sent[0]);
  }
  void get_ready() {
    const auto message = greet();
    REQUIRE(say(RelayRegistered{static_cast<std::uint8_t>(message.registrations.size())}));
    REQUIRE(control.is_ready());
  }

  WallTime began;
  RelayControl control;
};

RendezvousId id_on(WallTime when, std::uint8_t audience = 1, std::size_t nth = 0) {
  const auto key = discovery_key(audience);
  const Day day = DayClock::of(key.expose()).to_publish(when).at(nth);
  return rendezvous_id(relay_key(key.expose(), {testing::device(1), day}, relay).verify_key());
}

TEST_CASE("a device says nothing before the relay greets it, then registers and is ready") {
  Controlled it;
  CHECK_FALSE(it.control.has_output());
  const auto message = it.greet();
  CHECK(message.relay == relay);
  REQUIRE(message.registrations.size() == 1);
  CHECK(verify_registration(message.registrations[0], filled<RelayNonce>(1), relay));
  CHECK(rendezvous_id(message.registrations[0].key) == id_on(noon));
  CHECK_FALSE(it.control.is_ready());
  const auto events = it.say(RelayRegistered{1});
  REQUIRE(events);
  REQUIRE(events->size() == 1);
  const auto& ready = std::get<RelayControl::Ready>(events->front());
  CHECK(session::address_text(ready.observed) == "203.0.113.7:50123");
  CHECK(ready.ttl == 120s);
}

TEST_CASE("what arrives byte by byte means the same") {
  Controlled it;
  Buffer stream = encode_relay_message(it.hello());
  append(stream, encode_relay_message(RelayRegistered{1}));
  append(stream, encode_relay_message(RelayRing{filled<SpliceToken>(4)}));
  std::vector<RelayControl::Event> all;
  for (const std::uint8_t byte : stream) {
    auto events = it.control.receive(Bytes(&byte, 1), after(1s));
    REQUIRE(events);
    for (auto& event : *events) all.push_back(std::move(event));
  }
  REQUIRE(all.size() == 2);
  CHECK(std::get<RelayControl::Rung>(all[1]).token == filled<SpliceToken>(4));
}

TEST_CASE("F12: a device registers anew when its day turns, before and after") {
  const DayClock clock = DayClock::of(discovery_key(1).expose());
  Controlled it(clock.begin_of(Day{clock.at(noon).number}));
  it.get_ready();
  bool saw_both = false;
  std::size_t changes = 0;
  for (Duration when = 0s; when < 26h; when += 40s) {
    REQUIRE(it.say(RelayPong{}, when));
    REQUIRE(it.control.tick(after(when, it.began)));
    for (const auto& message : messages_in(it.control.take_output())) {
      const auto* reg = std::get_if<RelayRegister>(&message);
      if (reg == nullptr) continue;
      const WallTime now = after(when, it.began).wall;
      ++changes;
      const auto days = clock.to_publish(now);
      REQUIRE(reg->registrations.size() == days.size());
      saw_both = saw_both || days.size() == 2;
      for (std::size_t i = 0; i < days.size(); ++i)
        CHECK(rendezvous_id(reg->registrations[i].key) == id_on(now, 1, i));
      REQUIRE(it.say(RelayRegistered{static_cast<std::uint8_t>(days.size())}, when));
    }
  }
  CHECK(saw_both);
  CHECK(changes == 2);
}

TEST_CASE("F12: all audiences of a device are registered, each under a key of its own") {
  Controlled it(noon, {1, 2, 3});
  const auto message = it.greet();
  std::size_t at = 0;
  for (const std::uint8_t audience : std::vector<std::uint8_t>{1, 2, 3}) {
    const auto days = DayClock::of(discovery_key(audience).expose()).to_publish(noon);
    for (std::size_t nth = 0; nth < days.size(); ++nth, ++at) {
      REQUIRE(at < message.registrations.size());
      CHECK(rendezvous_id(message.registrations[at].key) == id_on(noon, audience, nth));
    }
  }
  CHECK(at == message.registrations.size());
}

TEST_CASE("F15: a device pings every third of the time it is given, and closes after three") {
  Controlled it;
  it.get_ready();
  CHECK(it.control.deadline() == Instant{40s});
  REQUIRE(it.control.tick(after(40s - 1ns)));
  CHECK_FALSE(it.control.has_output());
  REQUIRE(it.control.tick(after(40s)));
  CHECK(count_of<RelayPing>(it.control.take_output()) == 1);
  REQUIRE(it.say(RelayPong{}, 41s));
  REQUIRE(it.control.tick(after(160s)));
  CHECK(it.control.deadline() == Instant{161s});
  CHECK(it.control.tick(after(161s)).error().code == Errc::timeout);
}

TEST_CASE("F15: a patient relay is pinged every 40 seconds all the same, a hasty one refused") {
  Controlled patient;
  (void)patient.greet(65535);
  REQUIRE(patient.say(RelayRegistered{1}));
  CHECK(patient.control.deadline() == Instant{40s});
  Controlled hasty;
  CHECK(hasty.say(hasty.hello(14)).error().code == Errc::limit);
  Controlled quick;
  (void)quick.greet(15);
  REQUIRE(quick.say(RelayRegistered{1}));
  CHECK(quick.control.deadline() == Instant{5s});
}

TEST_CASE("F15: many pings at once are owed one pong") {
  Controlled it;
  it.get_ready();
  Buffer pings;
  for (int i = 0; i < 1000; ++i) append(pings, encode_relay_message(RelayPing{}));
  REQUIRE(it.control.receive(pings, after(1s)));
  const Buffer answer = it.control.take_output();
  CHECK(count_of<RelayPong>(answer) == 1);
  CHECK(messages_in(answer).size() == 1);
}

TEST_CASE("F16: a relay cannot make a device dial it without end") {
  Controlled it;
  it.get_ready();
  Buffer rings;
  for (std::uint8_t i = 0; i < 100; ++i)
    append(rings, encode_relay_message(RelayRing{filled<SpliceToken>(i)}));
  CHECK(it.control.receive(rings, after(1s))->size() == 32);
  CHECK(it.say(RelayRing{}, 10s)->empty());
  CHECK(it.say(RelayRing{}, 11s)->size() == 1);
}

TEST_CASE("F16: a ring before anything is registered is nobody's") {
  Controlled it;
  (void)it.greet();
  CHECK(it.say(RelayRing{})->empty());
}

TEST_CASE("a relay that does not greet or does not answer is given up after ten seconds") {
  Controlled silent;
  CHECK(silent.control.deadline() == Instant{10s});
  CHECK(silent.control.tick(after(9s)));
  CHECK(silent.control.tick(after(10s)).error().code == Errc::timeout);
  Controlled deaf;
  (void)deaf.greet();
  CHECK(deaf.control.deadline() == Instant{10s});
  REQUIRE(deaf.say(RelayPong{}, 9s));
  CHECK(deaf.control.tick(after(10s)).error().code == Errc::timeout);
}

TEST_CASE("a relay that speaks out of turn is refused") {
  const auto error_of = [](auto message) {
    Controlled it;
    const auto said = it.say(message);
    return said ? Errc::not_found : said.error().code;
  };
  CHECK(error_of(RelayRing{}) == Errc::invalid);
  CHECK(error_of(RelayRegistered{1}) == Errc::invalid);
  CHECK(error_of(RelaySpliced{}) == Errc::invalid);
  Controlled it;
  it.get_ready();
  CHECK(it.say(it.hello()).error().code == Errc::invalid);
  Controlled twice;
  twice.get_ready();
  CHECK(twice.say(RelayRegistered{1}).error().code == Errc::invalid);
  Controlled wrong;
  (void)wrong.greet();
  CHECK(wrong.say(RelayRegistered{2}).error().code == Errc::invalid);
  for (const RelayMessage& message :
       {RelayMessage(RelayCall{}), RelayMessage(RelayTake{}), RelayMessage(RelaySpliced{}),
        RelayMessage(RelayRegister{std::string(relay), {Registration{}}})}) {
    Controlled ready;
    ready.get_ready();
    CHECK(ready.say(message).error().code == Errc::invalid);
  }
}

TEST_CASE("a relay that refuses or drains says so, and after a refusal nothing is read") {
  Controlled it;
  it.get_ready();
  const auto draining = it.say(RelayDrain{30});
  REQUIRE(draining);
  CHECK(std::get<RelayControl::Draining>(draining->at(0)).left == 30s);
  Buffer last = encode_relay_message(RelayFailed{RelayFailure::limit});
  append(last, encode_relay_message(RelayRing{}));
  append(last, as_bytes("noise"));
  const auto failed = it.control.receive(last, after(1s));
  REQUIRE(failed);
  REQUIRE(failed->size() == 1);
  CHECK(std::get<RelayControl::Failed>(failed->at(0)).code == RelayFailure::limit);
  CHECK(it.control.receive(as_bytes("more"), after(2s))->empty());
  CHECK(it.control.tick(after(500s)));
  CHECK_FALSE(it.control.has_output());
}

TEST_CASE("F13: the first bytes of a link that come with the splice are the link's") {
  auto splice = RelaySplice::call(id_on(noon), Instant{0s});
  const auto sent = messages_in(splice.take_output());
  REQUIRE(sent.size() == 1);
  CHECK(std::get<RelayCall>(sent[0]).callee == id_on(noon));
  Buffer stream =
      encode_relay_message(RelayHello{filled<RelayNonce>(1), address("203.0.113.7:50123"), 120});
  append(stream, encode_relay_message(RelaySpliced{}));
  // What looks like a message of the relay is none any more.
  const Buffer first = encode_relay_message(RelayFailed{RelayFailure::absent});
  append(stream, first);
  const auto spliced = splice.receive(stream);
  REQUIRE(spliced);
  REQUIRE(*spliced);
  CHECK(equal(**spliced, first));
}

TEST_CASE("F13: a call that is taken is spliced at the last byte of its message") {
  auto splice = RelaySplice::take(filled<SpliceToken>(4), Instant{0s});
  const auto sent = messages_in(splice.take_output());
  REQUIRE(sent.size() == 1);
  CHECK(std::get<RelayTake>(sent[0]).token == filled<SpliceToken>(4));
  Buffer stream =
      encode_relay_message(RelayHello{filled<RelayNonce>(1), address("203.0.113.7:50123"), 120});
  append(stream, encode_relay_message(RelaySpliced{}));
  for (std::size_t i = 0; i < stream.size(); ++i) {
    const auto got = splice.receive(Bytes(stream).subspan(i, 1));
    REQUIRE(got);
    CHECK(got->has_value() == (i + 1 == stream.size()));
    if (*got) CHECK((*got)->empty());
  }
}

TEST_CASE("F14: before the splice a device answers nothing and takes nothing but its result") {
  const Buffer hello =
      encode_relay_message(RelayHello{filled<RelayNonce>(1), address("203.0.113.7:50123"), 120});
  for (const RelayMessage& message :
       {RelayMessage(RelayPing{}), RelayMessage(RelayRing{}), RelayMessage(RelayRegistered{1}),
        RelayMessage(RelayDrain{5}),
        RelayMessage(RelayHello{filled<RelayNonce>(1), address("203.0.113.7:50123"), 120})}) {
    auto splice = RelaySplice::call(id_on(noon), Instant{0s});
    (void)splice.take_output();
    REQUIRE(splice.receive(hello));
    CHECK(splice.receive(encode_relay_message(message)).error().code == Errc::invalid);
    CHECK(splice.take_output().empty());
  }
  auto splice = RelaySplice::call(id_on(noon), Instant{0s});
  CHECK(splice.receive(encode_relay_message(RelaySpliced{})).error().code == Errc::invalid);
}

TEST_CASE("a caller learns why it was not spliced, and waits for 15 seconds") {
  const auto told = [](RelayFailure code) {
    auto splice = RelaySplice::call(id_on(noon), Instant{0s});
    return splice.receive(encode_relay_message(RelayFailed{code})).error().code;
  };
  CHECK(told(RelayFailure::absent) == Errc::unreachable);
  CHECK(told(RelayFailure::busy) == Errc::busy);
  CHECK(told(RelayFailure::limit) == Errc::limit);
  CHECK(told(RelayFailure::refused) == Errc::forbidden);
  CHECK(told(RelayFailure::draining) == Errc::cancelled);
  const auto splice = RelaySplice::call(id_on(noon), Instant{1s});
  CHECK(splice.deadline() == Instant{16s});
  CHECK(splice.tick(Instant{16s - 1ns}));
  CHECK(splice.tick(Instant{16s}).error().code == Errc::timeout);
}

}  // namespace
}  // namespace syncline::discovery
