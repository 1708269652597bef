// SPDX-License-Identifier: Apache-2.0
//
// What the tests of session/ share: a random source with a seed, and two Sessions that talk.
#pragma once

#include "protocol/base/random.h"
#include "protocol/crypto/agree.h"
#include "protocol/session/session.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace syncline::session::testing {

// The same bytes for the same seed, everywhere (SplitMix64).
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}

  void fill(std::span<std::uint8_t> out) override {
    for (auto& byte : out) byte = static_cast<std::uint8_t>(step() >> 32);
  }

 private:
  std::uint64_t step() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }

  std::uint64_t state_;
};

inline Instant at(Duration since_start) { return Instant{since_start}; }

inline Audience audience_of(std::uint8_t seed) {
  std::array<std::uint8_t, 32> key{};
  key.fill(seed);
  return Audience::of(crypto::KeyView(key));
}

inline bool accept_all(const crypto::BoxPublicKey&, std::size_t) { return true; }

// A dialler and a responder with keys of their own and one audience in common.
struct LinkPair {
  struct Options {
    std::uint64_t seed = 1;
    Tuning tuning{};
    Accept dialler_accepts = accept_all;
    Accept responder_accepts = accept_all;
    std::uint8_t called = 7;                     // the audience that is called
    std::vector<std::uint8_t> answers = {3, 7};  // those that are answered to
  };

  LinkPair() : LinkPair(Options()) {}
  explicit LinkPair(Options options)
      : random(options.seed),
        dialler_key(crypto::BoxKey::random(random)),
        responder_key(crypto::BoxKey::random(random)),
        dialler(Session::dial({.transport_key = dialler_key,
                               .random = random,
                               .accept = options.dialler_accepts,
                               .features = 5,
                               .tuning = options.tuning},
                              audience_of(options.called), at(0s))),
        responder(Session::answer({.transport_key = responder_key,
                                   .random = random,
                                   .accept = options.responder_accepts,
                                   .features = 6,
                                   .tuning = options.tuning},
                                  list_of(options.answers), at(0s))) {}

  static Audiences list_of(const std::vector<std::uint8_t>& seeds) {
    auto list = std::make_shared<std::vector<Audience>>();
    for (const std::uint8_t seed : seeds) list->push_back(audience_of(seed));
    return list;
  }

  // Moves everything both ways, in pieces of at most `piece` bytes, until nothing is left.
  // Stops at the first error and keeps it.
  void pump(std::size_t piece = SIZE_MAX, Instant now = at(0s)) {
    while (!error && (dialler.has_output() || responder.has_output())) {
      move_bytes(dialler, responder, responder_events, piece, now);
      move_bytes(responder, dialler, dialler_events, piece, now);
    }
  }

  void deliver(Session& to, std::vector<Event>& events, Bytes bytes, Instant now) {
    auto received = to.receive(bytes, now);
    if (!received) {
      error = received.error();
      return;
    }
    for (auto& event : *received) events.push_back(std::move(event));
  }

  void move_bytes(Session& from, Session& to, std::vector<Event>& events, std::size_t piece,
                  Instant now) {
    const Buffer bytes = from.take_output();
    for (std::size_t i = 0; i < bytes.size() && !error; i += piece) {
      deliver(to, events, Bytes(bytes).subspan(i, std::min(piece, bytes.size() - i)), now);
      if (piece > bytes.size()) break;
    }
  }

  SeededRandom random;
  crypto::BoxKey dialler_key;
  crypto::BoxKey responder_key;
  Session dialler;
  Session responder;
  std::vector<Event> dialler_events;
  std::vector<Event> responder_events;
  std::optional<Error> error;
};

inline std::vector<Message> messages_in(const std::vector<Event>& events) {
  std::vector<Message> found;
  for (const Event& event : events) {
    if (const auto* message = std::get_if<Message>(&event)) found.push_back(*message);
  }
  return found;
}

inline Buffer pattern(std::size_t size, std::uint8_t seed = 1) {
  Buffer bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<std::uint8_t>(seed + i * 7 + i / 251);
  }
  return bytes;
}

}  // namespace syncline::session::testing
