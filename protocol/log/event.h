// SPDX-License-Identifier: Apache-2.0
//
// Event: the outside of one event, as every replica sees it, and the log it stands in.
//
// Nothing here can be read without keys; what is inside is event_codec.h. Bits 6 and 7 of
// the flags belong to storage and transport and are never hashed. Layout: Spec section 5.
#pragma once

#include "protocol/base/ids.h"
#include "protocol/base/limits.h"
#include "protocol/crypto/aead.h"
#include "protocol/crypto/sign.h"

namespace syncline::log {

inline constexpr std::uint8_t authored_flags = 0x3f;
// Sequence numbers start at 1; 0 means that a log is empty. Far beyond any real log, and
// far enough below 2^64 that no sum of sequence numbers and counts can overflow.
inline constexpr std::uint64_t seq_max = std::uint64_t{1} << 48;

// Looks at an event inside a block; valid while the block's bytes are.
struct EventView {
  std::uint8_t flags = 0;
  EntityTag8 etag;
  crypto::Nonce nonce;
  Bytes ciphertext;
};

struct SealedEvent {
  std::uint8_t flags = 0;
  EntityTag8 etag;
  crypto::Nonce nonce;
  Buffer ciphertext;

  EventView view() const { return {flags, etag, nonce, ciphertext}; }
};

// What a log is, as its space's roster says. Everything a replica needs to verify it.
struct LogOrigin {
  SpaceId space;
  crypto::VerifyKey key;
  std::uint32_t incarnation = 0;
  RecordId admitted_by;  // the roster record that admitted the log

  bool operator==(const LogOrigin&) const = default;
};

// H("log1" ‖ space ‖ log key ‖ incarnation), 16 bytes.
LogId log_id_of(const SpaceId& space, const crypto::VerifyKey& key, std::uint32_t incarnation);
inline LogId log_id_of(const LogOrigin& origin) {
  return log_id_of(origin.space, origin.key, origin.incarnation);
}

}  // namespace syncline::log
