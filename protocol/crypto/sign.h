// SPDX-License-Identifier: Apache-2.0
//
// Sign: Ed25519 (RFC 8032), detached, cofactorless verification as libsodium does it.
//
// A verifying key always comes from a roster or a record already verified, never from
// the message it checks.
#pragma once

#include "protocol/base/ids.h"
#include "protocol/crypto/secret.h"

namespace syncline::crypto {

using VerifyKey = Id<struct VerifyKeyTag, 32>;
using Signature = Id<struct SignatureTag, 64>;

class SigningKey {
 public:
  static SigningKey from_seed(SigningSeed seed);

  const VerifyKey& verify_key() const { return public_; }
  const SigningSeed& seed() const { return seed_; }
  Signature sign(Bytes message) const;
  SigningKey clone() const;

 private:
  SigningKey(SigningSeed seed, VerifyKey verify_key)
      : seed_(std::move(seed)), public_(verify_key) {}

  SigningSeed seed_;
  VerifyKey public_;
};

bool verify(const VerifyKey& key, Bytes message, const Signature& signature);

}  // namespace syncline::crypto
