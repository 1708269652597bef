// SPDX-License-Identifier: Apache-2.0
//
//   sealed box = ephemeral public key (32) ‖ tag (16) ‖ ciphertext
//   nonce      = BLAKE2b-192(ephemeral public key ‖ recipient public key)
//   key        = HChaCha20(X25519(ephemeral secret, recipient), 0)
#include "protocol/crypto/agree.h"

#include <algorithm>

#include <sodium.h>

namespace syncline::crypto {
namespace {

static_assert(sealed_overhead == crypto_box_curve25519xchacha20poly1305_SEALBYTES);

using BoxNonce = std::array<std::uint8_t, crypto_box_curve25519xchacha20poly1305_NONCEBYTES>;

BoxNonce nonce_of(Bytes ephemeral, const BoxPublicKey& recipient) {
  BoxNonce nonce;
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, nonce.size());
  crypto_generichash_update(&state, ephemeral.data(), ephemeral.size());
  crypto_generichash_update(&state, recipient.bytes.data(), recipient.size);
  crypto_generichash_final(&state, nonce.data(), nonce.size());
  return nonce;
}

}  // namespace

BoxPublicKey public_key_of(KeyView x25519_secret) {
  BoxPublicKey key;
  crypto_scalarmult_base(key.bytes.data(), x25519_secret.data());
  return key;
}

Result<SubKey> agree(KeyView x25519_secret, const BoxPublicKey& other) {
  bool is_neutral = false;
  SubKey shared = SubKey::made_by([&](std::span<std::uint8_t, 32> out) {
    is_neutral = crypto_scalarmult(out.data(), x25519_secret.data(), other.bytes.data()) != 0;
  });
  if (is_neutral) return fail(Errc::invalid, "a public key of low order");
  return shared;
}

// Any scalar shows it, because clamping makes every scalar a multiple of the cofactor.
bool is_usable(const BoxPublicKey& key) {
  constexpr std::array<std::uint8_t, 32> any_scalar{};
  std::array<std::uint8_t, 32> product;
  return crypto_scalarmult(product.data(), any_scalar.data(), key.bytes.data()) == 0;
}

Buffer seal_to(const BoxPublicKey& recipient, Bytes message, Random& random) {
  const BoxKey ephemeral = BoxKey::random(random);
  const BoxPublicKey ephemeral_public = public_key_of(ephemeral.expose());
  const BoxNonce nonce = nonce_of(ephemeral_public.view(), recipient);
  const SubKey key = SubKey::made_by([&](std::span<std::uint8_t, 32> out) {
    if (crypto_box_curve25519xchacha20poly1305_beforenm(out.data(), recipient.bytes.data(),
                                                        ephemeral.expose().data()) != 0)
      random.fill(out);  // a point of low order: nobody gets to know this key
  });
  Buffer sealed(sealed_overhead + message.size());
  std::copy(ephemeral_public.bytes.begin(), ephemeral_public.bytes.end(), sealed.begin());
  crypto_box_curve25519xchacha20poly1305_easy_afternm(sealed.data() + BoxPublicKey::size,
                                                      message.data(), message.size(), nonce.data(),
                                                      key.expose().data());
  return sealed;
}

Result<Buffer> open_sealed(KeyView x25519_secret, Bytes sealed) {
  if (sealed.size() < sealed_overhead)
    return fail(Errc::bad_signature, "a sealed box is too short");
  const Bytes ephemeral = sealed.first(BoxPublicKey::size);
  const Bytes box = sealed.subspan(BoxPublicKey::size);
  const BoxNonce nonce = nonce_of(ephemeral, public_key_of(x25519_secret));
  Buffer message(sealed.size() - sealed_overhead);
  if (crypto_box_curve25519xchacha20poly1305_open_easy(message.data(), box.data(), box.size(),
                                                       nonce.data(), ephemeral.data(),
                                                       x25519_secret.data()) != 0)
    return fail(Errc::bad_signature, "a sealed box does not open with this key");
  return message;
}

}  // namespace syncline::crypto
