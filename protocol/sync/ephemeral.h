// SPDX-License-Identifier: Apache-2.0
//
// EphemeralMessage: what devices tell each other that is never stored. Spec section 8.
//
// A sealed value with its author's signature: whoever relays it can check who wrote it and
// cannot read it. This is layout, sealing and opening; who may say how much is
// ephemeral_relay.h, what it means is node/presence.h. Nothing of it may reach a store.
#pragma once

#include "protocol/base/ids.h"
#include "protocol/base/limits.h"
#include "protocol/base/result.h"
#include "protocol/base/time.h"
#include "protocol/crypto/sign.h"
#include "protocol/log/event_codec.h"

namespace syncline::sync {

// The only type on session::Channel::ephemeral.
inline constexpr std::uint8_t ephemeral_type = 0x20;

struct EphemeralMessage {
  DeviceId author;
  std::uint64_t counter = 0;  // rises with every message of its author, over restarts, too
  std::uint32_t slot = 0;     // a newer message of the same author and slot replaces this one
  SpaceId space;
  crypto::Nonce nonce;
  EntityTag8 tag;  // of the entity's key, masked
  Buffer ciphertext;
  crypto::Signature signature;
};

Buffer encode(const EphemeralMessage& message);
// Errors: Errc::truncated, oversized, non_canonical, invalid, unsupported.
Result<EphemeralMessage> decode_ephemeral(Bytes body);

enum class EphemeralKind : std::uint8_t {
  presence = 0,  // body: a program's value
  preview = 1,   // body: a node::Preview
};

struct EphemeralContent {
  EphemeralKind kind = EphemeralKind::presence;
  std::chrono::milliseconds lifetime{};  // from its arrival; zero: what was in the slot is gone
  WallTime since;                        // when the slot was first used, by the author's clock
  Buffer body;
};
// Presence and previews are shorter, both.
inline constexpr std::size_t ephemeral_body_size_max = limits::preview_size_max;

// Seals and signs. Requires: a body of at most ephemeral_body_size_max bytes, a lifetime of at
// most limits::ephemeral_lifetime_max.
struct EphemeralPlace {
  SpaceId vault;
  DeviceId author;
  std::uint64_t counter = 0;
  std::uint32_t slot = 0;
  SpaceId space;
};
struct EphemeralKeys {
  const log::EventKey& entity;       // the newest of the entity
  const crypto::SubKey& header;      // K_hdr of the space's newest epoch
  const crypto::SigningKey& device;  // of the author
};
EphemeralMessage seal_ephemeral(const EphemeralPlace& place, const EphemeralKeys& keys,
                                const EphemeralContent& content, Random& random);

// Whether the author wrote it, as a message of this vault. `key` comes from the vault's roster.
bool verify_ephemeral(const EphemeralMessage& message, const SpaceId& vault,
                      const crypto::VerifyKey& key);

// The tag of the entity's key, if it was masked with this K_hdr.
EntityTag8 unmask(const EphemeralMessage& message, const crypto::SubKey& header_key);
// Errors: Errc::bad_signature for another key or place; as Reader for what breaks the layout.
Result<EphemeralContent> open_ephemeral(const EphemeralMessage& message, const log::EventKey& key);

}  // namespace syncline::sync
