// SPDX-License-Identifier: Apache-2.0
//
//   H(x)      = BLAKE2b-256(x)
//   H(k; x)   = BLAKE2b-256 keyed with the 32 bytes of k
//   KDF(k, label, context) = H(k; len8(label) ‖ label ‖ context)
//   key id    = H("kid1" ‖ key), its first 16 bytes
#include "protocol/crypto/hash.h"

#include "protocol/base/check.h"

#include <sodium.h>

namespace syncline::crypto {
namespace {

static_assert(sizeof(crypto_generichash_state) == 384 && alignof(crypto_generichash_state) == 64,
              "Hasher::state_ has the size and alignment of libsodium's state");

crypto_generichash_state* state_of(std::uint8_t* bytes) {
  return reinterpret_cast<crypto_generichash_state*>(bytes);
}

}  // namespace

Hasher::Hasher(std::string_view tag) {
  crypto_generichash_init(state_of(state_), nullptr, 0, Digest::size);
  add(as_bytes(tag));
}

Hasher::Hasher(KeyView key, std::string_view tag) {
  crypto_generichash_init(state_of(state_), key.data(), key.size(), Digest::size);
  add(as_bytes(tag));
}

Hasher::~Hasher() { wipe(state_); }

Hasher& Hasher::add(Bytes part) {
  crypto_generichash_update(state_of(state_), part.data(), part.size());
  return *this;
}

Hasher& Hasher::add_u8(std::uint8_t value) { return add(Bytes(&value, 1)); }

Hasher& Hasher::add_u32(std::uint32_t value) {
  std::uint8_t raw[4];
  for (int i = 0; i < 4; ++i) raw[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
  return add(Bytes(raw));
}

Hasher& Hasher::add_u64(std::uint64_t value) {
  std::uint8_t raw[8];
  for (int i = 0; i < 8; ++i) raw[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
  return add(Bytes(raw));
}

Digest Hasher::finish() {
  Digest digest;
  // Refused by libsodium when called a second time.
  SYNCLINE_CHECK(crypto_generichash_final(state_of(state_), digest.bytes.data(), digest.size) == 0);
  return digest;
}

Digest hash(std::string_view tag, Bytes part) { return Hasher(tag).add(part).finish(); }

void derive_into(std::span<std::uint8_t, 32> out, KeyView key, std::string_view label,
                 Bytes context) {
  SYNCLINE_CHECK(label.size() <= 255);
  crypto_generichash_state state;
  const auto label_size = static_cast<std::uint8_t>(label.size());
  crypto_generichash_init(&state, key.data(), key.size(), out.size());
  crypto_generichash_update(&state, &label_size, 1);
  crypto_generichash_update(&state, as_bytes(label).data(), label.size());
  crypto_generichash_update(&state, context.data(), context.size());
  crypto_generichash_final(&state, out.data(), out.size());
  sodium_memzero(&state, sizeof state);
}

Digest key_commitment(KeyView key) { return hash("kid1", key); }

KeyId key_id(KeyView key) { return truncated<KeyId>(key_commitment(key)); }

}  // namespace syncline::crypto
