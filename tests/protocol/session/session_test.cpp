// SPDX-License-Identifier: Apache-2.0
#include "protocol/session/session.h"

#include "tests/protocol/session/link_pair.h"

#include <doctest/doctest.h>

namespace syncline::session {
namespace {

using testing::at;
using testing::LinkPair;
using testing::messages_in;
using testing::pattern;

struct OpenPair : LinkPair {
  explicit OpenPair(Tuning tuning = {}) : LinkPair(Options{.tuning = tuning}) {
    pump();
    REQUIRE(!error);
    REQUIRE(dialler.is_open());
    REQUIRE(responder.is_open());
    dialler_events.clear();
    responder_events.clear();
  }

  // The responder stores at once whatever arrived.
  void store_all() {
    for (const auto& message : messages_in(responder_events)) {
      responder.consumed(message.channel, message.cost);
    }
    responder_events.clear();
  }
};

TEST_CASE("S8: messages of every channel and size arrive whole and in order, however cut") {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{13}, std::size_t{65536}}) {
    OpenPair pair;
    std::vector<Buffer> sent;
    for (const std::size_t size : {0, 1, 127, 128, 16383, 16384, 65000}) {
      pair.pump(piece);
      for (const Channel channel : channels) {
        sent.push_back(pattern(std::min<std::size_t>(size, body_size_max(channel)),
                               static_cast<std::uint8_t>(sent.size())));
        REQUIRE(pair.dialler.send(channel, 0x20, sent.back()));
      }
    }
    pair.pump(piece);
    REQUIRE(!pair.error);
    const auto got = messages_in(pair.responder_events);
    REQUIRE(got.size() == sent.size());
    for (const Channel channel : channels) {
      std::size_t next = static_cast<std::size_t>(channel);
      for (const auto& message : got) {
        if (message.channel != channel) continue;
        CHECK(message.type == 0x20);
        CHECK(message.body == sent[next]);
        next += channel_count;
      }
    }
  }
}

TEST_CASE("S9: the longest body of each channel passes and one byte more is not sent") {
  OpenPair pair;
  for (const Channel channel : channels) {
    const Buffer body = pattern(body_size_max(channel) + 1);
    CHECK(pair.dialler.send(channel, 1, body).error().code == Errc::oversized);
    CHECK(pair.dialler.send(channel, 1, Bytes(body).first(body.size() - 1)));
  }
  pair.pump();
  CHECK(!pair.error);
  CHECK(messages_in(pair.responder_events).size() == channel_count);
}

TEST_CASE("S10: a live message overtakes a batch that is being sent within one frame") {
  OpenPair pair;
  REQUIRE(pair.dialler.send(Channel::bulk, 1, pattern(256 * 1024)));
  const Buffer first = pair.dialler.take_output(1);  // one frame is under way
  CHECK(first.size() <= 60 * 1024 + 2 + 1 + 16);
  REQUIRE(pair.dialler.send(Channel::live, 2, pattern(100)));
  const Buffer second = pair.dialler.take_output(1);
  pair.deliver(pair.responder, pair.responder_events, first, at(0s));
  pair.deliver(pair.responder, pair.responder_events, second, at(0s));
  REQUIRE(messages_in(pair.responder_events).size() == 1);
  CHECK(messages_in(pair.responder_events)[0].channel == Channel::live);
  pair.pump();
  CHECK(!pair.error);
  CHECK(messages_in(pair.responder_events).size() == 2);
}

TEST_CASE("S10: output is made in bounded portions and what waits stays countable") {
  OpenPair pair;
  for (int i = 0; i < 3; ++i) REQUIRE(pair.dialler.send(Channel::live, 1, pattern(80 * 1024)));
  const std::size_t queued = pair.dialler.queued_bytes(Channel::live);
  CHECK(queued == 3 * (80 * 1024 + 4));
  const Buffer portion = pair.dialler.take_output(64 * 1024);
  CHECK(portion.size() >= 64 * 1024);
  CHECK(portion.size() <= 64 * 1024 + 60 * 1024 + 19);
  CHECK(pair.dialler.queued_bytes(Channel::live) == queued - 2 * 60 * 1024);
}

TEST_CASE("S10: a full queue takes nothing more and loses nothing") {
  OpenPair pair;
  std::size_t queued = 0;
  while (pair.dialler.has_room(Channel::control)) {
    REQUIRE(pair.dialler.send(Channel::control, 1, pattern(60000)));
    ++queued;
  }
  CHECK(pair.dialler.send(Channel::control, 1, pattern(1)).error().code == Errc::busy);
  CHECK(pair.dialler.queued_bytes(Channel::control) <= control_queue_max);
  pair.pump();
  CHECK(messages_in(pair.responder_events).size() == queued);
  CHECK(pair.dialler.has_room(Channel::control));
}

TEST_CASE("S11: a sender without credit waits, and goes on when the receiver has stored") {
  OpenPair pair;
  constexpr std::size_t size = 50 * 1024;
  for (int i = 0; i < 20; ++i) REQUIRE(pair.dialler.send(Channel::bulk, 1, pattern(size)));
  pair.pump();
  REQUIRE(!pair.error);
  const std::size_t arrived = messages_in(pair.responder_events).size();
  CHECK(arrived ==
        limits::credit_initial / size + 1);  // the last may begin with one byte of credit
  CHECK_FALSE(pair.dialler.has_output());
  CHECK(pair.dialler.queued_bytes(Channel::bulk) > 0);
  // Other channels are not held up.
  REQUIRE(pair.dialler.send(Channel::live, 1, pattern(5)));
  REQUIRE(pair.dialler.send(Channel::control, 1, pattern(5)));
  pair.pump();
  CHECK(messages_in(pair.responder_events).size() == arrived + 2);
  std::size_t total = 0;
  while (total < 22) {
    total += messages_in(pair.responder_events).size();
    REQUIRE_FALSE(pair.responder_events.empty());
    pair.store_all();
    pair.pump();
    REQUIRE(!pair.error);
  }
  CHECK(total == 22);
  CHECK(pair.dialler.queued_bytes(Channel::bulk) == 0);
}

TEST_CASE("S11: the window grows to its limit while the receiver keeps up, never beyond") {
  constexpr std::size_t window_max = 1024 * 1024;
  OpenPair pair(Tuning{.credit_window_max = window_max});
  std::size_t most = 0;
  for (int round = 0; round < 12; ++round) {
    while (pair.dialler.has_room(Channel::bulk)) {
      REQUIRE(pair.dialler.send(Channel::bulk, 1, pattern(64 * 1024)));
    }
    pair.pump();
    REQUIRE(!pair.error);
    std::size_t unstored = 0;
    for (const auto& message : messages_in(pair.responder_events)) unstored += message.cost;
    most = std::max(most, unstored);
    pair.store_all();
  }
  CHECK(most >= window_max);
  CHECK(most <= window_max + 64 * 1024 + 4);
}

TEST_CASE("S11: a sender that exceeds its credit is cut off") {
  // The sender believes in a larger window than the receiver grants.
  LinkPair pair;
  auto greedy = Session::dial({.transport_key = pair.dialler_key,
                               .random = pair.random,
                               .accept = testing::accept_all,
                               .tuning = {}},
                              testing::audience_of(7), at(0s));
  auto strict = Session::answer({.transport_key = pair.responder_key,
                                 .random = pair.random,
                                 .accept = testing::accept_all,
                                 .tuning = {.credit_window_max = 64 * 1024}},
                                LinkPair::list_of({7}), at(0s));
  REQUIRE(strict.receive(greedy.take_output(), at(0s)));
  REQUIRE(greedy.receive(strict.take_output(), at(0s)));
  REQUIRE(strict.receive(greedy.take_output(), at(0s)));
  for (int i = 0; i < 3; ++i) REQUIRE(greedy.send(Channel::bulk, 1, pattern(60 * 1024)));
  const auto received = strict.receive(greedy.take_output(SIZE_MAX), at(0s));
  REQUIRE_FALSE(received);
  CHECK(received.error().code == Errc::limit);
}

TEST_CASE("S7: keys change during a link without losing a byte") {
  for (const Tuning tuning :
       {Tuning{.rekey_frames = 3}, Tuning{.rekey_frames = 1}, Tuning{.rekey_bytes = 100 * 1024}}) {
    OpenPair pair(tuning);
    for (int i = 0; i < 40; ++i) {
      const Buffer body = pattern(static_cast<std::size_t>(i) * 500);
      REQUIRE(pair.dialler.send(Channel::live, 1, body));
      REQUIRE(pair.responder.send(Channel::bulk, 2, body));
      pair.pump(1000);
      REQUIRE(!pair.error);
      REQUIRE(messages_in(pair.responder_events).back().body == body);
      REQUIRE(messages_in(pair.dialler_events).back().body == body);
      pair.store_all();
      for (const auto& message : messages_in(pair.dialler_events)) {
        pair.dialler.consumed(message.channel, message.cost);
      }
      pair.dialler_events.clear();
    }
  }
}

TEST_CASE("S7: sides that change keys at different frames do not understand each other") {
  LinkPair pair;
  auto early = Session::dial({.transport_key = pair.dialler_key,
                              .random = pair.random,
                              .accept = testing::accept_all,
                              .tuning = {.rekey_frames = 1}},
                             testing::audience_of(7), at(0s));
  REQUIRE(pair.responder.receive(early.take_output(), at(0s)));
  REQUIRE(early.receive(pair.responder.take_output(), at(0s)));
  REQUIRE(pair.responder.receive(early.take_output(), at(0s)));
  REQUIRE(early.send(Channel::live, 1, pattern(1)));
  CHECK(pair.responder.receive(early.take_output(), at(0s)));
  REQUIRE(early.send(Channel::live, 1, pattern(1)));
  CHECK(pair.responder.receive(early.take_output(), at(0s)).error().code == Errc::bad_signature);
}

TEST_CASE("S12: a silent link is asked for a sign of life and kept while one comes") {
  OpenPair pair;
  Instant now = at(0s);
  for (int i = 0; i < 20; ++i) {
    now = std::min(pair.dialler.deadline(), pair.responder.deadline());
    REQUIRE(pair.dialler.tick(now));
    REQUIRE(pair.responder.tick(now));
    pair.pump(SIZE_MAX, now);
    REQUIRE(!pair.error);
  }
  CHECK(now >= at(20 * limits::ping_interval));
  CHECK(pair.dialler_events.empty());
  CHECK(pair.responder_events.empty());
}

TEST_CASE("S12: a link on which no whole frame arrives for a minute is over") {
  OpenPair pair;
  REQUIRE(pair.responder.send(Channel::live, 1, pattern(1000)));
  const Buffer frame = pair.responder.take_output();
  for (int second = 1; second < 60; ++second) {
    const Instant now = at(std::chrono::seconds(second));
    CHECK(pair.dialler.tick(now));
    const auto i = static_cast<std::size_t>(second);
    pair.deliver(pair.dialler, pair.dialler_events, Bytes(frame).subspan(i - 1, 1), now);
  }
  CHECK(pair.dialler.tick(at(limits::link_idle_timeout)).error().code == Errc::timeout);
  CHECK_FALSE(pair.dialler.has_output());
}

TEST_CASE("S12: a flood of pings is answered once, not once each") {
  OpenPair pair;
  for (int i = 1; i <= 1000; ++i) {
    const Instant now = at(i * limits::ping_interval);
    (void)pair.dialler.tick(now);
    pair.deliver(pair.responder, pair.responder_events, pair.dialler.take_output(), now);
    // The dialler hears nothing, but would give up only after its own timeout.
    pair.dialler_events.clear();
  }
  CHECK(pair.responder.queued_bytes(Channel::control) == 0);
  CHECK(pair.responder.take_output().size() <= 2 + 1 + 2 + 16);
}

TEST_CASE("S13: a bye overtakes what has not begun, and ends the link for both") {
  OpenPair pair;
  REQUIRE(pair.dialler.send(Channel::bulk, 1, pattern(200 * 1024)));
  const Buffer begun = pair.dialler.take_output(1);
  REQUIRE(pair.dialler.send(Channel::bulk, 2, pattern(10)));
  REQUIRE(pair.dialler.send(Channel::control, 3, pattern(10)));
  pair.dialler.say_bye(ByeReason::replaced);
  CHECK(pair.dialler.send(Channel::live, 1, pattern(1)).error().code == Errc::cancelled);
  pair.deliver(pair.responder, pair.responder_events, begun, at(0s));
  pair.pump();
  REQUIRE(!pair.error);
  REQUIRE_FALSE(pair.responder_events.empty());
  const auto* farewell = std::get_if<Farewell>(&pair.responder_events.back());
  REQUIRE(farewell != nullptr);
  CHECK(farewell->reason == ByeReason::replaced);
  for (const auto& message : messages_in(pair.responder_events)) CHECK(message.type == 1);
  CHECK(pair.responder.send(Channel::live, 1, pattern(1)).error().code == Errc::cancelled);
  CHECK_FALSE(pair.responder.has_output());
  const auto ignored = pair.responder.receive(pattern(100), at(0s));
  REQUIRE(ignored);
  CHECK(ignored->empty());
}

TEST_CASE("S7: a changed, swapped, repeated or missing frame ends the link") {
  const auto two_frames = [](OpenPair& pair) {
    std::vector<Buffer> frames;
    for (std::uint8_t i = 0; i < 2; ++i) {
      REQUIRE(pair.dialler.send(Channel::live, 1, pattern(20, i)));
      frames.push_back(pair.dialler.take_output());
    }
    return frames;
  };
  SUBCASE("changed") {
    const std::size_t size = 2 + 1 + 2 + 20 + 16;
    for (std::size_t i = 2; i < size; ++i) {
      OpenPair pair;
      auto frames = two_frames(pair);
      REQUIRE(frames[0].size() == size);
      frames[0][i] ^= 1;
      CHECK_FALSE(pair.responder.receive(frames[0], at(0s)));
    }
  }
  SUBCASE("swapped") {
    OpenPair pair;
    const auto frames = two_frames(pair);
    CHECK_FALSE(pair.responder.receive(frames[1], at(0s)));
  }
  SUBCASE("repeated") {
    OpenPair pair;
    const auto frames = two_frames(pair);
    CHECK(pair.responder.receive(frames[0], at(0s)));
    CHECK_FALSE(pair.responder.receive(frames[0], at(0s)));
  }
  SUBCASE("sent back to its author") {
    OpenPair pair;
    const auto frames = two_frames(pair);
    CHECK_FALSE(pair.dialler.receive(frames[0], at(0s)));
  }
}

TEST_CASE("a session that is gone leaves no key in the arena") {
  const std::size_t before = crypto::SecretArena::shared().used();
  {
    OpenPair open;
    LinkPair half_open;
    (void)half_open.responder.receive(half_open.dialler.take_output(), at(0s));
    LinkPair refused(LinkPair::Options{.called = 9});
    refused.pump();
    CHECK(crypto::SecretArena::shared().used() > before);
  }
  CHECK(crypto::SecretArena::shared().used() == before);
  CHECK(crypto::SecretArena::shared().free_slots_are_zero());
}

}  // namespace
}  // namespace syncline::session
