// SPDX-License-Identifier: Apache-2.0
#include "protocol/sync/ephemeral_relay.h"

#include <algorithm>

namespace syncline::sync {
namespace {

// Room for a million messages a millisecond: a counter that began with the clock stays above
// what the same device gave before.
constexpr unsigned clock_shift = 20;
constexpr std::int64_t clock_max = (std::int64_t{1} << 43) - 1;

std::int64_t cost_of(std::size_t size) { return 2 + static_cast<std::int64_t>(size / 1024); }

}  // namespace

bool Allowance::take(std::int64_t cost, const AllowanceRule& rule, Instant now) {
  const std::int64_t passed =
      std::chrono::duration_cast<std::chrono::milliseconds>(now - refilled_).count();
  // After so long everything is refilled, at any rate.
  const std::int64_t most = rule.burst * 1000;
  const std::int64_t refill =
      passed > most ? most : std::max<std::int64_t>(passed, 0) * rule.per_second;
  used_ = std::max<std::int64_t>(0, used_ - refill);
  refilled_ = refilled_ + std::chrono::milliseconds(std::max<std::int64_t>(passed, 0));
  if (used_ + cost * 1000 > most) return false;
  used_ += cost * 1000;
  return true;
}

// ---- links ---------------------------------------------------------------------------------

void EphemeralRelay::link_ready(const Replicator::NewLink& link) {
  Open& open = links_[link.link];
  open = Open{};
  open.device = link.device;
  open.outlet = &link.outlet;
  newcomers_ = true;
}

void EphemeralRelay::link_gone(Link link) { links_.erase(link); }

bool EphemeralRelay::is_linked(const DeviceId& device) const {
  return std::any_of(links_.begin(), links_.end(),
                     [&](const auto& entry) { return entry.second.device == device; });
}

// ---- order ---------------------------------------------------------------------------------

bool EphemeralRelay::Author::is_new(std::uint32_t slot, std::uint64_t counter) const {
  const auto found = slots.find(slot);
  return counter > floor && (found == slots.end() || counter > found->second.counter);
}

void EphemeralRelay::Author::take(std::uint32_t slot, std::uint64_t counter, Instant now) {
  if (!slots.contains(slot) && slots.size() >= slots_per_author_max) {
    const auto oldest = std::min_element(
        slots.begin(), slots.end(), [](auto& a, auto& b) { return a.second.at < b.second.at; });
    floor = std::max(floor, oldest->second.counter);
    slots.erase(oldest);
  }
  Seen& seen = slots[slot];
  // A clock that was set back, told by the author itself: what it said before stays old.
  if (seen.counter > counter) floor = std::max(floor, seen.counter);
  seen = {counter, now};
}

// ---- messages ------------------------------------------------------------------------------

Result<std::optional<EphemeralMessage>> EphemeralRelay::receive(const Arrived& arrived,
                                                                const space::VaultRoster& roster,
                                                                Instant now) {
  const auto found = links_.find(arrived.link);
  if (found == links_.end()) return std::optional<EphemeralMessage>();
  Open& from = found->second;
  if (arrived.type != ephemeral_type) {
    if (session::is_ignorable(arrived.type)) return std::optional<EphemeralMessage>();
    return fail(Errc::unsupported, "an unknown ephemeral message");
  }
  const std::int64_t cost = cost_of(arrived.body.size());
  if (pauses_.receive || !from.allowance.take(cost, link_rule, now))
    return std::optional<EphemeralMessage>();
  auto message = decode_ephemeral(arrived.body);
  if (!message) return pass(message);
  const auto device = roster.devices().find(message->author);
  const bool direct = from.device == message->author;
  // Who is linked speaks for itself, in order; a copy by way of others says nothing more.
  if (message->author == self_ || device == roster.devices().end() ||
      (!direct && is_linked(message->author)))
    return std::optional<EphemeralMessage>();
  const auto known = authors_.find(message->author);
  const bool is_new =
      direct ? message->counter > from.direct
             : known == authors_.end() || known->second.is_new(message->slot, message->counter);
  if (!is_new) return std::optional<EphemeralMessage>();
  if (!verify_ephemeral(*message, vault_, device->second.cert.sign_key))
    return fail(Errc::bad_signature, "an ephemeral message");
  Author& author = authors_[message->author];
  if (!author.allowance.take(cost, author_rule, now)) return std::optional<EphemeralMessage>();
  author.take(message->slot, message->counter, now);
  if (direct) from.direct = message->counter;
  if (direct && !pauses_.send) {
    const Waiting copy{message->author, message->slot,
                       std::make_shared<const Buffer>(to_buffer(arrived.body))};
    for (auto& [link, open] : links_)
      if (link != arrived.link) queue(open, copy);
  }
  return std::optional<EphemeralMessage>(std::move(*message));
}

void EphemeralRelay::send(const EphemeralMessage& message) {
  if (pauses_.send || links_.empty()) return;
  const Waiting own{message.author, message.slot, std::make_shared<const Buffer>(encode(message))};
  for (auto& [link, open] : links_) queue(open, own);
}

std::uint64_t EphemeralRelay::next_counter(WallTime now) {
  const auto clock = static_cast<std::uint64_t>(std::clamp<std::int64_t>(now.unix_ms, 0, clock_max))
                     << clock_shift;
  counter_ = std::max(counter_ + 1, clock);
  return counter_;
}

// What is replaced goes to the end: one author's messages must leave in the order of their
// counters.
void EphemeralRelay::queue(Open& open, const Waiting& waiting) {
  const auto drop = [&](std::deque<Waiting>::iterator at) {
    open.waiting_size -= at->body->size();
    open.waiting.erase(at);
  };
  const auto older = std::find_if(open.waiting.begin(), open.waiting.end(), [&](const auto& other) {
    return other.author == waiting.author && other.slot == waiting.slot;
  });
  if (older != open.waiting.end()) drop(older);
  open.waiting.push_back(waiting);
  open.waiting_size += waiting.body->size();
  while (open.waiting.size() > waiting_per_link_max || open.waiting_size > waiting_size_max)
    drop(open.waiting.begin());
}

void EphemeralRelay::pump() {
  for (auto& [link, open] : links_) {
    while (!open.waiting.empty() && open.outlet->has_room(session::Channel::ephemeral)) {
      const Waiting next = std::move(open.waiting.front());
      open.waiting.pop_front();
      open.waiting_size -= next.body->size();
      // A link that ends takes nothing more.
      (void)open.outlet->send(session::Channel::ephemeral, ephemeral_type, *next.body).has_value();
    }
  }
}

}  // namespace syncline::sync
