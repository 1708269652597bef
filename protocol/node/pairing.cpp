// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/pairing.h"

#include "protocol/discovery/lan_tag.h"
#include "protocol/node/dial_plan.h"

#include <algorithm>

namespace syncline::node {

using step::PairPhase;

namespace {
// For inviters to appear on a local network, when there is no address left to try.
constexpr Duration patience_searching = 30s;
constexpr Duration patience_short = 3s;

std::chrono::seconds seconds_until(Instant end, Instant now) {
  return end > now ? std::chrono::ceil<std::chrono::seconds>(end - now) : std::chrono::seconds(0);
}
}  // namespace

void Pairing::reset(PairPhase phase) {
  phase_ = phase;
  link_.reset();
  inviter_stage_ = nullptr;
  offer_.reset();
  input_.reset();
  newcomer_.reset();
  addresses_.clear();
  next_address_ = 0;
  appeared_ = 0;
  idle_since_.reset();
  dialling_ = false;
  inviter_key_.reset();
  until_.reset();
}

void Pairing::fail_with(Turn& turn, std::string sentence) {
  turn.note(step::NoteLevel::warning, "pair", sentence);
  reset(PairPhase::failed);
  failure_ = std::move(sentence);
}

// ---- commands ------------------------------------------------------------------------------

void Pairing::invite(House& house, Turn& turn, RequestId request) {
  if (!house.has_vault())
    return turn.reply_error(
        request, {Errc::not_found, "there is no vault here yet; make one with `syncline init`"});
  if (!house.vault)
    return turn.reply_error(request, {Errc::locked, "unlock the vault first: `syncline unlock`"});
  auto invitation = book_.invite(house.random, reachable_addresses(house), turn.now.instant);
  if (!invitation) return turn.reply_error(request, invitation.error());
  // The book holds one invitation: whoever waits on the one before is told no.
  if (inviter_stage_ != nullptr && offer_) inviter_stage_->refuse();
  reset(PairPhase::waiting);
  failure_.reset();
  check_number_.clear();
  other_name_.clear();
  inviter_ = true;
  step::InviteAnswer answer;
  answer.code = (*invitation)->code.text();
  answer.uri = (*invitation)->ticket.uri();
  answer.addresses = reachable_addresses(house);
  answer.valid_for = std::chrono::duration_cast<std::chrono::seconds>(limits::invite_lifetime);
  turn.reply(request, step::Answer(std::move(answer)));
}

void Pairing::join(House& house, Turn& turn, RequestId request, step::PairJoin command) {
  if (house.has_vault())
    return turn.reply_error(request, {Errc::already_exists,
                                      "this agent already has a vault; join with a fresh --home"});
  auto input = session::parse_pairing_input(to_text(command.code_or_uri.view()));
  if (!input) return turn.reply_error(request, input.error());
  std::vector<std::string> addresses = std::move(command.addresses);
  if (const auto* ticket = std::get_if<session::PairingTicket>(&*input))
    addresses.insert(addresses.end(), ticket->addresses.begin(), ticket->addresses.end());
  if (house.network == step::NetworkMode::off)
    return turn.reply_error(
        request, {Errc::forbidden, "the network is off; `syncline net mode anywhere` opens it"});
  for (const std::string& address : addresses)
    if (!is_address(address))
      return turn.reply_error(
          request, {Errc::invalid, "\"" + address + "\" is not an address; write HOST:PORT"});
  auto newcomer = space::make_newcomer(command.device_name, turn.now.wall, house.random);
  if (!newcomer) return turn.reply_error(request, newcomer.error());
  reset(PairPhase::connecting);
  failure_.reset();
  check_number_.clear();
  other_name_.clear();
  inviter_ = false;
  input_ = std::move(*input);
  newcomer_ = std::move(*newcomer);
  addresses_ = std::move(addresses);
  until_ = turn.now.instant + limits::invite_lifetime;
  turn.must_settle = true;
  turn.reply(request, step::Answer(status(turn.now)));
}

void Pairing::confirm(House& house, Turn& turn, RequestId request,
                      const step::PairConfirm& command) {
  if (phase_ != PairPhase::confirming || !inviter_ || inviter_stage_ == nullptr || !offer_)
    return turn.reply_error(
        request, {Errc::not_found, "no device is waiting to be confirmed; see `syncline invite`"});
  if (!command.accept) {
    inviter_stage_->refuse();
    fail_with(turn, "the new device was refused");
    close_invitation(turn.now.instant);
    return turn.reply(request, step::Answer(step::Done{}));
  }
  if (!house.vault)
    return turn.reply_error(
        request, {Errc::locked, "the vault was locked meanwhile; unlock it and invite again"});
  auto material = space::admit_device(turn.draft, house.vault->keys(), *offer_, house.random);
  if (!material) return turn.reply_error(request, material.error());
  Buffer bytes = space::encode_join_material(*material);
  const Status granted = inviter_stage_->grant(bytes);
  crypto::wipe(bytes);
  if (!granted) return turn.reply_error(request, granted.error());
  offer_.reset();  // answered, once
  turn.durability = Durability::synced;
  const Status reloaded = reload_rosters(house, turn);
  if (!reloaded) return turn.reply_error(request, reloaded.error());
  const Status announced = house.replicator->roster_changed(house.roster.id(), turn.draft);
  if (!announced) return turn.reply_error(request, announced.error());
  turn.must_settle = true;
  turn.note(step::NoteLevel::normal, "pair", "a device was added to the vault");
  house.attention.push_back("The device \"" + other_name_ + "\" was added to this vault.");
  turn.reply(request, step::Answer(step::Done{}));
}

void Pairing::cancel(Turn& turn, RequestId request) {
  if (inviter_stage_ != nullptr) inviter_stage_->refuse();
  close_invitation(turn.now.instant);
  reset(PairPhase::idle);
  failure_.reset();
  turn.reply(request, step::Answer(step::Done{}));
}

step::PairAnswer Pairing::status(Now now) {
  step::PairAnswer answer;
  if (inviter_ && phase_ == PairPhase::waiting) {
    const auto current = book_.status(now.instant);
    if (!current || current->state == session::InvitationState::expired) {
      reset(PairPhase::failed);
      failure_ = "the invitation expired; make a new one with `syncline invite`";
    } else if (current->state == session::InvitationState::burned) {
      reset(PairPhase::failed);
      failure_ =
          "a device tried a wrong code, so the code is void; make a new one with `syncline invite`";
    } else {
      answer.valid_for = seconds_until(current->expires, now.instant);
    }
  }
  if (until_) answer.valid_for = seconds_until(*until_, now.instant);
  answer.phase = phase_;
  answer.inviter = inviter_;
  answer.check_number = check_number_;
  answer.device_name = other_name_;
  answer.failure = failure_;
  return answer;
}

void Pairing::close_invitation(Instant now) {
  if (const auto current = book_.status(now)) book_.close(current->number);
}

// ---- links ---------------------------------------------------------------------------------

std::optional<std::string> Pairing::next_address(const House& house, Turn& turn) {
  if (phase_ != PairPhase::connecting || dialling_ || link_) return std::nullopt;
  if (next_address_ >= addresses_.size()) {
    // More may appear on a local network.
    if (!idle_since_) idle_since_ = turn.now.instant;
    patience_ =
        house.lan.works && addresses_.size() == appeared_ ? patience_searching : patience_short;
    if (turn.now.instant >= *idle_since_ + patience_) fail_with(turn, nobody_found(house));
    return std::nullopt;
  }
  idle_since_.reset();
  dialling_ = true;
  return addresses_[next_address_++];
}

std::string Pairing::nobody_found(const House& house) const {
  if (failure_) return *failure_;
  if (addresses_.size() > appeared_)
    return "none of the addresses answered; check that the inviting device is on and its address "
           "is "
           "right";
  return (house.lan.works ? "no device that invites with this code was found on the local network"
                          : "the local network cannot be searched (" + house.lan.sentence + ")") +
         std::string("; say where it is: --address HOST:PORT, as its screen shows");
}

void Pairing::dial_failed(Turn& turn, const std::string& reason) {
  if (phase_ != PairPhase::connecting) return;
  (void)turn;
  dialling_ = false;
  failure_ = "could not reach " + addresses_[next_address_ - 1] + ": " + reason +
             "; check the address that `syncline invite` shows";
}

const session::PairingTicket* Pairing::ticket() const {
  return is_searching() && input_ ? std::get_if<session::PairingTicket>(&*input_) : nullptr;
}

void Pairing::appeared(const std::string& address) {
  if (!is_searching() || appeared_ >= discovery::lan_pairing_tries_max || !is_address(address))
    return;
  if (std::ranges::find(addresses_, address) != addresses_.end()) return;
  ++appeared_;
  addresses_.push_back(address);
}

PairingLink Pairing::joiner_link(House& house, Turn& turn) {
  if (phase_ != PairPhase::connecting || !input_ || !newcomer_) return nullptr;
  return std::make_unique<std::variant<session::PairingInviter, session::PairingJoiner>>(
      std::in_place_type<session::PairingJoiner>,
      session::PairingJoiner::Setup{newcomer_->box, newcomer_->introduction, house.random}, *input_,
      turn.now.instant);
}

PairingLink Pairing::inviter_link(House& house, session::LinkKind kind, Instant now) {
  if (!house.identity) return nullptr;
  return std::make_unique<std::variant<session::PairingInviter, session::PairingJoiner>>(
      std::in_place_type<session::PairingInviter>,
      session::PairingInviter::Setup{house.identity->box, book_, house.random}, kind, now);
}

Result<Pairing::Outcome> Pairing::received(House& house, Turn& turn, Link link, PairingLink& stage,
                                           Bytes bytes) {
  Outcome outcome;
  const auto merge = [&](const Outcome& one) {
    outcome.authenticated |= one.authenticated;
    outcome.is_over |= one.is_over;
  };
  if (auto* inviter = std::get_if<session::PairingInviter>(stage.get())) {
    auto events = inviter->receive(bytes, turn.now.instant);
    if (!events) return pass(events);
    for (session::PairingEvent& event : *events) {
      if (link_ != link && !std::holds_alternative<session::Proven>(event)) {
        // Of an invitation that a newer one has replaced; that one is not to suffer.
        inviter->refuse();
        outcome.is_over = true;
        continue;
      }
      if (std::holds_alternative<session::Offered>(event)) inviter_stage_ = inviter;
      const auto one = inviter_event(turn, link, std::move(event));
      if (!one) return pass(one);
      merge(*one);
    }
    return outcome;
  }
  auto events = std::get<session::PairingJoiner>(*stage).receive(bytes, turn.now.instant);
  if (!events) {
    fail_with(turn,
              events.error().code == Errc::wrong_code
                  ? "the code is wrong; ask for a new one, it can be tried once"
                  : "the inviting device said something unexpected: " + events.error().context);
    return pass(events);
  }
  for (session::PairingEvent& event : *events) {
    const auto one = joiner_event(house, turn, link, stage, std::move(event));
    if (!one) return pass(one);
    merge(*one);
  }
  return outcome;
}

Result<Pairing::Outcome> Pairing::inviter_event(Turn& turn, Link link,
                                                session::PairingEvent event) {
  if (auto* proven = std::get_if<session::Proven>(&event)) {
    link_ = link;
    check_number_ = proven->check_number;
    return Outcome{true, false};
  }
  if (auto* offered = std::get_if<session::Offered>(&event)) {
    other_name_ = offered->offer.name;
    offer_ = std::move(offered->offer);
    phase_ = PairPhase::confirming;
    turn.note(step::NoteLevel::normal, "pair", "a new device waits to be confirmed");
    return Outcome{};
  }
  if (std::holds_alternative<session::JoinDone>(event)) {
    reset(PairPhase::done);
    close_invitation(turn.now.instant);
    return Outcome{false, true};
  }
  fail_with(turn, "the other device gave up");
  return Outcome{false, true};
}

Result<Pairing::Outcome> Pairing::joiner_event(House& house, Turn& turn, Link link,
                                               PairingLink& stage, session::PairingEvent event) {
  if (auto* proven = std::get_if<session::Proven>(&event)) {
    link_ = link;
    phase_ = PairPhase::confirming;
    check_number_ = proven->check_number;
    inviter_key_ = proven->key;
    return Outcome{true, false};
  }
  if (auto* granted = std::get_if<session::Granted>(&event)) {
    const Status taken = take_grant(house, turn, std::move(*granted));
    if (!taken) {
      fail_with(turn, "what the inviting device granted cannot be used: " + taken.error().context);
      return pass(taken);
    }
    std::get<session::PairingJoiner>(*stage).done();
    reset(PairPhase::done);
    return Outcome{false, true};
  }
  fail_with(turn, "the inviting device refused");
  return Outcome{false, true};
}

Status Pairing::take_grant(House& house, Turn& turn, session::Granted granted) {
  auto material = space::decode_join_material(granted.material);
  crypto::wipe(granted.material);
  if (!material) return pass(material);
  auto member = space::join_vault(turn.draft, *material, std::move(*newcomer_), house.random);
  newcomer_.reset();
  if (!member) return pass(member);
  turn.durability = Durability::synced;
  turn.effects.push_back(step::SaveIdentity{space::encode_identity(member->identity)});
  const Status entered = enter_vault(house, turn, std::move(member->identity));
  if (!entered) return entered;
  if (const space::DeviceAdmit* inviter = house.roster.device_by_box_key(*inviter_key_))
    joined_ = Joined{inviter->cert.id(), addresses_[next_address_ - 1]};
  return open_house(house, turn, {std::move(member->keys), std::move(member->secrets)});
}

void Pairing::link_down(Turn& turn, Link link, PairingLink& stage) {
  if (auto* joiner = std::get_if<session::PairingJoiner>(stage.get())) {
    if (phase_ != PairPhase::connecting && phase_ != PairPhase::confirming) return;
    const Error error = joiner->explain_loss();
    dialling_ = false;
    link_.reset();
    failure_ = error.context;
    // Nobody there with this code: perhaps another address. A proof was sent: the one guess is
    // gone.
    if (error.code != Errc::not_found) fail_with(turn, error.context);
    return;
  }
  if (link_ != link) return;
  if (phase_ == PairPhase::confirming) {
    close_invitation(turn.now.instant);
    fail_with(turn, "the new device hung up before it was part of the vault; invite it again");
  }
}

std::optional<Pairing::Joined> Pairing::take_joined() {
  std::optional<Joined> joined;
  joined.swap(joined_);
  return joined;
}

void Pairing::tick(Turn& turn) {
  if (until_ && *until_ <= turn.now.instant)
    fail_with(turn, "pairing took longer than five minutes; start again with a new code");
}

std::optional<Instant> Pairing::deadline() const {
  if (!idle_since_ || !until_) return until_;
  return std::min(*until_, *idle_since_ + patience_);
}

}  // namespace syncline::node
