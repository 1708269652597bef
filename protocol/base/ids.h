// SPDX-License-Identifier: Apache-2.0
//
// Id: names that cannot be mixed up.
//
// Each kind of id is its own type; ids order by their bytes and convert to nothing.
// How each id is derived: Spec section 2.
#pragma once

#include "protocol/base/bytes.h"

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace syncline {

template <class Tag, std::size_t N>
struct Id {
  static constexpr std::size_t size = N;
  std::array<std::uint8_t, N> bytes{};

  auto operator<=>(const Id&) const = default;
  Bytes view() const { return bytes; }
  std::string hex() const { return to_hex(bytes); }

  // Requires: `from` holds exactly `size` bytes; otherwise nothing.
  static std::optional<Id> from(Bytes from_bytes) {
    if (from_bytes.size() != N) return std::nullopt;
    Id id;
    std::copy(from_bytes.begin(), from_bytes.end(), id.bytes.begin());
    return id;
  }
  static std::optional<Id> from_hex_text(std::string_view text) {
    const auto raw = from_hex(text);
    return raw ? from(*raw) : std::nullopt;
  }
};

using Digest = Id<struct DigestTag, 32>;  // BLAKE2b-256 of something
using SpaceId =
    Id<struct SpaceTag, 32>;  // hash of a space's genesis record; a vault is named by one too
using RecordId = Id<struct RecordTag, 32>;  // hash of a signed roster record
using DeviceId = Id<struct DeviceTag, 16>;
using LogId = Id<struct LogTag, 16>;        // one (space, device, incarnation)
using EntityId = Id<struct EntityTag, 16>;  // 16 random bytes
using KeyId = Id<struct KeyTag, 16>;        // hash of a symmetric key
using RecipientId = Id<struct RecipientTag, 16>;
using StoreEpoch = Id<struct EpochTag, 16>;  // random, new whenever a store is created or restored
using EntityTag8 = Id<struct EtagTag, 8>;    // masked entity tag of one event

// One live connection; given by the shell, never reused within a run.
struct Link {
  std::uint64_t value = 0;
  auto operator<=>(const Link&) const = default;
};

// One connection of a local caller; given by the shell, never reused within a run.
struct CallerId {
  std::uint64_t value = 0;
  auto operator<=>(const CallerId&) const = default;
};

// Names one request of a local caller until its reply.
struct RequestId {
  std::uint64_t value = 0;
  auto operator<=>(const RequestId&) const = default;
};

}  // namespace syncline
