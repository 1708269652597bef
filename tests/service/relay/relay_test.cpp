// SPDX-License-Identifier: Apache-2.0
// What a relay does for devices, and what it refuses.
#include "tests/protocol/discovery/finding.h"
#include "tests/service/relay/running_relay.h"

#include <csignal>

#include <doctest/doctest.h>

namespace syncline::service {
namespace {

using namespace discovery;

RelayHello hello_on(RelaySocket& socket) {
  const auto said = socket.message();
  REQUIRE(said);
  REQUIRE(std::holds_alternative<RelayHello>(*said));
  return std::get<RelayHello>(*said);
}

RelayFailure failure_on(RelaySocket& socket) {
  const auto said = socket.message();
  REQUIRE(said);
  REQUIRE(std::holds_alternative<RelayFailed>(*said));
  return std::get<RelayFailed>(*said).code;
}

TEST_CASE("F13: two devices that dialled the relay exchange 8 MiB each way, byte for byte") {
  RunningRelay relay({"--byte-rate", "0"});
  Callee callee(relay, 1);
  Pair pair = make_pair(relay, callee);
  const Buffer there = pattern(8 * 1024 * 1024, 1);
  const Buffer back = pattern(8 * 1024 * 1024, 2);
  CHECK((pair.caller.pass(there, pair.taker) == there));
  CHECK((pair.taker.pass(back, pair.caller) == back));
  CHECK(relay.counter("bytes") == 16 * 1024 * 1024);
  CHECK(relay.counter("pairs") == 1);
}

TEST_CASE("F13: after SPLICED even the relay's own messages are only bytes") {
  RunningRelay relay;
  Callee callee(relay, 1);
  Pair pair = make_pair(relay, callee);
  const Buffer frames = encode_relay_message(RelayPing{});
  pair.caller.send(frames);
  CHECK((pair.taker.receive_exactly(frames.size()) == frames));
  const Buffer garbage(3000, 0xFF);
  pair.taker.send(garbage);
  CHECK((pair.caller.receive_exactly(garbage.size()) == garbage));
}

TEST_CASE("F19: an end is passed on after the last byte, and the other way stays open") {
  RunningRelay relay;
  Callee callee(relay, 1);
  Pair pair = make_pair(relay, callee);
  const Buffer last = pattern(300'000, 3);
  pair.caller.send(last);
  pair.caller.end();
  CHECK((pair.taker.receive_exactly(last.size()) == last));
  CHECK(pair.taker.has_ended());
  pair.taker.send(last);
  CHECK((pair.caller.receive_exactly(last.size()) == last));
  pair.taker.end();
  CHECK(pair.caller.has_ended());
}

TEST_CASE("F20: an id that nobody has and a call that nobody takes end alike") {
  RunningRelay relay({"--call-wait", "1"});
  Callee callee(relay, 1);
  const auto untaken =
      spliced(RelaySocket(relay.port()), RelaySplice::call(callee.id(), Instant{}));
  const auto absent = spliced(RelaySocket(relay.port()),
                              RelaySplice::call(testing::filled<RendezvousId>(9), Instant{}));
  REQUIRE_FALSE(untaken);
  REQUIRE_FALSE(absent);
  CHECK(untaken.error() == absent.error());
  CHECK(absent.error().code == Errc::unreachable);
  CHECK(relay.counter("untaken") == 2);
  CHECK(relay.counter("waiting") == 0);
}

TEST_CASE("F20: a token serves once, and no other token serves") {
  RunningRelay relay;
  Callee callee(relay, 1);
  RelaySocket calling(relay.port());
  auto call = RelaySplice::call(callee.id(), {});
  calling.send(call.take_output());
  const SpliceToken token = callee.next_ring();
  const auto wrong = spliced(RelaySocket(relay.port()),
                             RelaySplice::take(testing::filled<SpliceToken>(1), Instant{}));
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == Errc::unreachable);
  REQUIRE(spliced(RelaySocket(relay.port()), RelaySplice::take(token, {})));
  CHECK_FALSE(spliced(RelaySocket(relay.port()), RelaySplice::take(token, {})));
}

TEST_CASE("F12: nobody registers the id of another device, nor with a wrong or old signature") {
  RunningRelay relay;
  Callee callee(relay, 1);
  const auto victim = testing::signing_key(7);
  const auto thief = testing::signing_key(8);
  const auto attempt = [&](const auto& make) {
    RelaySocket socket(relay.port());
    const RelayHello hello = hello_on(socket);
    socket.send(encode_relay_message(RelayRegister{relay.name(), {make(hello)}}));
    return failure_on(socket) == RelayFailure::refused && socket.has_ended();
  };
  CHECK(attempt([&](const RelayHello& hello) {
    Registration made = make_registration(thief, hello.nonce, relay.name());
    made.key = victim.verify_key();
    return made;
  }));
  CHECK(attempt([&](const RelayHello&) {
    return make_registration(victim, testing::filled<RelayNonce>(1), relay.name());
  }));
  CHECK(attempt([&](const RelayHello& hello) {
    return make_registration(victim, hello.nonce, "another.example:1");
  }));
  CHECK(relay.counter("registered") == 1);
  CHECK(make_pair(relay, callee).caller.send_some(Buffer(1, 0)) == 1);
}

TEST_CASE("F12: a REG replaces what the connection had registered") {
  RunningRelay relay({"--call-wait", "1"});
  RelaySocket control(relay.port());
  const RelayHello hello = hello_on(control);
  const auto before = testing::signing_key(1), after = testing::signing_key(2);
  for (const auto* key : {&before, &after}) {
    control.send(encode_relay_message(
        RelayRegister{relay.name(), {make_registration(*key, hello.nonce, relay.name())}}));
    const auto said = control.message();
    REQUIRE(said);
    CHECK(std::get<RelayRegistered>(*said).count == 1);
  }
  CHECK_FALSE(spliced(RelaySocket(relay.port()),
                      RelaySplice::call(rendezvous_id(before.verify_key()), Instant{})));
  RelaySocket calling(relay.port());
  calling.send(RelaySplice::call(rendezvous_id(after.verify_key()), {}).take_output());
  const auto said = control.message();
  REQUIRE(said);
  CHECK(std::holds_alternative<RelayRing>(*said));
}

TEST_CASE("F17: a device is told the address that the relay sees, and a nonce of its own") {
  RunningRelay relay;
  RelaySocket one(relay.port(), "127.0.5.1"), other(relay.port());
  const RelayHello hello = hello_on(one);
  CHECK(session::address_text(hello.observed).starts_with("127.0.5.1:"));
  CHECK(hello.nonce != hello_on(other).nonce);
}

TEST_CASE("F11: F17: garbage, silence and messages out of place close the connection") {
  RunningRelay relay({"--handshake", "1"});
  const auto closes = [&](const Buffer& bytes) {
    RelaySocket socket(relay.port());
    hello_on(socket);
    if (!bytes.empty()) socket.send(bytes);
    return socket.has_ended();
  };
  CHECK(closes({}));
  CHECK(closes({0, 0}));
  CHECK(closes({0xFF, 0xFF, 1}));
  CHECK(closes({0, 1, 99}));
  CHECK(closes(to_buffer(as_bytes("GET / HTTP/1.1\r\n\r\n"))));
  CHECK(closes(encode_relay_message(RelayPing{})));
  CHECK(closes(encode_relay_message(RelaySpliced{})));
  Buffer early = encode_relay_message(RelayCall{testing::filled<RendezvousId>(1)});
  append(early, encode_relay_message(RelayPong{}));
  CHECK(closes(early));
  CHECK(relay.counter("connections") == 0);
}

TEST_CASE("F17: a control connection answers PING and is closed for CALL") {
  RunningRelay relay;
  Callee callee(relay, 1);
  callee.socket().send(encode_relay_message(RelayPing{}));
  const auto said = callee.socket().message();
  REQUIRE(said);
  CHECK(std::holds_alternative<RelayPong>(*said));
  callee.socket().send(encode_relay_message(RelayCall{callee.id()}));
  CHECK(callee.socket().has_ended());
}

TEST_CASE("F21: a relay that drains says so, and lets pairs end what they do") {
  RunningRelay relay;
  Callee callee(relay, 1);
  Pair pair = make_pair(relay, callee);
  RelaySocket waiting(relay.port());
  hello_on(waiting);
  waiting.send(encode_relay_message(RelayCall{testing::filled<RendezvousId>(3)}));
  REQUIRE(relay.counter("waiting") == 1);
  relay.signal(SIGTERM);
  const auto said = callee.socket().message();
  REQUIRE(said);
  CHECK(std::get<RelayDrain>(*said).seconds == 30);
  CHECK(failure_on(waiting) == RelayFailure::draining);
  const Buffer more = pattern(1024 * 1024, 4);
  CHECK((pair.caller.pass(more, pair.taker) == more));
  pair.caller.end();
  CHECK(pair.taker.has_ended());
  pair.taker.end();
  CHECK(pair.caller.has_ended());
  CHECK(relay.wait() == 0);
}

TEST_CASE("F21: a relay that is told to end at once closes both sides of a pair") {
  RunningRelay relay({"--drain", "0"});
  Callee callee(relay, 1);
  Pair pair = make_pair(relay, callee);
  pair.caller.send(pattern(500'000, 1));
  CHECK_FALSE(pair.taker.receive().empty());
  relay.signal(SIGTERM);
  CHECK(relay.wait() == 0);
  while (!pair.taker.receive().empty()) {
  }
  CHECK(pair.caller.has_ended());
}

TEST_CASE("F21: all that a relay says is counters, without an address or an id") {
  RunningRelay relay;
  Callee callee(relay, 1, "127.0.77.1");
  Pair pair = make_pair(relay, callee, "127.0.78.1");
  relay.signal(SIGUSR1);
  const std::string line = relay.line();
  CHECK(line.starts_with("counters up_s="));
  CHECK(line.find("127.") == std::string::npos);
  CHECK(line.find(callee.id().hex().substr(0, 8)) == std::string::npos);
}

TEST_CASE("wrong options end a relay with code 2 and a sentence") {
  const std::vector<std::vector<std::string>> wrong = {
      {"--listen", "nowhere"},
      {"--listen", "127.0.0.1:70000"},
      {"--listen"},
      {"--idle", "0"},
      {"--idle", "ten"},
      {"--shout"},
      {"--listen", "::1:80"},
      {"--trust-proxy"},
      {"word"},
      {"--listen-ws", "[::1]:x"},
      {"--drain=-1"},
  };
  for (const auto& options : wrong) {
    const Ended ended = run_relay(options);
    CHECK(ended.exit_code == 2);
    CHECK(ended.err.starts_with("syncline-relay: "));
  }
}

}  // namespace
}  // namespace syncline::service
