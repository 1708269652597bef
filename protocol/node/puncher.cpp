// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/puncher.h"

#include "protocol/discovery/dialable.h"

#include <algorithm>
#include <array>

namespace syncline::node {
namespace {

constexpr Duration answer_timeout = 10s;
constexpr Duration shot_timeout = 15s;  // beyond what any shell waits
constexpr Duration rtt_max = 4s;        // more was a queue, not the way
// After a relayed link opened. The other side waits longer: one ask is enough.
constexpr Duration settling = 200ms;
constexpr Duration settling_other = 3s;
constexpr Duration yielding = 300ms;
// The answerer's first packet opens its router and does not get far; the asker's comes after it.
constexpr Duration margin_first = 100ms;
constexpr Duration margin_later = 600ms;
// Further in later rounds: routers of a provider may be some hops away.
constexpr std::array<std::uint8_t, Puncher::rounds_max> first_ttls = {4, 4, 7, 10};
// Beyond the ten seconds for which routers remember a refusal, and for which the other side tries.
constexpr std::array<Duration, Puncher::rounds_max> pauses = {12s, 15s, 60s, 0s};
constexpr Duration hurry_interval = 5s;
// A connect fails at once where theirs is being taken, which takes a round trip more.
constexpr Duration late_for = 3s;

bool is_v6(const std::string& address) { return address.starts_with("["); }

bool has(const std::vector<std::string>& list, const std::string& one) {
  return std::ranges::find(list, one) != list.end();
}

}  // namespace

// ---- what can be tried -------------------------------------------------------------------------

void Puncher::know(const DeviceId& self, std::vector<std::string> outer, Instant now) {
  self_ = self;
  std::ranges::sort(outer);
  if (outer == outer_) return;
  const bool was_unknown = outer_.empty();
  outer_ = std::move(outer);
  if (outer_.empty()) return;
  for (auto& [id, device] : devices_) {
    if (!device.is_relayed) continue;
    const Instant soon = now + (is_first(id) ? Duration{} : yielding);
    if (device.mine != outer_) {
      device.rounds = device.refusals = 0;
      device.next = soon;
    } else if (was_unknown && device.rounds < rounds_max) {
      // Whoever asked meanwhile was told nothing.
      device.next = std::max(soon, device.rounds == 0 ? soon : device.not_before);
    }
  }
}

void Puncher::relayed(const DeviceId& id, Instant now) {
  Device& device = devices_[id];
  device.is_relayed = true;
  // Fired in another network, or for another link: it would only be waited for.
  if (device.attempt && device.attempt->phase != Phase::met) device.attempt.reset();
  const bool is_stale =
      device.mine != outer_ || !device.tried_at || now - *device.tried_at >= forget_after;
  if (is_stale) device.rounds = device.refusals = 0;
  if (device.rounds >= rounds_max) return;
  device.next = now + (is_first(id) ? settling : settling_other);
  if (!is_stale) device.next = std::max(*device.next, device.not_before);
}

void Puncher::linked(const DeviceId& id) {
  Device& device = devices_[id];
  device.is_relayed = false;
  device.rounds = device.refusals = 0;
  device.next.reset();
  device.attempt.reset();
  device.late.reset();
  device.result.clear();
}

void Puncher::unlinked(const DeviceId& id) {
  const auto found = devices_.find(id);
  if (found == devices_.end()) return;
  Device& device = found->second;
  device.is_relayed = false;
  device.next.reset();
  // What was fired may still hit.
  if (device.attempt && device.attempt->phase < Phase::fired) device.attempt.reset();
}

void Puncher::hurry(Instant now) {
  for (auto& [id, device] : devices_) {
    if (!device.is_relayed || device.attempt) continue;
    device.rounds = device.refusals = 0;
    device.next = now + (is_first(id) ? Duration{} : yielding);
    if (device.tried_at) device.next = std::max(*device.next, *device.tried_at + hurry_interval);
  }
}

// Spec F30: what was told is a hint, also from a device of ours.
std::vector<std::string> Puncher::usable(const std::vector<session::CompactAddress>& told) const {
  std::vector<std::string> out;
  for (const session::CompactAddress& each : told) {
    if (!discovery::is_dialable(each, discovery::AllowLocal::no)) continue;
    std::string text = session::address_text(each);
    const bool is_possible = std::ranges::any_of(
        outer_, [&text](const std::string& mine) { return is_v6(mine) == is_v6(text); });
    // Oneself: a socket can connect to itself.
    if (is_possible && !has(outer_, text) && !has(out, text)) out.push_back(std::move(text));
  }
  // Of IPv6 nothing is translated: the better chance.
  std::ranges::stable_sort(out, [](const auto& a, const auto& b) { return is_v6(a) > is_v6(b); });
  return out;
}

// ---- one attempt -------------------------------------------------------------------------------

void Puncher::say(const DeviceId& to, sync::PunchKind kind, std::uint32_t attempt) {
  Said said{to, {kind, attempt, {}}};
  if (kind != sync::PunchKind::go)
    for (const std::string& text : outer_)
      if (auto address = session::compact_address(text);
          address && said.message.addresses.size() < sync::punch_addresses_max)
        said.message.addresses.push_back(std::move(*address));
  orders_.said.push_back(std::move(said));
}

void Puncher::ask(const DeviceId& id, Device& device, Instant now) {
  device.next.reset();
  device.tried_at = now;
  device.result.clear();
  device.late.reset();
  device.attempt = Attempt{++attempts_, Role::asker, Phase::asked, now, now + answer_timeout, 0};
  say(id, sync::PunchKind::ask, attempts_);
}

// Other addresses than the last time: what failed between those says nothing.
void Puncher::begin(Device& device, std::vector<std::string> theirs, Instant now) {
  if (device.mine != outer_ || device.theirs != theirs) device.rounds = 0;
  device.mine = outer_;
  device.theirs = std::move(theirs);
  device.refusals = 0;
  device.tried_at = now;
  device.next.reset();
  device.result.clear();
}

void Puncher::hear(const DeviceId& id, const sync::Punch& message, Instant now) {
  Device& device = devices_[id];
  if (message.kind == sync::PunchKind::ask) return hear_ask(id, device, message, now);
  if (!device.attempt || device.attempt->number != message.attempt) return;
  if (message.kind == sync::PunchKind::answer) return hear_answer(id, device, message, now);
  if (device.attempt->phase == Phase::ready) fire(id, device, now);
}

void Puncher::hear_ask(const DeviceId& id, Device& device, const sync::Punch& message,
                       Instant now) {
  // Both asked: the smaller id is answered.
  if (device.attempt && device.attempt->phase == Phase::asked) {
    if (is_first(id)) return;
    device.attempt.reset();
  }
  // Whoever asks again has given up the last attempt, or is in another network.
  const bool is_busy = device.attempt && device.attempt->phase == Phase::met;
  std::vector<std::string> theirs = usable(message.addresses);
  if (is_busy || !device.is_relayed || theirs.empty() || !admits_answer(device, now)) {
    orders_.said.push_back({id, {sync::PunchKind::answer, message.attempt, {}}});
    return;
  }
  begin(device, std::move(theirs), now);
  device.late.reset();
  device.attempt =
      Attempt{message.attempt, Role::answerer, Phase::ready, now, now + answer_timeout, 0};
  say(id, sync::PunchKind::answer, message.attempt);
}

bool Puncher::admits_answer(Device& device, Instant now) const {
  while (!device.answered.empty() && now - device.answered.front() >= 60s)
    device.answered.pop_front();
  if (device.answered.size() >= answers_max) return false;
  device.answered.push_back(now);
  return true;
}

void Puncher::hear_answer(const DeviceId& id, Device& device, const sync::Punch& message,
                          Instant now) {
  Attempt& attempt = *device.attempt;
  if (attempt.phase != Phase::asked) return;
  std::vector<std::string> theirs = usable(message.addresses);
  if (theirs.empty()) return refused(id, device, now);
  begin(device, std::move(theirs), now);
  const Duration rtt = std::min<Duration>(now - attempt.since, rtt_max);
  attempt.phase = Phase::aimed;
  attempt.until = now + rtt / 2 + (device.rounds == 0 ? margin_first : margin_later);
  say(id, sync::PunchKind::go, attempt.number);
}

void Puncher::fire(const DeviceId& id, Device& device, Instant now) {
  Attempt& attempt = *device.attempt;
  attempt.phase = Phase::fired;
  attempt.until = now + shot_timeout;
  attempt.outstanding = device.theirs.size();
  const std::uint8_t ttl = first_ttls[std::min(device.rounds, rounds_max - 1)];
  for (const std::string& address : device.theirs)
    orders_.shots.push_back({id, attempt.number, attempt.role, address,
                             attempt.role == Role::answerer ? ttl : std::uint8_t{0}});
}

void Puncher::finish(const DeviceId& id, Device& device, std::string result, Instant now) {
  if (device.attempt->role == Role::asker && device.attempt->phase == Phase::fired) {
    device.late = device.attempt;
    device.late->until = now + late_for;
  }
  device.attempt.reset();
  device.result = std::move(result);
  ++device.rounds;
  device.next.reset();
  if (device.rounds < rounds_max) pause(id, device, pauses[device.rounds - 1], now);
}

// It asks by itself when it knows where it is seen: nothing failed.
void Puncher::refused(const DeviceId& id, Device& device, Instant now) {
  device.attempt.reset();
  device.result = "the other device does not know where it is seen from outside, or not now";
  if (++device.refusals < rounds_max) pause(id, device, pauses[device.refusals - 1], now);
}

void Puncher::pause(const DeviceId& id, Device& device, Duration wait, Instant now) const {
  device.not_before = now + wait;
  if (device.is_relayed)
    device.next = device.not_before + (is_first(id) ? Duration{} : settling_other);
}

// ---- what came of it ---------------------------------------------------------------------------

Puncher::Attempt* Puncher::find(const Expected& of) {
  const auto found = devices_.find(of.device);
  if (found == devices_.end() || !found->second.attempt) return nullptr;
  Attempt& attempt = *found->second.attempt;
  return attempt.number == of.attempt ? &attempt : nullptr;
}

std::optional<Puncher::Expected> Puncher::expects(const std::string& address, Instant now) const {
  for (const auto& [id, device] : devices_) {
    const bool is_late = device.late && now < device.late->until;
    if (is_late && has(device.theirs, address)) return Expected{id, device.late->number};
    if (!device.attempt || device.attempt->role != Role::asker) continue;
    const Phase phase = device.attempt->phase;
    if (phase != Phase::aimed && phase != Phase::fired) continue;
    if (has(device.theirs, address)) return Expected{id, device.attempt->number};
  }
  return std::nullopt;
}

bool Puncher::met(const Expected& of, Instant now) {
  Device& device = devices_[of.device];
  if (!device.attempt && device.late && device.late->number == of.attempt)
    device.attempt = device.late;
  device.late.reset();
  Attempt* attempt = find(of);
  if (attempt == nullptr || attempt->phase == Phase::met) return false;
  attempt->phase = Phase::met;
  attempt->until = now + shot_timeout;
  attempt->outstanding = 1;
  return true;
}

void Puncher::failed(const Expected& of, const std::string& reason, Instant now) {
  Attempt* attempt = find(of);
  if (attempt == nullptr || attempt->phase < Phase::fired) return;
  if (attempt->outstanding > 1) {
    --attempt->outstanding;
    return;
  }
  finish(of.device, devices_[of.device], reason, now);
}

void Puncher::tick(Instant now) {
  for (auto& [id, device] : devices_) {
    if (device.attempt && device.attempt->until <= now) switch (device.attempt->phase) {
        case Phase::asked: finish(id, device, "the other device did not answer", now); break;
        case Phase::aimed: fire(id, device, now); break;
        case Phase::ready: finish(id, device, "the other device did not begin", now); break;
        case Phase::fired:
        case Phase::met: finish(id, device, "no connection in time", now); break;
      }
    if (!device.attempt && device.is_relayed && device.next && *device.next <= now &&
        !outer_.empty())
      ask(id, device, now);
  }
}

std::optional<Instant> Puncher::deadline() const {
  std::optional<Instant> first;
  for (const auto& [id, device] : devices_) {
    std::optional<Instant> at;
    if (device.attempt)
      at = device.attempt->until;
    else if (device.is_relayed && !outer_.empty())
      at = device.next;
    if (at && (!first || *at < *first)) first = at;
  }
  return first;
}

std::optional<step::PunchStatus> Puncher::status(const DeviceId& id, Instant now) const {
  const auto found = devices_.find(id);
  if (found == devices_.end()) return std::nullopt;
  const Device& device = found->second;
  if (!device.is_relayed && !device.tried_at) return std::nullopt;
  step::PunchStatus status;
  if (device.tried_at) status.tried = now - *device.tried_at;
  status.rounds = device.rounds;
  status.is_running = device.attempt.has_value();
  status.result = device.result;
  if (outer_.empty() && status.result.empty() && device.is_relayed)
    status.result = "it is not known where this device would be seen from outside";
  if (!device.attempt && device.next && !outer_.empty())
    status.next = std::max(Duration{}, *device.next - now);
  return status;
}

}  // namespace syncline::node
