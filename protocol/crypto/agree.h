// SPDX-License-Identifier: Apache-2.0
//
// Agree: X25519 (RFC 7748) and boxes sealed to a public key.
//
// The sealed box is libsodium's crypto_box_curve25519xchacha20poly1305_seal, built from
// its parts so that the ephemeral key comes from the injected Random: ephemeral public
// key ‖ box with nonce BLAKE2b-192(ephemeral ‖ recipient). 48 bytes longer than the message.
// It has no associated data: what it is for must stand inside the message.
#pragma once

#include "protocol/base/ids.h"
#include "protocol/base/random.h"
#include "protocol/base/result.h"
#include "protocol/crypto/secret.h"

namespace syncline::crypto {

using BoxPublicKey = Id<struct BoxPublicKeyTag, 32>;

BoxPublicKey public_key_of(KeyView x25519_secret);

// Errors: Errc::invalid if the shared point is the neutral element (31 Wycheproof cases).
Result<SubKey> agree(KeyView x25519_secret, const BoxPublicKey& other);

// False for the few points of low order, whose "shared" key everybody knows. Whoever
// admits a key into a record refuses those.
bool is_usable(const BoxPublicKey& key);

inline constexpr std::size_t sealed_overhead = 48;
// A box for a key that is not usable has the usual shape and opens for nobody.
Buffer seal_to(const BoxPublicKey& recipient, Bytes message, Random& random);
// Errors: Errc::bad_signature if the box was not made for this key or was changed.
Result<Buffer> open_sealed(KeyView x25519_secret, Bytes sealed);

}  // namespace syncline::crypto
