// SPDX-License-Identifier: Apache-2.0
// The relay behind WebSocket, spoken by hand: RFC 6455, sections 1.3 and 5.2.
#include "tests/protocol/discovery/finding.h"
#include "tests/service/relay/running_relay.h"

#include <doctest/doctest.h>

namespace syncline::service {
namespace {

using namespace discovery;

constexpr std::uint8_t binary = 2, text = 1, closing = 8;

// A device's end of a WebSocket; what it gets is the payload of one frame.
class WebSocket {
 public:
  explicit WebSocket(const RunningRelay& relay, const std::string& more_header = {},
                     const std::string& path = "/any/path?at=all")
      : socket_(relay.web_port()) {
    socket_.send(as_bytes("GET " + path +
                          " HTTP/1.1\r\nHost: relay.example\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                          more_header + "\r\n"));
    while (answer_.find("\r\n\r\n") == std::string::npos) {
      const Buffer byte = socket_.receive_exactly(1);
      if (byte.empty()) break;
      answer_ += to_text(byte);
    }
  }
  const std::string& answer() const { return answer_; }
  bool is_open() const {
    return answer_.starts_with("HTTP/1.1 101 ") &&
           answer_.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != std::string::npos;
  }

  void send(Bytes payload, std::uint8_t opcode = binary) {
    Buffer frame = {static_cast<std::uint8_t>(0x80U | opcode)};
    const std::size_t size = payload.size();
    if (size < 126) {
      frame.push_back(static_cast<std::uint8_t>(0x80U | size));
    } else {
      REQUIRE(size < 65536);
      frame.push_back(0x80U | 126U);
      frame.push_back(static_cast<std::uint8_t>(size >> 8U));
      frame.push_back(static_cast<std::uint8_t>(size & 0xFFU));
    }
    const std::uint8_t mask[4] = {1, 2, 3, 4};
    append(frame, mask);
    for (std::size_t i = 0; i < size; ++i)
      frame.push_back(static_cast<std::uint8_t>(payload[i] ^ mask[i % 4]));
    socket_.send(frame);
  }
  // Nothing at the end, and at a frame that closes.
  std::optional<Buffer> receive() {
    const Buffer head = socket_.receive_exactly(2);
    if (head.size() < 2 || (head[0] & 0x0FU) == closing) return std::nullopt;
    CHECK((head[0] & 0x0FU) == binary);
    std::size_t size = head[1];
    REQUIRE(size <= 126);
    if (size == 126) {
      const Buffer longer = socket_.receive_exactly(2);
      size = longer.at(0) * 256U + longer.at(1);
    }
    return socket_.receive_exactly(size);
  }
  RelayMessage message() {
    const auto frame = receive();
    REQUIRE(frame);
    Bytes rest = *frame;
    RelayFrames frames;
    auto found = frames.take(rest);
    REQUIRE(found);
    REQUIRE(*found);
    CHECK(rest.empty());
    return std::move(**found);
  }

 private:
  RelaySocket socket_;
  std::string answer_;
};

std::string observed_in(const RelayMessage& hello) {
  return session::address_text(std::get<RelayHello>(hello).observed);
}

TEST_CASE("F13: a device in a WebSocket and one with plain TCP exchange bytes through the relay") {
  RunningRelay relay;
  Callee callee(relay, 1);
  WebSocket caller(relay);
  REQUIRE(caller.is_open());
  CHECK(observed_in(caller.message()).starts_with("127.0.0.1:"));
  caller.send(encode_relay_message(RelayCall{callee.id()}));
  auto taker = spliced(RelaySocket(relay.port()), RelaySplice::take(callee.next_ring(), {}));
  REQUIRE(taker);
  CHECK(std::holds_alternative<RelaySpliced>(caller.message()));
  const Buffer there = pattern(60'000, 1);
  caller.send(there);
  caller.send({});
  caller.send(there);
  CHECK((taker->receive_exactly(there.size()) == there));
  CHECK((taker->receive_exactly(there.size()) == there));
  const Buffer back = pattern(1'000'000, 2);
  taker->send(back);
  Buffer got;
  while (got.size() < back.size()) append(got, caller.receive().value());
  CHECK((got == back));
  taker->end();
  CHECK_FALSE(caller.receive());
}

TEST_CASE("F11: F17: what is no WebSocket, and text in one, is turned away") {
  RunningRelay relay;
  RelaySocket plain(relay.web_port());
  plain.send(as_bytes("GET / HTTP/1.1\r\nHost: relay.example\r\n\r\n"));
  CHECK(to_text(plain.receive()).starts_with("HTTP/1.1 426 "));
  RelaySocket garbage(relay.web_port());
  garbage.send(pattern(20'000, 1));
  CHECK(garbage.has_ended());
  WebSocket wordy(relay);
  wordy.message();
  wordy.send(encode_relay_message(RelayCall{testing::filled<RendezvousId>(1)}), text);
  CHECK_FALSE(wordy.receive());
}

TEST_CASE("F18: X-Forwarded-For counts only when the relay was told to believe it") {
  const std::string header = "X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n";
  RunningRelay wary;
  WebSocket liar(wary, header);
  CHECK(observed_in(liar.message()).starts_with("127.0.0.1:"));

  RunningRelay told({"--trust-proxy", "--prefix-connections", "1"});
  WebSocket first(told, header);
  CHECK(observed_in(first.message()) == "203.0.113.9:0");
  WebSocket neighbour(told, "X-Forwarded-For: 203.0.113.77\r\n");
  CHECK(neighbour.answer().starts_with("HTTP/1.1 503 "));
  WebSocket six(told, "X-Forwarded-For: 2001:db8::7\r\n");
  CHECK(observed_in(six.message()) == "[2001:db8::7]:0");
  WebSocket with_port(told, "X-Forwarded-For: 192.0.2.4:4711\r\n");
  CHECK(observed_in(with_port.message()) == "192.0.2.4:4711");
  WebSocket unsaid(told);
  CHECK(unsaid.answer().starts_with("HTTP/1.1 400 "));
}

}  // namespace
}  // namespace syncline::service
