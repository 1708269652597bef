// SPDX-License-Identifier: Apache-2.0
//
// Preface: the first bytes of every link, before anything is encrypted.
//
// An Arrival collects the two bytes that say what a caller wants; whoever then takes the
// link (Session or PairingInviter) is given all bytes so far. Nothing is ever sent here.
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"
#include "protocol/base/time.h"
#include "protocol/session/audience.h"

#include <optional>

namespace syncline::session {

inline constexpr std::uint8_t preface_version = 1;

enum class LinkKind : std::uint8_t {
  device = 1,       // two devices of one audience: session.h
  pair_code = 2,    // a new device that was told a code: pairing.h
  pair_secret = 3,  // a new device that scanned a QR code: pairing.h
};

class Arrival {
 public:
  explicit Arrival(Instant now);

  // Nothing while fewer than two bytes are there. Errors: close without an answer.
  Result<std::optional<LinkKind>> receive(Bytes bytes);
  // All bytes so far, for the receive() of whoever takes the link.
  Buffer take() { return std::move(bytes_); }
  // A caller that says nothing until then is to be closed.
  Instant deadline() const { return deadline_; }

 private:
  Buffer bytes_;
  Instant deadline_;
};

// ---- For those who take the link --------------------------------------------------------------

// Collects a preface of fixed size, of which an Arrival may have seen the beginning.
class PrefaceCollector {
 public:
  PrefaceCollector(LinkKind kind, std::size_t size) : kind_(kind), size_(size) {}

  // Takes what it lacks off the front of `input`.
  Status collect(Bytes& input);
  bool is_complete() const { return bytes_.size() == size_; }
  Bytes bytes() const { return bytes_; }

 private:
  LinkKind kind_;
  std::size_t size_;
  Buffer bytes_;
};

inline constexpr std::size_t hint_preface_size = 2 + Hint::size;
Buffer hint_preface(LinkKind kind, const Hint& hint);

// The preface with a hint and the ephemeral key right behind it, which the hint goes with.
inline constexpr std::size_t hinted_call_size = hint_preface_size + crypto::BoxPublicKey::size;
struct HintedCall {
  Hint hint;
  crypto::BoxPublicKey ephemeral;
};
// Requires: hinted_call_size bytes.
HintedCall read_hinted_call(Bytes bytes);

}  // namespace syncline::session
