// SPDX-License-Identifier: Apache-2.0
//
// PairingInviter and PairingJoiner: the two ends of the link that admits a new device.
//
// They prove knowledge of the code (CPace, then Noise) or of the QR secret (Noise alone),
// carry the new device's keys one way and the vault's join material the other way. What is in
// that material, and whether the person agreed, is not known here. After an error the link is
// closed at once. Spec P1 to P9.
#pragma once

#include "protocol/base/random.h"
#include "protocol/base/result.h"
#include "protocol/base/time.h"
#include "protocol/crypto/sign.h"
#include "protocol/session/invitation.h"
#include "protocol/session/preface.h"
#include "protocol/space/device.h"

#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace syncline::session {

inline constexpr std::size_t grant_size_max = 1024 * 1024;

// What a new device says about itself: keys it signed, and a name. Encoded and checked by
// space/device.h (encode_introduction, decode_introduction).
using JoinOffer = space::Introduction;

// ---- Events -----------------------------------------------------------------------------------

// The other end knows the code or secret; from now on it is no stranger.
struct Proven {
  crypto::BoxPublicKey key;  // its transport key
  std::string check_number;  // "123456", the same on both sides: people compare it
};
struct Offered {  // to the inviter
  JoinOffer offer;
};
struct Granted {  // to the joiner; wiped when it dies
  Buffer material;

  explicit Granted(Buffer bytes) : material(std::move(bytes)) {}
  Granted(Granted&&) noexcept = default;
  Granted& operator=(Granted&& other) noexcept {
    material.swap(other.material);
    return *this;
  }
  ~Granted() { crypto::wipe(material); }
};
struct JoinDone {};     // to the inviter: the new device has stored what it was granted
struct JoinRefused {};  // the other end's person, or the other end, said no
using PairingEvent = std::variant<Proven, Offered, Granted, JoinDone, JoinRefused>;

class PairingInviter {
 public:
  struct Setup {
    const crypto::BoxKey& transport_key;  // copied
    InvitationBook& book;                 // must outlive this object
    Random& random;                       // too
  };
  // `kind` is pair_code or pair_secret, as an Arrival found it. All bytes of the link, also those
  // the Arrival collected, go to receive().
  PairingInviter(Setup setup, LinkKind kind, Instant now);
  PairingInviter(PairingInviter&&) noexcept;
  PairingInviter& operator=(PairingInviter&&) noexcept;
  ~PairingInviter();

  // Errors: Errc::wrong_code: a wrong guess, the invitation is burned and the person should know;
  // Errc::not_found: no such invitation (nothing was answered); others: not our protocol.
  Result<std::vector<PairingEvent>> receive(Bytes bytes, Instant now);
  // Requires: Offered was seen. Once. Errors: Errc::oversized.
  Status grant(Bytes material);
  // Tells the other end; the link is to be closed when the output has been sent.
  void refuse();

  Buffer take_output(std::size_t enough = 128 * 1024);
  bool has_output() const;
  Instant deadline() const;
  Status tick(Instant now);  // Errc::timeout
  // The invitation this link claimed; nothing before Proven.
  std::optional<std::uint64_t> claimed() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class PairingJoiner {
 public:
  struct Setup {
    const crypto::BoxKey& transport_key;  // copied
    JoinOffer offer;                      // its cert's box_key is that of transport_key
    Random& random;                       // must outlive this object
  };
  // The first output is there at once.
  PairingJoiner(Setup setup, const PairingInput& input, Instant now);
  PairingJoiner(PairingJoiner&&) noexcept;
  PairingJoiner& operator=(PairingJoiner&&) noexcept;
  ~PairingJoiner();

  // Errors: Errc::wrong_code if the other end does not know the code.
  Result<std::vector<PairingEvent>> receive(Bytes bytes, Instant now);
  // The material is stored: tells the inviter. Requires: Granted was seen.
  void done();
  void refuse();

  Buffer take_output(std::size_t enough = 128 * 1024);
  bool has_output() const;
  Instant deadline() const;
  Status tick(Instant now);
  // What it means that the other end hung up now: Errc::not_found before it answered at all,
  // Errc::wrong_code after the proof was sent, Errc::unreachable later.
  Error explain_loss() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace syncline::session
