// SPDX-License-Identifier: Apache-2.0
// One network prefix reaches its limits, and the others do not notice.
#include "tests/protocol/discovery/finding.h"
#include "tests/service/relay/running_relay.h"

#include <doctest/doctest.h>

namespace syncline::service {
namespace {

using namespace discovery;

constexpr auto crowded = "127.0.1.1";
constexpr auto elsewhere = "127.0.2.1";

bool is_limit(RelaySocket& socket) {
  const auto said = socket.message();
  REQUIRE(said);
  const auto* failed = std::get_if<RelayFailed>(&*said);
  return failed != nullptr && failed->code == RelayFailure::limit;
}

TEST_CASE("F18: a prefix with all its connections gets no further one, and others do") {
  RunningRelay relay({"--handshake", "60"});
  std::vector<RelaySocket> open;
  for (int i = 0; i < 32; ++i) {
    open.emplace_back(relay.port(), "127.0.1." + std::to_string(i + 1));
    CHECK_FALSE(is_limit(open.back()));
  }
  RelaySocket refused(relay.port(), "127.0.1.200");
  CHECK(is_limit(refused));
  CHECK(refused.has_ended());
  Callee callee(relay, 1, elsewhere);
  make_pair(relay, callee, elsewhere);
  CHECK(relay.counter("limited") == 1);
  // A place that is given back is there for the next one, as soon as the relay has noticed.
  open.pop_back();
  while (relay.counter("connections") > 32) {
  }
  RelaySocket next(relay.port(), crowded);
  CHECK_FALSE(is_limit(next));
}

TEST_CASE("F18: a prefix that registers too much is refused, and others are not") {
  RunningRelay relay({"--register-rate", "1", "--register-burst", "16"});
  const auto key = testing::signing_key(3);
  const auto enroll = [&](const char* from, std::size_t count) {
    RelaySocket socket(relay.port(), from);
    const auto hello = std::get<RelayHello>(socket.message().value());
    RelayRegister message{relay.name(), {}};
    message.registrations.assign(count, make_registration(key, hello.nonce, relay.name()));
    socket.send(encode_relay_message(message));
    return !is_limit(socket);
  };
  CHECK(enroll(crowded, 16));
  CHECK_FALSE(enroll(crowded, 16));
  CHECK(enroll(elsewhere, 16));
}

// Gives the connection, greeted.
RelaySocket call_from(const RunningRelay& relay, const char* from) {
  RelaySocket socket(relay.port(), from);
  socket.send(encode_relay_message(RelayCall{testing::filled<RendezvousId>(1)}));
  CHECK_FALSE(is_limit(socket));  // HELLO
  return socket;
}

TEST_CASE("F18: a prefix with eight calls that nobody took gets no ninth, and others do") {
  RunningRelay relay({"--call-wait", "60"});
  std::vector<RelaySocket> waiting;
  for (int i = 0; i < 8; ++i) waiting.push_back(call_from(relay, crowded));
  while (relay.counter("waiting") < 8) {
  }
  RelaySocket ninth = call_from(relay, crowded);
  CHECK(is_limit(ninth));
  RelaySocket other = call_from(relay, elsewhere);
  while (relay.counter("waiting") < 9) {
  }
  // One that gave up leaves room.
  waiting.pop_back();
  while (relay.counter("waiting") > 8) {
  }
  RelaySocket next = call_from(relay, crowded);
  while (relay.counter("waiting") < 9) {
  }
  CHECK(relay.counter("limited") == 1);
}

TEST_CASE("F18: a prefix that calls too often is refused, and others are not") {
  RunningRelay relay({"--call-rate", "1", "--call-burst", "4", "--pending-calls", "100"});
  std::vector<RelaySocket> calls;
  for (int i = 0; i < 30; ++i) calls.push_back(call_from(relay, crowded));
  const auto others = call_from(relay, elsewhere);
  while (relay.counter("calls") + relay.counter("limited") < 31) {
  }
  const std::uint64_t taken = relay.counter("calls");
  CHECK(taken >= 5);
  CHECK(taken < 31);
  CHECK(is_limit(calls.back()));
}

TEST_CASE("F18: a full relay takes nobody, and goes on for those it has") {
  RunningRelay relay({"--connections", "3"});
  Callee callee(relay, 1);
  Pair pair = make_pair(relay, callee);
  RelaySocket refused(relay.port(), elsewhere);
  CHECK(refused.has_ended());
  const Buffer some = pattern(100'000, 1);
  CHECK((pair.caller.pass(some, pair.taker) == some));
}

TEST_CASE("F18: bytes beyond the rate of a pair wait, and arrive") {
  RunningRelay relay({"--byte-rate", "1000000", "--byte-burst", "65536"});
  Callee callee(relay, 1);
  Pair pair = make_pair(relay, callee);
  const Buffer some = pattern(1'000'000, 1);
  const auto began = std::chrono::steady_clock::now();
  CHECK((pair.caller.pass(some, pair.taker) == some));
  CHECK(std::chrono::steady_clock::now() - began > 800ms);
}

TEST_CASE("F18: a pair that is silent for too long is closed") {
  RunningRelay relay({"--idle", "1"});
  Callee callee(relay, 1);
  Pair pair = make_pair(relay, callee);
  CHECK(pair.caller.has_ended());
  CHECK(pair.taker.has_ended());
}

}  // namespace
}  // namespace syncline::service
