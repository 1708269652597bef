// SPDX-License-Identifier: Apache-2.0
//
// Audience: the keys by which devices that may find each other recognise a call.
//
// All devices of a vault share one discovery key. From it come the psk of their links and
// the hint, 8 bytes that look random to everybody else and tell the called device which of
// its audiences is meant. Being in the audience is not yet being a device of the vault:
// that is decided by the transport key, session.h.
#pragma once

#include "protocol/crypto/agree.h"
#include "protocol/crypto/secret.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace syncline::session {

using Hint = Id<struct HintTag, 8>;

class Audience {
 public:
  // From a discovery key, or from the secret of an invitation. Spec S3.
  static Audience of(crypto::KeyView key);

  Audience clone() const { return Audience(hint_key_.clone(), psk_.clone()); }
  // The hint that goes with a Noise ephemeral public key.
  Hint hint(const crypto::BoxPublicKey& ephemeral) const;
  const crypto::LinkPsk& psk() const { return psk_; }

 private:
  Audience(crypto::SubKey hint_key, crypto::LinkPsk psk)
      : hint_key_(std::move(hint_key)), psk_(std::move(psk)) {}

  crypto::SubKey hint_key_;
  crypto::LinkPsk psk_;
};

// What a device answers to. Shared, because links that are still unproven outlive a change of
// the list by a few seconds. A caller's hint is tried against each: at most audiences_max.
using Audiences = std::shared_ptr<const std::vector<Audience>>;
inline constexpr std::size_t audiences_max = 64;

// The first audience that the hint belongs to; nothing for a stranger's.
std::optional<std::size_t> find_audience(const std::vector<Audience>& audiences,
                                         const crypto::BoxPublicKey& ephemeral, const Hint& hint);

}  // namespace syncline::session
