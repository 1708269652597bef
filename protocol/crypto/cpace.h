// SPDX-License-Identifier: Apache-2.0
//
// Cpace: CPACE-RISTR255-SHA512 (draft-irtf-cfrg-cpace), the key exchange behind a pairing code.
//
// Balanced, one message each way; an eavesdropper learns nothing about the code and an
// active attacker gets one guess. The result is confirmed by using it as a Noise psk.
#pragma once

#include "protocol/base/ids.h"
#include "protocol/base/random.h"
#include "protocol/base/result.h"
#include "protocol/crypto/secret.h"

#include <array>

namespace syncline::crypto {

using CpaceShare = Id<struct CpaceShareTag, 32>;  // an encoded ristretto255 point

class Cpace {
 public:
  struct Setup {
    Bytes password;    // PRS
    Bytes channel;     // CI: roles and parties
    Bytes session;     // sid
    Bytes associated;  // AD of this side
  };
  static Cpace start(const Setup& setup, Random& random);
  // With a given scalar, for the published vectors.
  static Cpace start_with(const Setup& setup, KeyView scalar);

  const CpaceShare& share() const { return share_; }

  enum class Role : std::uint8_t { initiator, responder };
  // ISK (64 bytes) hashed to 32 with the tag "pair-psk". Errors: Errc::invalid if the other
  // share is no point or the shared point is neutral: abort without an answer.
  Result<LinkPsk> finish(Role role, const CpaceShare& other, Bytes other_associated) const;
  // The raw ISK, for the published vectors only.
  Result<Buffer> intermediate_key(Role role, const CpaceShare& other, Bytes other_associated) const;

 private:
  struct Isk {  // 64 bytes, wiped
    std::array<std::uint8_t, 64> bytes{};
    ~Isk() { wipe(bytes); }
  };
  static bool compute_share(CpaceShare& share, const Setup& setup, KeyView scalar);
  Status compute_isk(Isk& isk, Role role, const CpaceShare& other, Bytes other_associated) const;

  Cpace(SubKey scalar, CpaceShare share, Buffer session, Buffer associated)
      : scalar_(std::move(scalar)),
        share_(share),
        session_(std::move(session)),
        associated_(std::move(associated)) {}

  SubKey scalar_;
  CpaceShare share_;
  Buffer session_;
  Buffer associated_;
};

}  // namespace syncline::crypto
