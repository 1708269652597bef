// SPDX-License-Identifier: Apache-2.0
#include "protocol/discovery/relay_client.h"

#include "protocol/base/check.h"
#include "protocol/base/limits.h"

#include <algorithm>

namespace syncline::discovery {
namespace {

constexpr std::uint16_t ttl_min_s = 15;
// However patient the relay is: what is between may forget a connection sooner.
constexpr Duration ping_interval_max = 40s;
constexpr Duration splice_timeout = 15s;
constexpr std::size_t rings_max = 32;
constexpr Duration rings_window = 10s;

static_assert(relay_audiences_max * 2 <= registrations_max, "today and tomorrow");

Duration ping_interval(const RelayHello& hello) {
  return std::min<Duration>(std::chrono::seconds(hello.ttl_s) / 3, ping_interval_max);
}

}  // namespace

Error explain(RelayFailure code) {
  switch (code) {
    case RelayFailure::absent: return {Errc::unreachable, "not at this relay"};
    case RelayFailure::busy: return {Errc::busy, "the relay is busy"};
    case RelayFailure::limit: return {Errc::limit, "too many calls for the relay"};
    case RelayFailure::refused: return {Errc::forbidden, "the relay refuses"};
    case RelayFailure::draining: return {Errc::cancelled, "the relay is about to stop"};
  }
  return {Errc::invalid, "relay"};
}

// ---- The control connection ---------------------------------------------------------------------

RelayControl::RelayControl(Setup setup, Now now)
    : setup_(std::move(setup)),
      answer_due_(now.instant + limits::handshake_timeout),
      heard_(now.instant),
      pinged_(now.instant),
      day_check_(now.instant) {
  SYNCLINE_CHECK(is_relay_name(setup_.relay));
  SYNCLINE_CHECK(!setup_.audiences.empty() && setup_.audiences.size() <= relay_audiences_max);
  for (const auto& key : setup_.audiences) clocks_.push_back(DayClock::of(key.expose()));
}

Result<std::vector<RelayControl::Event>> RelayControl::receive(Bytes bytes, Now now) {
  std::vector<Event> events;
  owes_pong_ = false;
  while (!has_failed_) {
    const auto message = frames_.take(bytes);
    if (!message) return pass(message);
    if (!*message) break;
    heard_ = now.instant;
    if (const auto taken = take(**message, now, events); !taken) return pass(taken);
  }
  // One answer, however many asked.
  if (owes_pong_ && !has_failed_) send(RelayPong{});
  return events;
}

Status RelayControl::take(const RelayMessage& message, Now now, std::vector<Event>& events) {
  if (const auto* failed = std::get_if<RelayFailed>(&message)) {
    has_failed_ = true;
    answer_due_.reset();
    events.emplace_back(Failed{failed->code});
    return {};
  }
  if (const auto* hello = std::get_if<RelayHello>(&message)) return greet(*hello, now);
  if (!hello_) return fail(Errc::invalid, "a relay that does not say hello");
  if (const auto* registered = std::get_if<RelayRegistered>(&message)) {
    if (!answer_due_ || registered->count != enrolled_.size())
      return fail(Errc::invalid, "a relay that confirms what was not asked");
    answer_due_.reset();
    if (!is_ready_)
      events.emplace_back(Ready{hello_->observed, std::chrono::seconds(hello_->ttl_s)});
    is_ready_ = true;
    enroll(now);
    return {};
  }
  if (const auto* ring = std::get_if<RelayRing>(&message)) {
    if (admits_ring(now.instant)) events.emplace_back(Rung{ring->token});
    return {};
  }
  if (const auto* drain = std::get_if<RelayDrain>(&message)) {
    events.emplace_back(Draining{std::chrono::seconds(drain->seconds)});
    return {};
  }
  if (std::holds_alternative<RelayPing>(message)) {
    owes_pong_ = true;
    return {};
  }
  if (std::holds_alternative<RelayPong>(message)) return {};
  return fail(Errc::invalid, "a message that no relay sends here");
}

Status RelayControl::greet(const RelayHello& hello, Now now) {
  if (hello_) return fail(Errc::invalid, "a relay that says hello twice");
  if (hello.ttl_s < ttl_min_s)
    return fail(Errc::limit, "a relay that wants to be pinged all the time");
  hello_ = hello;
  pinged_ = now.instant;
  enroll(now);
  return {};
}

std::vector<RelayControl::Place> RelayControl::places(WallTime now) const {
  std::vector<Place> found;
  for (std::size_t i = 0; i < clocks_.size(); ++i)
    for (const Day day : clocks_[i].to_publish(now)) found.push_back({i, day});
  return found;
}

void RelayControl::enroll(Now now) {
  // By the clock of the wall, which may be set meanwhile: no later than in an hour.
  std::chrono::milliseconds wait = 1h;
  for (const DayClock& clock : clocks_) wait = std::min(wait, clock.until_change(now.wall));
  day_check_ = now.instant + wait;
  const auto wanted = places(now.wall);
  if (wanted == enrolled_) return;
  RelayRegister message{setup_.relay, {}};
  for (const auto& [audience, day] : wanted) {
    const auto key =
        relay_key(setup_.audiences[audience].expose(), {setup_.device, day}, setup_.relay);
    message.registrations.push_back(make_registration(key, hello_->nonce, setup_.relay));
  }
  send(message);
  enrolled_ = wanted;
  answer_due_ = now.instant + limits::handshake_timeout;
}

// A relay can make a device dial it, but not all the time.
bool RelayControl::admits_ring(Instant now) {
  while (!rings_.empty() && now - rings_.front() >= rings_window) rings_.pop_front();
  if (!is_ready_ || rings_.size() >= rings_max) return false;
  rings_.push_back(now);
  return true;
}

void RelayControl::send(const RelayMessage& message) {
  append(output_, encode_relay_message(message));
}

Status RelayControl::tick(Now now) {
  if (has_failed_) return {};
  if (answer_due_ && now.instant >= *answer_due_) return fail(Errc::timeout, "the relay is silent");
  if (!hello_) return {};
  const Duration interval = ping_interval(*hello_);
  if (now.instant >= heard_ + 3 * interval) return fail(Errc::timeout, "the relay is gone");
  if (now.instant >= pinged_ + interval) {
    send(RelayPing{});
    pinged_ = now.instant;
  }
  // One question at a time, so that an answer is never mistaken for another's.
  if (!answer_due_ && now.instant >= day_check_) enroll(now);
  return {};
}

Instant RelayControl::deadline() const {
  if (has_failed_) return Instant{Duration::max()};
  if (!hello_) return *answer_due_;
  const Duration interval = ping_interval(*hello_);
  const Instant next = std::min(heard_ + 3 * interval, pinged_ + interval);
  return std::min(next, answer_due_ ? *answer_due_ : day_check_);
}

// ---- A connection that becomes a link -----------------------------------------------------------

RelaySplice::RelaySplice(const RelayMessage& request, Instant now)
    : output_(encode_relay_message(request)), deadline_(now + splice_timeout) {}

RelaySplice RelaySplice::call(const RendezvousId& callee, Instant now) {
  return RelaySplice(RelayCall{callee}, now);
}

RelaySplice RelaySplice::take(const SpliceToken& token, Instant now) {
  return RelaySplice(RelayTake{token}, now);
}

Result<std::optional<Buffer>> RelaySplice::receive(Bytes bytes) {
  while (true) {
    const auto message = frames_.take(bytes);
    if (!message) return pass(message);
    if (!*message) return std::optional<Buffer>();
    if (std::holds_alternative<RelayHello>(**message) && !was_greeted_) {
      was_greeted_ = true;
      continue;
    }
    if (const auto* failed = std::get_if<RelayFailed>(&**message)) {
      Error why = explain(failed->code);
      return fail(why.code, std::move(why.context));
    }
    // Not even a PONG may leave: it could arrive behind the splice, where it is the link's.
    if (!was_greeted_ || !std::holds_alternative<RelaySpliced>(**message))
      return fail(Errc::invalid, "a message that no relay sends before a splice");
    return std::optional<Buffer>(to_buffer(bytes));
  }
}

Status RelaySplice::tick(Instant now) const {
  if (now < deadline_) return {};
  return fail(Errc::timeout, "nobody came to the relay");
}

}  // namespace syncline::discovery
