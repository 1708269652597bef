// SPDX-License-Identifier: Apache-2.0
//
// Pairing: how a new device becomes part of the vault, seen from either side.
//
// Inviting shows a code; a device that proves to know it is shown to the person by name and
// check number, and gets the vault only after they said yes. Joining dials the inviter and
// takes what it is granted. The bytes of the link are session/pairing.h.
#pragma once

#include "protocol/node/turn.h"
#include "protocol/session/invitation.h"
#include "protocol/session/pairing.h"

#include <memory>
#include <optional>
#include <variant>

namespace syncline::node {

// The stage of a link that carries a pairing.
using PairingLink = std::unique_ptr<std::variant<session::PairingInviter, session::PairingJoiner>>;

class Pairing {
 public:
  void invite(House& house, Turn& turn, RequestId request);
  void join(House& house, Turn& turn, RequestId request, step::PairJoin command);
  void confirm(House& house, Turn& turn, RequestId request, const step::PairConfirm& command);
  void cancel(Turn& turn, RequestId request);
  step::PairAnswer status(Now now);

  session::InvitationBook& book() { return book_; }

  // Where the inviter of a join is to be dialled next; nothing unless a join waits for a link.
  std::optional<std::string> next_address(const House& house, Turn& turn);
  void dial_failed(Turn& turn, const std::string& reason);
  // A join waits for a link and may have more places to look than it was given.
  bool is_searching() const { return phase_ == step::PairPhase::connecting; }
  // What a scanned code recognises the inviter by; nothing for digits.
  const session::PairingTicket* ticket() const;
  // An inviter was seen on a local network. At most discovery::lan_pairing_tries_max of them are
  // tried.
  void appeared(const std::string& address);
  // An invitation of this device is open.
  const session::Invitation* open_invitation(Instant now) { return book_.open(now); }
  // The stage for a link to the inviter.
  PairingLink joiner_link(House& house, Turn& turn);
  PairingLink inviter_link(House& house, session::LinkKind kind, Instant now);

  // What came over a pairing link. An error closes the link. `is_over` asks to hang up when
  // everything queued has left.
  struct Outcome {
    bool authenticated = false;
    bool is_over = false;
  };
  Result<Outcome> received(House& house, Turn& turn, Link link, PairingLink& stage, Bytes bytes);
  void link_down(Turn& turn, Link link, PairingLink& stage);
  // The other device is told no, or yes, by this link; nothing while none waits.
  std::optional<Link> waiting_link() const { return link_; }
  void tick(Turn& turn);
  std::optional<Instant> deadline() const;

  // Where the inviter was reached; to be remembered for its device after a join.
  struct Joined {
    DeviceId inviter;
    std::string address;
  };
  std::optional<Joined> take_joined();

 private:
  void fail_with(Turn& turn, std::string sentence);
  std::string nobody_found(const House& house) const;
  void reset(step::PairPhase phase);
  void close_invitation(Instant now);
  Result<Outcome> inviter_event(Turn& turn, Link link, session::PairingEvent event);
  Result<Outcome> joiner_event(House& house, Turn& turn, Link link, PairingLink& stage,
                               session::PairingEvent event);
  Status take_grant(House& house, Turn& turn, session::Granted granted);

  step::PairPhase phase_ = step::PairPhase::idle;
  bool inviter_ = false;
  std::optional<Link> link_;                          // of the device that proved to know the code
  session::PairingInviter* inviter_stage_ = nullptr;  // of link_, while it is up
  std::optional<session::JoinOffer> offer_;
  std::string check_number_;
  std::string other_name_;
  std::optional<std::string> failure_;
  session::InvitationBook book_;

  // Joining.
  std::optional<session::PairingInput> input_;
  std::optional<space::Newcomer> newcomer_;
  std::vector<std::string> addresses_;
  std::size_t next_address_ = 0;
  std::size_t appeared_ = 0;           // of the addresses: those that were seen on a local network
  std::optional<Instant> idle_since_;  // every address was tried
  Duration patience_{};                // from then on
  bool dialling_ = false;
  std::optional<crypto::BoxPublicKey> inviter_key_;
  std::optional<Instant> until_;
  std::optional<Joined> joined_;
};

}  // namespace syncline::node
