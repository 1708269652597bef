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

struct InvitationStatus {
  std::uint64_t number = 0;  // never reused within a run
  InvitationState state{};
  Instant expires;
};

// The secrets of an open invitation; wiped when it is no longer open.
struct Invitation {
  std::uint64_t number = 0;
  PairingCode code;
  PairingTicket ticket;
  Audience audience;  // of the ticket's secret
};

class InvitationBook {
 public:
  // Replaces an earlier invitation. The pointer is valid until the next call of anything here.
  // Errors: Errc::limit after too many in ten minutes.
  Result<const Invitation*> invite(Random& random, std::vector<std::string> addresses, Instant now);
  // The one a new device may still use, or nullptr.
  const Invitation* open(Instant now);
  // The newest one, whatever became of it.
  std::optional<InvitationStatus> status(Instant now);

  // Errors: Errc::not_found unless that invitation is open.
  Status claim(std::uint64_t number, Instant now);
  // These do nothing unless that invitation is open or claimed.
  void burn(std::uint64_t number);
  void close(std::uint64_t number);

 private:
  bool is_running(std::uint64_t number) const;
  void end(InvitationState state);
  void expire(Instant now);

  std::optional<Invitation> open_;
  std::optional<InvitationStatus> status_;
  std::deque<Instant> recent_;
  std::uint64_t last_number_ = 0;
};

}  // namespace syncline::session
