// SPDX-License-Identifier: Apache-2.0
//
// Links by relays: being called, taking a call, calling; and leaving a relay for a direct path.
#include "protocol/discovery/day_keys.h"
#include "protocol/node/links.h"

#include <algorithm>

namespace syncline::node {
namespace {

// Under which a device can be called today. Clocks differ, so now and then after failures it is a
// neighbouring day; rarely, since a call to nobody takes the relay some ten seconds to end.
discovery::RendezvousId callee_at(const House& house, const DeviceId& device,
                                  const std::string& relay, std::size_t attempt, WallTime now) {
  const auto discovery = house.identity->discovery.expose();
  const auto days = discovery::DayClock::of(discovery).to_read(now);
  const std::size_t day = attempt % 8 == 3 ? 1 : attempt % 8 == 7 ? 2 : 0;
  const discovery::DeviceDay whose{device, days[std::min(day, days.size() - 1)]};
  return discovery::rendezvous_id(discovery::relay_key(discovery, whose, relay).verify_key());
}

}  // namespace

bool Links::begin_dialled(House& house, Turn& turn, Pairing& pairing, Entry& entry) {
  const auto purpose = dialling_.find(entry.link);
  if (purpose == dialling_.end()) return false;
  const std::string address = purpose->second.address;
  if (std::holds_alternative<DialInviter>(purpose->second.whom)) {
    PairingLink stage = pairing.joiner_link(house, turn);
    if (stage == nullptr) return false;
    entry.stage = std::move(stage);
    return true;
  }
  if (!house.identity) return false;
  if (std::holds_alternative<DialRelay>(purpose->second.whom)) {
    entry.address = address;
    std::vector<crypto::DiscoveryKey> audiences;
    audiences.push_back(house.identity->discovery.clone());
    entry.stage = std::make_unique<discovery::RelayControl>(
        discovery::RelayControl::Setup{relay_of(address), house.identity->device,
                                       std::move(audiences)},
        turn.now);
    return true;
  }
  if (const auto* taken = std::get_if<DialTake>(&purpose->second.whom)) {
    entry.address = address;
    entry.dialled = false;  // the other device began it
    entry.stage = SpliceStage{discovery::RelaySplice::take(taken->token, turn.now.instant), false};
    return true;
  }
  if (const auto* punch = std::get_if<DialPunch>(&purpose->second.whom))
    return begin_punched(house, turn, entry, *punch);
  const auto* whom = std::get_if<DialDevice>(&purpose->second.whom);
  if (whom != nullptr && is_relayed(address)) {
    entry.address = address;
    const auto callee = callee_at(house, whom->device, relay_of(address),
                                  plan_.failures(whom->device), turn.now.wall);
    entry.stage = SpliceStage{discovery::RelaySplice::call(callee, turn.now.instant), true};
    return true;
  }
  const auto audience = session::Audience::of(house.identity->discovery.expose());
  entry.stage = session::Session::dial(common_of(house), audience, turn.now.instant);
  return true;
}

Status Links::feed_control(House& house, Turn& turn, Entry& entry, Bytes bytes) {
  auto& control = *std::get<ControlStage>(entry.stage);
  auto events = control.receive(bytes, turn.now);
  if (!events) return pass(events);
  for (const auto& event : *events) {
    if (std::holds_alternative<discovery::RelayControl::Ready>(event)) {
      const auto& ready = std::get<discovery::RelayControl::Ready>(event);
      house.relays.ready(relay_of(entry.address));
      outer_.saw(relay_of(entry.address), {ready.observed, entry.local, entry.door});
      turn.must_settle = true;
      turn.note(step::NoteLevel::normal, "net", "other devices can call at a relay");
    } else if (const auto* rung = std::get_if<discovery::RelayControl::Rung>(&event)) {
      dial(house, turn, {DialTake{rung->token}, entry.address});
    } else if (const auto* failed = std::get_if<discovery::RelayControl::Failed>(&event)) {
      return tl::unexpected<Error>(discovery::explain(failed->code));
    } else {
      return fail(Errc::cancelled, "the relay is about to stop");
    }
  }
  return {};
}

Result<std::optional<Buffer>> Links::feed_splice(House& house, Turn& turn, Entry& entry,
                                                 Bytes bytes) {
  auto& stage = std::get<SpliceStage>(entry.stage);
  auto first = stage.splice.receive(bytes);
  if (!first || !*first) return first;
  if (stage.calls) {
    const auto audience = session::Audience::of(house.identity->discovery.expose());
    entry.stage = session::Session::dial(common_of(house), audience, turn.now.instant);
  } else {
    dialling_.erase(entry.link);
    entry.stage = session::Arrival(turn.now.instant);
  }
  return first;
}

void Links::leave_relay(House& house, Turn& turn, Pairing& pairing, const std::string& relay) {
  std::vector<Link> controls;
  for (const auto& [link, entry] : entries_)
    if (std::holds_alternative<ControlStage>(entry->stage) && relay_of(entry->address) == relay)
      controls.push_back(link);
  for (const auto& [link, purpose] : dialling_)
    if (std::holds_alternative<DialRelay>(purpose.whom) && relay_of(purpose.address) == relay)
      controls.push_back(link);
  for (const Link link : controls) drop(house, turn, pairing, link, "the relay was removed");
}

// A device is linked: what else was on its way to it is not needed. Direct paths go on being tried
// beside a relayed one.
void Links::stop_dialling(House& house, Turn& turn, Pairing& pairing, const DeviceId& device,
                          const Entry& linked) {
  std::vector<Link> others;
  for (const auto& [link, purpose] : dialling_) {
    const auto* whom = std::get_if<DialDevice>(&purpose.whom);
    if (whom == nullptr || whom->device != device || link == linked.link) continue;
    if (!is_relayed(linked.address) || is_relayed(purpose.address)) others.push_back(link);
  }
  for (const Link link : others) {
    dialling_.erase(link);
    drop(house, turn, pairing, link, "connected on another path");
  }
}

bool Links::is_dialling() const {
  return std::ranges::any_of(dialling_, [](const auto& each) {
    return !std::holds_alternative<DialRelay>(each.second.whom) &&
           !std::holds_alternative<DialPunch>(each.second.whom);
  });
}

DialPlan::Standing Links::standing() const {
  DialPlan::Standing standing;
  for (const auto& [link, entry] : entries_)
    if (entry->device)
      (is_relayed(entry->address) ? standing.relayed : standing.linked).insert(*entry->device);
  for (const auto& [link, purpose] : dialling_)
    if (const auto* whom = std::get_if<DialDevice>(&purpose.whom))
      (is_relayed(purpose.address) ? standing.calling : standing.dialling).insert(whom->device);
  return standing;
}

}  // namespace syncline::node
