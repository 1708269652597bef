// SPDX-License-Identifier: Apache-2.0
//
//   hint key = KDF(key, "hint")     psk = KDF(key, "psk")
//   hint     = H(hint key; "hnt1" ‖ e), its first 8 bytes
#include "protocol/session/audience.h"

#include "protocol/base/check.h"
#include "protocol/crypto/hash.h"

namespace syncline::session {

Audience Audience::of(crypto::KeyView key) {
  return Audience(crypto::derive<crypto::SubKey>(key, "hint"),
                  crypto::derive<crypto::LinkPsk>(key, "psk"));
}

Hint Audience::hint(const crypto::BoxPublicKey& ephemeral) const {
  return crypto::truncated<Hint>(
      crypto::Hasher(hint_key_.expose(), "hnt1").add(ephemeral).finish());
}

std::optional<std::size_t> find_audience(const std::vector<Audience>& audiences,
                                         const crypto::BoxPublicKey& ephemeral, const Hint& hint) {
  SYNCLINE_CHECK(audiences.size() <= audiences_max);
  for (std::size_t i = 0; i < audiences.size(); ++i) {
    if (crypto::equal_secret(audiences[i].hint(ephemeral).view(), hint.view())) return i;
  }
  return std::nullopt;
}

}  // namespace syncline::session
