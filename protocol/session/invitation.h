// SPDX-License-Identifier: Apache-2.0
//
// InvitationBook: the one invitation that may be open, and how it ends.
//
// It lives five minutes, admits one device, and is burned by the first wrong guess. It does
// not talk to anybody (pairing.h does) and is not stored: a restart ends it.
#pragma once

#include "protocol/base/limits.h"
#include "protocol/base/random.h"
#include "protocol/base/result.h"
#include "protocol/base/time.h"
#include "protocol/session/audience.h"
#include "protocol/session/pairing_code.h"

#include <cstdint>
#include <deque>
#include <optional>

namespace syncline::session {

enum class InvitationState : std::uint8_t {
  open,     // waits for a device
  claimed,  // a device proved to know the code or the secret
  burned,   // somebody guessed wrong: nobody can use it any more
  expired,
  closed,  // the person withdrew it, or it was used
};

struct Invitation {
  std::uint64_t number = 0;  // never reused within a run
  PairingCode code;
  PairingTicket ticket;
  Audience audience;  // of the ticket's secret
  Instant expires;
  InvitationState state = InvitationState::open;
};

class InvitationBook {
 public:
  // Replaces an earlier invitation. Errors: Errc::limit after too many in ten minutes.
  Result<const Invitation*> invite(Random& random, std::vector<std::string> addresses, Instant now);
  // The newest one, whatever became of it; its secrets are wiped once it is not open or claimed.
  const Invitation* current(Instant now);
  // The one a new device may still use.
  const Invitation* open(Instant now);

  // Errors: Errc::not_found unless that invitation is open.
  Status claim(std::uint64_t number, Instant now);
  void burn(std::uint64_t number);
  void close();

 private:
  void end(InvitationState state);

  std::optional<Invitation> invitation_;
  std::deque<Instant> recent_;
  std::uint64_t next_number_ = 1;
};

}  // namespace syncline::session
