// SPDX-License-Identifier: Apache-2.0
//
// Secret: a typed key that is wiped when it dies and cannot be copied or printed by accident.
//
// Secrets live in one arena (crypto/arena.h) that is locked into memory and kept out of
// core dumps. Each kind of key is its own type, so a space key cannot be passed where an
// entity key is meant. Only crypto/ looks at the bytes, through expose().
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/check.h"
#include "protocol/base/random.h"
#include "protocol/crypto/arena.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace syncline::crypto {

using KeyView = std::span<const std::uint8_t, 32>;

void wipe(std::span<std::uint8_t> bytes);
// Wipes the whole capacity of a text (short texts live inside the object), then empties it.
void wipe_text(std::string& text);
// Constant time in the content; false at once if the lengths differ.
bool equal_secret(Bytes a, Bytes b);

template <class Tag>
class Secret {
 public:
  static constexpr std::size_t size = 32;

  Secret(Secret&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
  // The key that was here is wiped at once, not when `other` dies.
  Secret& operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    SecretArena::shared().release(slot_);
    slot_ = std::exchange(other.slot_, nullptr);
    return *this;
  }
  ~Secret() { SecretArena::shared().release(slot_); }

  static Secret random(Random& source) {
    Secret made;
    source.fill({made.slot_, size});
    return made;
  }
  // Copies; wiping the source is the caller's duty.
  static Secret copy_of(KeyView bytes) {
    Secret made;
    for (std::size_t i = 0; i < size; ++i) made.slot_[i] = bytes[i];
    return made;
  }
  // Nothing but a place to write to: for functions that compute a key in place.
  template <class Fill>
  static Secret made_by(Fill fill) {
    Secret made;
    fill(std::span<std::uint8_t, size>(made.slot_, size));
    return made;
  }

  Secret clone() const { return copy_of(expose()); }
  // Requires: not moved from.
  KeyView expose() const {
    SYNCLINE_CHECK(slot_ != nullptr);
    return KeyView(slot_, size);
  }

 private:
  Secret() : slot_(SecretArena::shared().take()) {}

  std::uint8_t* slot_;
};

// The kinds of keys, from the password down to the data (SECURITY.md, DESIGN section 4).
using MasterKey = Secret<struct MasterKeyTag>;  // Argon2id of the password; lives milliseconds
using RecipientKey = Secret<struct RecipientKeyTag>;  // X25519 secret that grants are sealed to
using AccountKey = Secret<struct AccountKeyTag>;      // S_g, one per generation
using DiscoveryKey = Secret<struct DiscoveryKeyTag>;  // K_disc: finding and dialling own devices
using SpaceKey = Secret<struct SpaceKeyTag>;          // K_space of one epoch
using EntityKey = Secret<struct EntityKeyTag>;        // encrypts the events of one entity
using SigningSeed = Secret<struct SigningSeedTag>;    // Ed25519 seed
using BoxKey = Secret<struct BoxKeyTag>;              // X25519 secret: transport and sealed boxes
using LocalKey = Secret<struct LocalKeyTag>;          // seals what never leaves this device
using LinkPsk = Secret<struct LinkPskTag>;            // Noise pre-shared key of an audience
using SubKey = Secret<struct SubKeyTag>;              // any other derived key

}  // namespace syncline::crypto
