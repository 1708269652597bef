// SPDX-License-Identifier: Apache-2.0
//
// What the tests of pairing share: a new device, an inviting device, and the bytes between.
#pragma once

#include "protocol/session/pairing.h"
#include "tests/protocol/session/link_pair.h"

#include <optional>
#include <string>
#include <vector>

namespace syncline::session::testing {

// A new device: its keys and what it says about itself.
struct NewDevice {
  explicit NewDevice(std::uint64_t seed)
      : random(seed),
        secrets(space::DeviceSecrets::random(random)),
        transport_key(crypto::BoxKey::random(random)) {}

  JoinOffer offer(const std::string& name = "kitchen laptop") const {
    const auto box_key = crypto::public_key_of(transport_key.expose());
    return {space::make_cert(secrets, box_key, WallTime{1}), name};
  }
  PairingJoiner join(const PairingInput& input, Instant now = at(0s)) {
    return PairingJoiner({.transport_key = transport_key, .offer = offer(), .random = random},
                         input, now);
  }

  SeededRandom random;
  space::DeviceSecrets secrets;
  crypto::BoxKey transport_key;
};

// The device that invites, with its links.
struct Inviting {
  explicit Inviting(std::uint64_t seed = 100)
      : random(seed), transport_key(crypto::BoxKey::random(random)) {
    const auto invited = book.invite(random, {"10.0.0.1:4711"}, at(0s));
    SYNCLINE_CHECK(invited.has_value());
    code = (*invited)->code.text();
    uri = (*invited)->ticket.uri();
  }

  PairingInviter link(LinkKind kind = LinkKind::pair_code, Instant now = at(0s)) {
    return PairingInviter({.transport_key = transport_key, .book = book, .random = random}, kind,
                          now);
  }
  PairingInput known_code() const { return parse_pairing_input(code).value(); }
  PairingInput known_ticket() const { return parse_pairing_input(uri).value(); }
  // Another password for the same nameplate.
  PairingInput wrong_code() const {
    std::string text = code;
    text.back() = text.back() == '9' ? '0' : '9';
    return parse_pairing_input(text).value();
  }
  InvitationState state(Instant now = at(0s)) { return book.status(now)->state; }

  SeededRandom random;
  crypto::BoxKey transport_key;
  InvitationBook book;
  std::string code;
  std::string uri;
};

// Bytes in both directions until nothing moves or somebody fails.
struct Exchange {
  PairingInviter inviter;
  PairingJoiner joiner;
  std::vector<PairingEvent> at_inviter{};
  std::vector<PairingEvent> at_joiner{};
  std::optional<Error> inviter_error{};
  std::optional<Error> joiner_error{};

  void pump(std::size_t piece = SIZE_MAX, Instant now = at(0s)) {
    while (!inviter_error && !joiner_error && (inviter.has_output() || joiner.has_output())) {
      feed(joiner.take_output(5000), inviter, at_inviter, inviter_error, piece, now);
      feed(inviter.take_output(5000), joiner, at_joiner, joiner_error, piece, now);
    }
  }

  template <class End>
  static void feed(Bytes bytes, End& to, std::vector<PairingEvent>& events,
                   std::optional<Error>& error, std::size_t piece = SIZE_MAX,
                   Instant now = at(0s)) {
    while (!bytes.empty() && !error) {
      const Bytes part = bytes.first(std::min(piece, bytes.size()));
      bytes = bytes.subspan(part.size());
      auto received = to.receive(part, now);
      if (!received) {
        error = received.error();
        return;
      }
      for (auto& event : *received) events.push_back(std::move(event));
    }
  }
};

template <class Wanted>
const Wanted* find_event(const std::vector<PairingEvent>& events) {
  for (const auto& event : events) {
    if (const auto* found = std::get_if<Wanted>(&event)) return found;
  }
  return nullptr;
}

}  // namespace syncline::session::testing
