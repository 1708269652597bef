// SPDX-License-Identifier: Apache-2.0
//
//   nonce      = BLAKE2b-192(KDF(key, "nonce"); random16 ‖ len64(associated) ‖ associated ‖
//   plaintext) sealed box = nonce (24) ‖ ciphertext ‖ tag (16)
#include "protocol/crypto/aead.h"

#include "protocol/base/planted.h"
#include "protocol/crypto/hash.h"

#include <sodium.h>

namespace syncline::crypto {
namespace {

static_assert(Nonce::size == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
static_assert(aead_tag_size == crypto_aead_xchacha20poly1305_ietf_ABYTES);

constexpr std::size_t nonce_randomness = 16;

}  // namespace

SubKey nonce_key_of(KeyView key) { return derive<SubKey>(key, "nonce"); }

Nonce hedged_nonce(const SubKey& nonce_key, Bytes associated, Bytes plaintext, Random& random) {
  std::array<std::uint8_t, nonce_randomness + 8> start;
  random.fill(std::span(start).first(nonce_randomness));
  const auto associated_size = static_cast<std::uint64_t>(associated.size());
  for (std::size_t i = 0; i < 8; ++i)
    start[nonce_randomness + i] = static_cast<std::uint8_t>(associated_size >> (56 - 8 * i));

  Nonce nonce;
  crypto_generichash_state state;
  const KeyView key = nonce_key.expose();
  crypto_generichash_init(&state, key.data(), key.size(), nonce.size);
  if (!SYNCLINE_PLANTED(nonce_of_place))
    crypto_generichash_update(&state, start.data(), start.size());
  crypto_generichash_update(&state, associated.data(), associated.size());
  if (!SYNCLINE_PLANTED(nonce_of_place))
    crypto_generichash_update(&state, plaintext.data(), plaintext.size());
  crypto_generichash_final(&state, nonce.bytes.data(), nonce.size);
  sodium_memzero(&state, sizeof state);
  return nonce;
}

void encrypt(Buffer& out, KeyView key, const Nonce& nonce, Bytes associated, Bytes plaintext) {
  const std::size_t start = out.size();
  out.resize(start + plaintext.size() + aead_tag_size);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + start, nullptr, plaintext.data(),
                                             plaintext.size(), associated.data(), associated.size(),
                                             nullptr, nonce.bytes.data(), key.data());
}

Result<Buffer> decrypt(KeyView key, const Nonce& nonce, Bytes associated, Bytes ciphertext) {
  if (ciphertext.size() < aead_tag_size)
    return fail(Errc::bad_signature, "a ciphertext is too short");
  Buffer plaintext(ciphertext.size() - aead_tag_size);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          plaintext.data(), nullptr, nullptr, ciphertext.data(), ciphertext.size(),
          associated.data(), associated.size(), nonce.bytes.data(), key.data()) != 0)
    return fail(Errc::bad_signature, "a ciphertext does not open with this key");
  return plaintext;
}

Buffer seal(KeyView key, Bytes associated, Bytes plaintext, Random& random) {
  const Nonce nonce = hedged_nonce(nonce_key_of(key), associated, plaintext, random);
  Buffer sealed;
  sealed.reserve(sealed_box_overhead + plaintext.size());
  append(sealed, nonce.view());
  encrypt(sealed, key, nonce, associated, plaintext);
  return sealed;
}

Result<Buffer> open(KeyView key, Bytes associated, Bytes sealed) {
  if (sealed.size() < sealed_box_overhead)
    return fail(Errc::bad_signature, "a sealed value is too short");
  const auto nonce = Nonce::from(sealed.first(Nonce::size));
  return decrypt(key, *nonce, associated, sealed.subspan(Nonce::size));
}

EntityTag8 header_mask(KeyView header_key, const Nonce& nonce) {
  EntityTag8 mask;
  crypto_stream_xchacha20(mask.bytes.data(), mask.size, nonce.bytes.data(), header_key.data());
  return mask;
}

}  // namespace syncline::crypto
