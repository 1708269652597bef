// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/sign.h"

#include <algorithm>

#include <sodium.h>

namespace syncline::crypto {
namespace {

// libsodium's secret key: seed ‖ public key. Built for one call, then wiped.
struct ExpandedKey {
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> bytes{};
  ~ExpandedKey() { wipe(bytes); }
};

}  // namespace

SigningKey SigningKey::from_seed(SigningSeed seed) {
  VerifyKey verify_key;
  ExpandedKey expanded;
  crypto_sign_seed_keypair(verify_key.bytes.data(), expanded.bytes.data(), seed.expose().data());
  return SigningKey(std::move(seed), verify_key);
}

Signature SigningKey::sign(Bytes message) const {
  ExpandedKey expanded;
  const auto seed = seed_.expose();
  const auto rest = std::copy(seed.begin(), seed.end(), expanded.bytes.begin());
  std::copy(public_.bytes.begin(), public_.bytes.end(), rest);
  Signature signature;
  crypto_sign_detached(signature.bytes.data(), nullptr, message.data(), message.size(),
                       expanded.bytes.data());
  return signature;
}

SigningKey SigningKey::clone() const { return SigningKey(seed_.clone(), public_); }

bool verify(const VerifyKey& key, Bytes message, const Signature& signature) {
  return crypto_sign_verify_detached(signature.bytes.data(), message.data(), message.size(),
                                     key.bytes.data()) == 0;
}

}  // namespace syncline::crypto
