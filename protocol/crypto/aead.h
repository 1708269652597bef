// SPDX-License-Identifier: Apache-2.0
//
// Aead: XChaCha20-Poly1305-IETF for everything at rest.
//
// Nonces are hedged: BLAKE2b-192 over fresh randomness, associated data and plaintext,
// keyed by a key derived from the encryption key. A broken or cloned generator then
// repeats a nonce only for identical messages. Never derived from a counter: a restored
// backup would use it twice. Spec section 2.
#pragma once

#include "protocol/base/ids.h"
#include "protocol/base/random.h"
#include "protocol/base/result.h"
#include "protocol/crypto/secret.h"

namespace syncline::crypto {

using Nonce = Id<struct NonceTag, 24>;
inline constexpr std::size_t aead_tag_size = 16;

// KDF(key, "nonce"): derive once per key when many messages follow.
SubKey nonce_key_of(KeyView key);
Nonce hedged_nonce(const SubKey& nonce_key, Bytes associated, Bytes plaintext, Random& random);

// Appends ciphertext ‖ tag (plaintext.size() + 16 bytes) to `out`. Requires: neither
// `associated` nor `plaintext` points into `out`.
void encrypt(Buffer& out, KeyView key, const Nonce& nonce, Bytes associated, Bytes plaintext);
// Errors: Errc::bad_signature if key, nonce, associated data or ciphertext do not belong together.
Result<Buffer> decrypt(KeyView key, const Nonce& nonce, Bytes associated, Bytes ciphertext);

// nonce ‖ ciphertext ‖ tag in one buffer, with a hedged nonce; and back.
inline constexpr std::size_t sealed_box_overhead = 24 + aead_tag_size;
Buffer seal(KeyView key, Bytes associated, Bytes plaintext, Random& random);
Result<Buffer> open(KeyView key, Bytes associated, Bytes sealed);
// As open, straight into the arena. Errors: also Errc::invalid if it is not 32 bytes.
template <class SecretType>
Result<SecretType> open_secret(KeyView key, Bytes associated, Bytes sealed) {
  auto opened = open(key, associated, sealed);
  if (!opened) return pass(opened);
  if (opened->size() != SecretType::size) {
    wipe(*opened);
    return fail(Errc::invalid, "a sealed key has another size");
  }
  SecretType made = SecretType::copy_of(KeyView(opened->data(), SecretType::size));
  wipe(*opened);
  return made;
}

// The 8-byte mask XChaCha20(key; nonce) that hides an event's entity tag. Spec section 5.
EntityTag8 header_mask(KeyView header_key, const Nonce& nonce);

}  // namespace syncline::crypto
