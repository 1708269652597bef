// SPDX-License-Identifier: Apache-2.0
#include "protocol/session/handshake.h"

#include "protocol/wire/writer.h"
#include "tests/protocol/session/link_pair.h"

#include <doctest/doctest.h>

namespace syncline::session {
namespace {

using testing::at;
using testing::LinkPair;

constexpr std::size_t call_size = 2 + 8 + 48;

// What a responder sends back to `bytes`, and whether it closes.
struct Reaction {
  Buffer sent;
  bool closes = false;
};
Reaction react(LinkPair& pair, Bytes bytes) {
  pair.deliver(pair.responder, pair.responder_events, bytes, at(0s));
  return {pair.responder.take_output(), pair.error.has_value()};
}

TEST_CASE("S4: two devices of one audience open a link and know each other's keys") {
  LinkPair pair;
  pair.pump();
  REQUIRE(!pair.error);
  REQUIRE(pair.dialler.is_open());
  REQUIRE(pair.responder.is_open());
  const Remote& seen_by_dialler = pair.dialler.remote();
  const Remote& seen_by_responder = pair.responder.remote();
  CHECK(seen_by_dialler.key == crypto::public_key_of(pair.responder_key.expose()));
  CHECK(seen_by_responder.key == crypto::public_key_of(pair.dialler_key.expose()));
  CHECK(seen_by_dialler.handshake_hash == seen_by_responder.handshake_hash);
  CHECK(seen_by_dialler.features == 6);
  CHECK(seen_by_responder.features == 5);
  CHECK(seen_by_responder.audience == 1);
  REQUIRE(pair.dialler_events.size() == 1);
  CHECK(std::holds_alternative<Opened>(pair.dialler_events[0]));
}

TEST_CASE("S4: the handshake does not care how the stream is cut") {
  for (const std::size_t piece : {1, 2, 3, 7, 31, 57, 58, 59, 200}) {
    LinkPair pair;
    pair.pump(piece);
    CHECK(!pair.error);
    CHECK(pair.dialler.is_open());
    CHECK(pair.responder.is_open());
  }
}

TEST_CASE("S3: a stranger's call is closed without a byte in return") {
  LinkPair pair(LinkPair::Options{.called = 8});
  const Buffer call = pair.dialler.take_output();
  CHECK(call.size() == call_size);
  const Reaction reaction = react(pair, call);
  CHECK(reaction.closes);
  CHECK(reaction.sent.empty());
}

TEST_CASE("S3: a device that answers to nobody answers nobody") {
  LinkPair pair(LinkPair::Options{.answers = {}});
  const Reaction reaction = react(pair, pair.dialler.take_output());
  CHECK(reaction.closes);
  CHECK(reaction.sent.empty());
}

TEST_CASE("S3: each of 64 audiences is found by its hint") {
  for (const int index : {0, 31, 63}) {
    const auto called = static_cast<std::uint8_t>(index);
    LinkPair::Options options{.called = called, .answers = {}};
    for (std::uint8_t i = 0; i < audiences_max; ++i) options.answers.push_back(i);
    LinkPair pair(std::move(options));
    pair.pump();
    REQUIRE(pair.responder.is_open());
    CHECK(pair.responder.remote().audience == called);
  }
}

TEST_CASE("S3: the hint of a call looks different every time") {
  LinkPair one(LinkPair::Options{.seed = 1});
  LinkPair two(LinkPair::Options{.seed = 2});
  const Buffer first = one.dialler.take_output();
  const Buffer second = two.dialler.take_output();
  CHECK_FALSE(equal(Bytes(first).subspan(2, 8), Bytes(second).subspan(2, 8)));
}

TEST_CASE("S2: a call with any bit changed is closed without a byte in return") {
  for (std::size_t bit = 0; bit < call_size * 8; ++bit) {
    LinkPair pair;
    Buffer call = pair.dialler.take_output();
    call[bit / 8] = static_cast<std::uint8_t>(call[bit / 8] ^ 1 << bit % 8);
    const Reaction reaction = react(pair, call);
    CHECK(reaction.closes);
    CHECK(reaction.sent.empty());
  }
}

TEST_CASE("S4: an answer with any bit changed gets nothing from the dialler") {
  const std::size_t answer_size = [] {
    LinkPair pair;
    return react(pair, pair.dialler.take_output()).sent.size();
  }();
  for (std::size_t bit = 0; bit < answer_size * 8; ++bit) {
    LinkPair pair;
    Buffer answer = react(pair, pair.dialler.take_output()).sent;
    answer[bit / 8] = static_cast<std::uint8_t>(answer[bit / 8] ^ 1 << bit % 8);
    pair.deliver(pair.dialler, pair.dialler_events, answer, at(0s));
    // A longer size makes the dialler wait for the rest; then its deadline ends the link.
    if (!pair.error)
      CHECK(pair.dialler.tick(at(limits::handshake_timeout)).error().code == Errc::timeout);
    CHECK(pair.dialler.take_output().empty());
    CHECK(pair.dialler_events.empty());
  }
}

TEST_CASE("S4: a third message with any bit changed opens nothing") {
  const auto third_message = [](LinkPair& pair) {
    const Buffer answer = react(pair, pair.dialler.take_output()).sent;
    pair.deliver(pair.dialler, pair.dialler_events, answer, at(0s));
    return pair.dialler.take_output();
  };
  const std::size_t size = [&] {
    LinkPair pair;
    return third_message(pair).size();
  }();
  for (std::size_t bit = 0; bit < size * 8; ++bit) {
    LinkPair pair;
    Buffer message = third_message(pair);
    message[bit / 8] = static_cast<std::uint8_t>(message[bit / 8] ^ 1 << bit % 8);
    const Reaction reaction = react(pair, message);
    CHECK_FALSE(pair.responder.is_open());
    CHECK(reaction.sent.empty());
    CHECK(pair.responder_events.empty());
  }
}

TEST_CASE("S5: a dialler that does not accept the other key does not reveal its own") {
  LinkPair pair(LinkPair::Options{
      .dialler_accepts = [](const crypto::BoxPublicKey&, std::size_t) { return false; }});
  const Buffer answer = react(pair, pair.dialler.take_output()).sent;
  REQUIRE_FALSE(answer.empty());
  pair.deliver(pair.dialler, pair.dialler_events, answer, at(0s));
  REQUIRE(pair.error);
  CHECK(pair.error->code == Errc::forbidden);
  CHECK_FALSE(pair.dialler.has_output());
  CHECK(pair.dialler.take_output().empty());
}

TEST_CASE("S5: a responder that does not accept the caller opens no link and says nothing more") {
  LinkPair pair(LinkPair::Options{
      .responder_accepts = [](const crypto::BoxPublicKey&, std::size_t) { return false; }});
  pair.pump();
  REQUIRE(pair.error);
  CHECK(pair.error->code == Errc::forbidden);
  CHECK_FALSE(pair.responder.is_open());
  CHECK(pair.responder.take_output().empty());
  CHECK(pair.responder_events.empty());
}

TEST_CASE("S5: accept is asked with the audience that was called and the proven key") {
  std::optional<std::size_t> audience;
  std::optional<crypto::BoxPublicKey> key;
  LinkPair pair(LinkPair::Options{.responder_accepts = [&](const auto& asked, std::size_t index) {
    key = asked;
    audience = index;
    return true;
  }});
  pair.pump();
  CHECK(audience == 1);
  CHECK(key == crypto::public_key_of(pair.dialler_key.expose()));
}

TEST_CASE("S5: a device that reaches itself hangs up") {
  testing::SeededRandom random(9);
  const auto key = crypto::BoxKey::random(random);
  auto dialler =
      Session::dial({.transport_key = key, .random = random, .accept = testing::accept_all},
                    testing::audience_of(7), at(0s));
  auto responder =
      Session::answer({.transport_key = key, .random = random, .accept = testing::accept_all},
                      LinkPair::list_of({7}), at(0s));
  REQUIRE(responder.receive(dialler.take_output(), at(0s)));
  const auto answered = dialler.receive(responder.take_output(), at(0s));
  REQUIRE_FALSE(answered);
  CHECK(answered.error().code == Errc::forbidden);
  CHECK(dialler.take_output().empty());
}

TEST_CASE("S4: a dialler's own call sent back to it is refused") {
  LinkPair pair;
  const Buffer call = pair.dialler.take_output();
  Buffer echoed = call;
  echoed.resize(2 + 1024);
  pair.deliver(pair.dialler, pair.dialler_events, echoed, at(0s));
  REQUIRE(pair.error);
  CHECK_FALSE(pair.dialler.has_output());
}

TEST_CASE("S4: a handshake message longer than 1 KiB is refused by its length") {
  for (const auto& [size, code] : {std::pair<std::uint16_t, Errc>{0, Errc::truncated},
                                   {1025, Errc::oversized},
                                   {65535, Errc::oversized}}) {
    LinkPair pair;
    (void)react(pair, pair.dialler.take_output());
    Buffer more = wire::Writer().u16(size).u8(0).take();
    const auto received = pair.responder.receive(more, at(0s));
    REQUIRE_FALSE(received);
    CHECK(received.error().code == code);
  }
}

TEST_CASE("S4: a handshake that is not finished after ten seconds is over, however it trickles") {
  LinkPair pair;
  const Buffer call = pair.dialler.take_output();
  for (std::size_t i = 0; i < 9; ++i) {
    const Instant now = at(std::chrono::seconds(i));
    CHECK(pair.responder.tick(now));
    pair.deliver(pair.responder, pair.responder_events, Bytes(call).subspan(i, 1), now);
  }
  CHECK(pair.responder.deadline() == at(limits::handshake_timeout));
  const auto ticked = pair.responder.tick(at(limits::handshake_timeout));
  REQUIRE_FALSE(ticked);
  CHECK(ticked.error().code == Errc::timeout);
  CHECK(pair.dialler.tick(at(limits::handshake_timeout)).error().code == Errc::timeout);
}

TEST_CASE("S1: after an error nothing is sent and nothing is read") {
  LinkPair pair;
  pair.pump();
  REQUIRE(pair.dialler.send(Channel::live, 1, testing::pattern(10)));
  const auto broken = pair.dialler.receive(Buffer(40, 0xff), at(0s));
  REQUIRE(broken);  // the frame is not complete yet
  const auto closed = pair.dialler.receive(Buffer(70000, 0xff), at(0s));
  REQUIRE_FALSE(closed);
  CHECK(closed.error().code == Errc::bad_signature);
  CHECK_FALSE(pair.dialler.has_output());
  CHECK(pair.dialler.take_output().empty());
  CHECK(pair.dialler.receive(Buffer(), at(0s)).error() == closed.error());
}

TEST_CASE("S6: what a newer version adds to the features is skipped") {
  Buffer bytes = encode(Features{.bits = 300, .frame_size_max = 2048});
  bytes[0] = 9;  // a newer minor version
  bytes.insert(bytes.end(), {1, 2, 3});
  const auto decoded = decode_features(bytes);
  REQUIRE(decoded);
  CHECK(decoded->bits == 300);
  CHECK(decoded->frame_size_max == 2048);
}

TEST_CASE("S6: frame limits outside 1024 to 65535 and cut features are refused") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1023}, std::size_t{65536}}) {
    CHECK_FALSE(decode_features(encode(Features{.frame_size_max = size})));
  }
  const Buffer good = encode(Features{.bits = UINT64_MAX, .frame_size_max = 1024});
  CHECK(decode_features(good));
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK_FALSE(decode_features(Bytes(good).first(size)));
  }
}

}  // namespace
}  // namespace syncline::session
