// SPDX-License-Identifier: Apache-2.0
#include "protocol/discovery/relay_messages.h"

#include "protocol/wire/writer.h"
#include "tests/protocol/discovery/finding.h"

#include <doctest/doctest.h>

namespace syncline::discovery {
namespace {

using testing::address;
using testing::filled;
using testing::relay;
using testing::signing_key;

RelayRegister registering(std::size_t count) {
  RelayRegister message{std::string(relay), {}};
  for (std::size_t i = 0; i < count; ++i)
    message.registrations.push_back(
        make_registration(signing_key(static_cast<std::uint8_t>(i)), filled<RelayNonce>(1), relay));
  return message;
}

std::vector<RelayMessage> one_of_each() {
  return {RelayHello{filled<RelayNonce>(1), address("203.0.113.7:50123"), 120},
          RelayHello{filled<RelayNonce>(2), address("[2001:db8::1]:50123"), 65535},
          registering(1),
          registering(registrations_max),
          RelayRegistered{2},
          RelayCall{filled<RendezvousId>(3)},
          RelayRing{filled<SpliceToken>(4)},
          RelayTake{filled<SpliceToken>(5)},
          RelaySpliced{},
          RelayPing{},
          RelayPong{},
          RelayFailed{RelayFailure::draining},
          RelayDrain{300}};
}

Errc refusal_of(Bytes message) {
  const auto read = decode_relay_message(message);
  REQUIRE_FALSE(read.has_value());
  return read.error().code;
}

// Type and body alone.
Buffer without_size(const RelayMessage& message) {
  const Buffer frame = encode_relay_message(message);
  return to_buffer(Bytes(frame).subspan(2));
}

TEST_CASE("every message comes back as it was, in pieces of any size and one behind the other") {
  Buffer stream;
  for (const auto& message : one_of_each()) append(stream, encode_relay_message(message));
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, stream.size()}) {
    RelayFrames frames;
    Buffer again;
    for (Bytes rest = stream; !rest.empty();) {
      Bytes part = rest.first(std::min(piece, rest.size()));
      rest = rest.subspan(part.size());
      while (true) {
        const auto message = frames.take(part);
        REQUIRE(message);
        if (!*message) break;
        append(again, encode_relay_message(**message));
      }
      CHECK(part.empty());
    }
    CHECK(equal(again, stream));
  }
}

TEST_CASE("F13: what stands behind a message is left to the caller, byte for byte") {
  Buffer stream = encode_relay_message(RelaySpliced{});
  append(stream, as_bytes("\x01\x01 the first bytes of a link"));
  Bytes input = stream;
  RelayFrames frames;
  const auto message = frames.take(input);
  REQUIRE(message);
  REQUIRE(*message);
  CHECK(std::holds_alternative<RelaySpliced>(**message));
  CHECK(to_text(input) == "\x01\x01 the first bytes of a link");
}

TEST_CASE("F11: a frame without a type or longer than allowed is refused by its size") {
  for (const auto& [size, code] :
       {std::pair{0U, Errc::truncated}, std::pair{2049U, Errc::oversized},
        std::pair{65535U, Errc::oversized}}) {
    const Buffer header = wire::Writer().u16(static_cast<std::uint16_t>(size)).take();
    Bytes input = header;
    const auto read = RelayFrames().take(input);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code == code);
  }
  const Buffer longest = wire::Writer().u16(2048).take();
  Bytes input = longest;
  CHECK(RelayFrames().take(input).has_value());
}

TEST_CASE("F11: a message that ends early or has bytes left over is refused") {
  for (const auto& message : one_of_each()) {
    Buffer bytes = without_size(message);
    bytes.push_back(0);
    CHECK(refusal_of(bytes) == Errc::non_canonical);
    bytes.pop_back();
    while (!bytes.empty()) {
      bytes.pop_back();
      CHECK_FALSE(decode_relay_message(bytes).has_value());
    }
  }
}

TEST_CASE("F11: unknown types and versions, counts and codes out of range are refused") {
  CHECK(refusal_of(Buffer{0}) == Errc::unsupported);
  CHECK(refusal_of(Buffer{12}) == Errc::unsupported);
  CHECK(refusal_of(Buffer{255}) == Errc::unsupported);
  CHECK(refusal_of(Buffer{10, 0}) == Errc::invalid);
  CHECK(refusal_of(Buffer{10, 6}) == Errc::invalid);
  Buffer hello = without_size(one_of_each()[0]);
  hello[1] = 2;
  CHECK(refusal_of(hello) == Errc::unsupported);
  hello[1] = 1;
  hello[34] = 5;  // length of the observed address
  CHECK(refusal_of(hello) == Errc::invalid);
  const Buffer good = without_size(registering(1));
  const std::size_t count_at = 2 + relay.size();
  for (const auto& [count, code] : {std::pair<std::uint8_t, Errc>{0, Errc::invalid},
                                    {2, Errc::truncated},
                                    {17, Errc::limit},
                                    {255, Errc::limit}}) {
    Buffer bad = good;
    bad[count_at] = count;
    CHECK(refusal_of(bad) == code);
  }
  Buffer bad = good;
  bad[1] = 0;  // no name
  CHECK(refusal_of(bad) == Errc::invalid);
  bad[1] = 129;
  CHECK_FALSE(decode_relay_message(bad).has_value());
  bad = good;
  bad[4] = '\n';
  CHECK(refusal_of(bad) == Errc::invalid);
}

TEST_CASE("a relay's name is printable text without blanks") {
  CHECK(is_relay_name(relay));
  CHECK(is_relay_name("wss://relay.example/path?x=1"));
  CHECK(is_relay_name(std::string(128, 'a')));
  CHECK_FALSE(is_relay_name(std::string(129, 'a')));
  CHECK_FALSE(is_relay_name(""));
  CHECK_FALSE(is_relay_name("a b"));
  CHECK_FALSE(is_relay_name("relay\x7f"));
  CHECK_FALSE(is_relay_name("r\xc3\xa9lais"));
}

TEST_CASE("F12: a registration holds for one key, one greeting and one relay") {
  const auto nonce = filled<RelayNonce>(1);
  const Registration good = make_registration(signing_key(1), nonce, relay);
  CHECK(verify_registration(good, nonce, relay));
  CHECK_FALSE(verify_registration(good, filled<RelayNonce>(2), relay));
  CHECK_FALSE(verify_registration(good, nonce, "other.example:4460"));
  CHECK_FALSE(verify_registration(good, nonce, ""));
  CHECK_FALSE(verify_registration({signing_key(2).verify_key(), good.signature}, nonce, relay));
}

}  // namespace
}  // namespace syncline::discovery
