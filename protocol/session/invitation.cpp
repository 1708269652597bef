// SPDX-License-Identifier: Apache-2.0
#include "protocol/session/invitation.h"

namespace syncline::session {
namespace {

constexpr Duration rate_window = 600s;

}  // namespace

Result<const Invitation*> InvitationBook::invite(Random& random, std::vector<std::string> addresses,
                                                 Instant now) {
  while (!recent_.empty() && now - recent_.front() >= rate_window) recent_.pop_front();
  if (recent_.size() >= limits::invites_per_ten_minutes_max) {
    const auto wait = std::chrono::ceil<std::chrono::minutes>(recent_.front() + rate_window - now);
    return fail(Errc::limit, "too many invitations in ten minutes; the next one is possible in " +
                                 std::to_string(wait.count()) +
                                 (wait.count() == 1 ? " minute" : " minutes"));
  }
  recent_.push_back(now);
  const std::uint64_t number = ++last_number_;
  PairingCode code = PairingCode::random(random);
  PairingTicket ticket = PairingTicket::random(random, std::move(addresses));
  Audience audience = audience_of(ticket);
  open_.emplace(Invitation{number, std::move(code), std::move(ticket), std::move(audience)});
  status_ = {
      .number = number, .state = InvitationState::open, .expires = now + limits::invite_lifetime};
  return &*open_;
}

void InvitationBook::expire(Instant now) {
  if (status_ && status_->state == InvitationState::open && now >= status_->expires) {
    end(InvitationState::expired);
  }
}

// What was open is wiped by every end.
void InvitationBook::end(InvitationState state) {
  status_->state = state;
  open_.reset();
}

const Invitation* InvitationBook::open(Instant now) {
  expire(now);
  return open_ ? &*open_ : nullptr;
}

std::optional<InvitationStatus> InvitationBook::status(Instant now) {
  expire(now);
  return status_;
}

Status InvitationBook::claim(std::uint64_t number, Instant now) {
  const Invitation* invitation = open(now);
  if (invitation == nullptr || invitation->number != number) {
    return fail(Errc::not_found, "invitation");
  }
  end(InvitationState::claimed);
  return {};
}

bool InvitationBook::is_running(std::uint64_t number) const {
  return status_ && status_->number == number &&
         (status_->state == InvitationState::open || status_->state == InvitationState::claimed);
}

void InvitationBook::burn(std::uint64_t number) {
  if (is_running(number)) end(InvitationState::burned);
}

void InvitationBook::close(std::uint64_t number) {
  if (is_running(number)) end(InvitationState::closed);
}

}  // namespace syncline::session
