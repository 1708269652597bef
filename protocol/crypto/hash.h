// SPDX-License-Identifier: Apache-2.0
//
// Hash: BLAKE2b-256 (RFC 7693), plain, keyed, and as the key derivation function.
//
// Every input starts with an ASCII tag, so that no value of one kind is ever valid as
// another (Spec section 2, the list of tags is frozen).
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/ids.h"
#include "protocol/crypto/secret.h"

#include <string_view>

namespace syncline::crypto {

// Incremental BLAKE2b-256: construct, add parts, finish once.
class Hasher {
 public:
  explicit Hasher(std::string_view tag);
  Hasher(KeyView key, std::string_view tag);
  ~Hasher();  // wipes the state
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  Hasher& add(Bytes part);
  template <class Tag, std::size_t N>
  Hasher& add(const Id<Tag, N>& part) {
    return add(part.view());
  }
  Hasher& add_u8(std::uint8_t value);
  Hasher& add_u32(std::uint32_t value);  // big-endian
  Hasher& add_u64(std::uint64_t value);  // big-endian

  Digest finish();

 private:
  alignas(64) std::uint8_t state_[384];  // crypto_generichash_state
};

// H(tag ‖ parts) for the common case of one call.
Digest hash(std::string_view tag, Bytes part);

// The first `IdType::size` bytes of a digest.
template <class IdType>
IdType truncated(const Digest& digest) {
  static_assert(IdType::size <= Digest::size);
  IdType id;
  for (std::size_t i = 0; i < IdType::size; ++i) id.bytes[i] = digest.bytes[i];
  return id;
}

// KDF(key, label ‖ context) = H(key; len8(label) ‖ label ‖ context). Spec section 2.
void derive_into(std::span<std::uint8_t, 32> out, KeyView key, std::string_view label,
                 Bytes context);
template <class SecretType>
SecretType derive(KeyView key, std::string_view label, Bytes context = {}) {
  return SecretType::made_by(
      [&](std::span<std::uint8_t, 32> out) { derive_into(out, key, label, context); });
}

// The name of a symmetric key: H("kid1" ‖ key), 16 bytes; bound in associated data so that
// one ciphertext cannot open under two keys (Spec section 2).
KeyId key_id(KeyView key);
// The full 32 bytes of the same hash, for signed records.
Digest key_commitment(KeyView key);

}  // namespace syncline::crypto
