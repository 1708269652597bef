// SPDX-License-Identifier: Apache-2.0
//
// EventCodec: seals an event of this device and opens events of others.
//
// The plaintext holds kind, time, causality and body; the associated data binds it to its
// space, log, sequence number, epoch, key and flags, so it opens nowhere else (Spec E2).
// Verify the chain before opening. What a body means is crdt/ or space/control.h.
#pragma once

#include "protocol/crypto/hash.h"
#include "protocol/log/reader_state.h"
#include "protocol/wire/reader.h"

#include <array>
#include <span>

namespace syncline::log {

// A key that encrypts events: an entity's key, or a space's control key.
struct EventKey {
  static EventKey of(crypto::EntityKey key, std::uint32_t epoch);

  crypto::EntityKey key;
  crypto::SubKey nonce_key;
  KeyId id;
  std::uint32_t epoch = 0;

  // What header_mask hides: the first 8 bytes of the key's id.
  EntityTag8 tag() const;
};
EntityTag8 tag_of(const KeyId& id);
// The tag of the key that an event is sealed with. `header_key` is K_hdr of its epoch.
EntityTag8 unmask(const EventView& event, const crypto::SubKey& header_key);

enum class EventKind : std::uint8_t { entity = 0, control = 1 };
using DepsDigest = Id<struct DepsDigestTag, 16>;

// A position of another log that the author knows; the hash says which version of it.
struct Dep {
  LogId log;
  std::uint64_t seq = 0;
  Digest hash;
};
DepsDigest deps_digest(std::vector<Dep> deps);

struct NewEvent {
  EventKind kind = EventKind::entity;
  WallTime wall;
  std::vector<Dep> deps;  // every log whose known seq grew since this log's last event
  Bytes body;
};

struct OpenedEvent {
  EventKind kind = EventKind::entity;
  WallTime wall;
  std::vector<KnownLog> deps;
  std::optional<DepsDigest> digest;  // present iff there are deps
  Buffer body;
};

class EventCodec {
 public:
  // Seals event state.seq() + 1 of state.log() and advances the state.
  // Errors: Errc::limit for more than limits::event_deps_max deps; Errc::oversized for the
  // body; Errc::invalid for deps that name the own log, a log twice, or do not grow.
  static Result<SealedEvent> seal(LogReaderState& state, const EventKey& key,
                                  const crypto::SubKey& header_key, const NewEvent& event,
                                  Random& random);
  // Opens event state.seq() + 1 and advances the state; after an error it is unchanged.
  // Errors: Errc::bad_signature if the key is another one or the event was moved;
  // Errc::unsupported for a newer format; as Reader for a plaintext that breaks the layout.
  static Result<OpenedEvent> open(LogReaderState& state, const EventKey& key,
                                  const EventView& event);

 private:
  struct Advance;
  static Result<Advance> plan(const LogReaderState& state, const NewEvent& event);
  static void read_deps(const LogReaderState& state, wire::Reader& in, OpenedEvent& event,
                        Advance& advance);
};

// Size of the plaintext after padding: multiples of 32 bytes up to 512, then Padmé. Spec E3.
std::size_t padded_size(std::size_t size);

}  // namespace syncline::log
