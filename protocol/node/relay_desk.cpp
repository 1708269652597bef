// SPDX-License-Identifier: Apache-2.0
//
// Row of Family::meta: "relays" -> 01 | n v | name*n
#include "protocol/node/relay_desk.h"

#include "protocol/discovery/relay_messages.h"
#include "protocol/node/dial_plan.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <algorithm>

namespace syncline::node {
namespace {

const Buffer relays_key = {'r', 'e', 'l', 'a', 'y', 's'};
constexpr auto retry_first = 1s;
constexpr auto retry_last = 120s;

}  // namespace

Status RelayDesk::load(const StoreReader& reader) {
  const auto stored = reader.get(Family::meta, relays_key);
  if (!stored) return pass(stored);
  if (!*stored) return {};
  wire::Reader in(**stored);
  in.u8();
  const std::uint64_t count = in.varint(relays_max);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    std::string name = in.text(discovery::relay_name_size_max);
    if (is_address(name)) relays_.push_back({std::move(name), {}, 0, {}, {}});
  }
  return {};
}

void RelayDesk::save(log::Draft& draft) const {
  wire::Writer out;
  out.u8(1).varint(relays_.size());
  for (const Relay& relay : relays_) out.text(relay.name);
  draft.put(Family::meta, relays_key, out.take());
}

Status RelayDesk::add(log::Draft& draft, const std::string& relay, Instant now) {
  if (!is_address(relay) || !discovery::is_relay_name(relay))
    return fail(Errc::invalid, "\"" + relay + "\" is not the address of a relay; write HOST:PORT");
  if (find(relay) != nullptr)
    return fail(Errc::already_exists, "that relay is there already; see `syncline net`");
  if (relays_.size() >= relays_max)
    return fail(
        Errc::limit,
        "there are four relays already; `syncline net relay remove` makes room for another");
  relays_.push_back({relay, {}, 0, now, {}});
  save(draft);
  return {};
}

Status RelayDesk::remove(log::Draft& draft, const std::string& relay) {
  if (find(relay) == nullptr)
    return fail(Errc::not_found, "no such relay; `syncline net` lists them");
  std::erase_if(relays_, [&relay](const Relay& each) { return each.name == relay; });
  save(draft);
  return {};
}

std::vector<std::string> RelayDesk::told() const {
  std::vector<std::string> out;
  for (const Relay& relay : relays_) out.push_back(std::string(relay_prefix) + relay.name);
  return out;
}

std::vector<std::string> RelayDesk::due(Instant now) {
  std::vector<std::string> out;
  for (Relay& relay : relays_) {
    if (relay.state != step::RelayState::waiting || relay.not_before > now) continue;
    relay.state = step::RelayState::dialling;
    out.push_back(relay.name);
  }
  return out;
}

void RelayDesk::ready(const std::string& name) {
  Relay* relay = find(name);
  if (relay == nullptr) return;
  relay->state = step::RelayState::ready;
  relay->failures = 0;
  relay->reason.clear();
}

bool RelayDesk::has_failed(const std::string& name) const {
  const auto found = std::ranges::find(relays_, name, &Relay::name);
  return found != relays_.end() && found->failures % 2 == 1;
}

void RelayDesk::lost(const std::string& name, const std::string& reason, Instant now) {
  Relay* relay = find(name);
  if (relay == nullptr) return;
  const Duration pause = std::min<Duration>(
      retry_last, Duration(retry_first) * (std::int64_t{1} << std::min(relay->failures, 10U)));
  ++relay->failures;
  relay->state = step::RelayState::waiting;
  relay->not_before = now + pause;
  relay->reason = reason;
}

void RelayDesk::hurry(Instant now) {
  for (Relay& relay : relays_) {
    relay.failures = 0;
    relay.not_before = std::min(relay.not_before, now);
  }
}

std::optional<Instant> RelayDesk::deadline() const {
  std::optional<Instant> first;
  for (const Relay& relay : relays_)
    if (relay.state == step::RelayState::waiting && (!first || relay.not_before < *first))
      first = relay.not_before;
  return first;
}

std::vector<step::RelayStatus> RelayDesk::status(Instant now) const {
  std::vector<step::RelayStatus> out;
  for (const Relay& relay : relays_) {
    step::RelayStatus status{relay.name, relay.state, relay.reason, {}};
    if (relay.state == step::RelayState::waiting)
      status.next_try = std::max(Duration{}, relay.not_before - now);
    out.push_back(std::move(status));
  }
  return out;
}

RelayDesk::Relay* RelayDesk::find(const std::string& name) {
  const auto found = std::ranges::find(relays_, name, &Relay::name);
  return found == relays_.end() ? nullptr : &*found;
}

}  // namespace syncline::node
