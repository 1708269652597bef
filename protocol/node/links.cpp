// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/links.h"

#include <algorithm>

namespace syncline::node {
namespace {
// Links that were begun within so long of each other belong to one attempt.
constexpr auto together = 1s;
}  // namespace

// ---- Outlet --------------------------------------------------------------------------------

Status Links::Entry::send(session::Channel channel, std::uint8_t type, Bytes body) {
  session::Session* open = session();
  if (open == nullptr || !open->is_open()) return fail(Errc::cancelled, "the link is not open");
  return open->send(channel, type, body);
}
std::size_t Links::Entry::queued_bytes(session::Channel channel) const {
  const auto* open = std::get_if<session::Session>(&stage);
  return open == nullptr ? 0 : open->queued_bytes(channel);
}
bool Links::Entry::has_room(session::Channel channel) const {
  const auto* open = std::get_if<session::Session>(&stage);
  return open != nullptr && open->is_open() && open->has_room(channel);
}

// ---- opening -------------------------------------------------------------------------------

session::Session::Common Links::common_of(House& house) {
  // Looked up when the handshake gets there: the roster may change meanwhile.
  const auto accept = [&house](const crypto::BoxPublicKey& key, std::size_t) {
    const space::DeviceAdmit* device = house.roster.device_by_box_key(key);
    return device != nullptr && house.identity && device->cert.id() != house.identity->device;
  };
  return {house.identity->box, house.random, accept};
}

void Links::up(House& house, Turn& turn, Pairing& pairing, const step::LinkUp& input) {
  // The shell closes its doors only after what was on its way to them.
  if (!is_allowed(house, input.address)) {
    dialling_.erase(input.link);
    turn.effects.push_back(step::Hangup{input.link, "not in this network mode"});
    return;
  }
  auto entry = std::make_unique<Entry>(input.link, input.address, turn.now.instant);
  entry->dialled = input.dialled;
  entry->local = input.local;
  entry->door = input.door;
  if (!input.dialled) recognise_punched(house, turn, *entry);
  if (input.dialled && !begin_dialled(house, turn, pairing, *entry)) {
    dialling_.erase(input.link);
    turn.effects.push_back(step::Hangup{input.link, "not wanted any more"});
    return;
  }
  const Link link = entry->link;
  entries_.insert_or_assign(link, std::move(entry));
}

void Links::start_session(House& house, Turn& turn, Entry& entry) {
  auto audiences = std::make_shared<std::vector<session::Audience>>();
  audiences->push_back(session::Audience::of(house.identity->discovery.expose()));
  entry.stage = session::Session::answer(common_of(house), std::move(audiences), turn.now.instant);
}

// ---- bytes ---------------------------------------------------------------------------------

void Links::received(House& house, Turn& turn, Pairing& pairing, const step::Received& input) {
  const auto found = entries_.find(input.link);
  if (found == entries_.end() || found->second->closing) return;
  found->second->bytes_received += input.bytes.size();
  const Status fed = feed(house, turn, pairing, *found->second, input.bytes);
  if (!fed)
    drop(house, turn, pairing, input.link,
         std::string(name_of(fed.error().code)) + " " + fed.error().context);
}

Status Links::feed(House& house, Turn& turn, Pairing& pairing, Entry& entry, Bytes bytes) {
  Buffer spliced;
  if (std::holds_alternative<ControlStage>(entry.stage))
    return feed_control(house, turn, entry, bytes);
  if (std::holds_alternative<SpliceStage>(entry.stage)) {
    auto first = feed_splice(house, turn, entry, bytes);
    if (!first) return pass(first);
    if (!*first || (*first)->empty()) return {};
    spliced = std::move(**first);
    bytes = spliced;
  }
  Buffer collected;
  if (auto* arrival = std::get_if<session::Arrival>(&entry.stage)) {
    const auto kind = arrival->receive(bytes);
    if (!kind) return pass(kind);
    if (!*kind) return {};
    // Without a vault there is nobody to be called; silence, as for any stranger.
    if (!house.identity) return fail(Errc::forbidden, "no vault here");
    collected = arrival->take();
    bytes = collected;
    if (**kind == session::LinkKind::device)
      start_session(house, turn, entry);
    else
      entry.stage = pairing.inviter_link(house, **kind, turn.now.instant);
  }
  if (auto* stage = std::get_if<PairingLink>(&entry.stage)) {
    const auto outcome = pairing.received(house, turn, entry.link, *stage, bytes);
    if (!outcome) return pass(outcome);
    if (outcome->authenticated) turn.effects.push_back(step::Authenticated{entry.link});
    entry.closing = outcome->is_over;
    if (auto joined = pairing.take_joined()) {
      const Status loaded = plan_.load(turn.draft, joined->inviter);
      if (!loaded) return loaded;
      plan_.remember(turn.draft, joined->inviter, joined->address);
    }
    return {};
  }
  return feed_session(house, turn, pairing, entry, bytes);
}

Status Links::feed_session(House& house, Turn& turn, Pairing& pairing, Entry& entry, Bytes bytes) {
  auto events = entry.session()->receive(bytes, turn.now.instant);
  if (!events) return pass(events);
  for (session::Event& event : *events) {
    const Status handled = handle_event(house, turn, pairing, entry, std::move(event));
    if (!handled) return handled;
    if (entry.closing) break;
  }
  // Credit may have come back: go on serving.
  if (entry.device && !entry.closing) house.replicator->pump(entry.link, turn.now);
  return {};
}

Status Links::handle_event(House& house, Turn& turn, Pairing& pairing, Entry& entry,
                           session::Event event) {
  if (const auto* opened = std::get_if<session::Opened>(&event))
    return begin_device_link(house, turn, pairing, entry, opened->remote);
  if (const auto* message = std::get_if<session::Message>(&event)) {
    if (!entry.device) return fail(Errc::invalid, "a message before the link was open");
    if (message->channel == session::Channel::ephemeral) return hear(house, turn, entry, *message);
    if (message->type == sync::punch_type) return hear_punch(house, turn, entry, *message);
    const Status handled =
        house.replicator->handle(entry.link, message->type, message->body, turn.draft, turn.now);
    if (handled) entry.session()->consumed(message->channel, message->cost);
    turn.must_settle = true;
    return handled;
  }
  return fail(Errc::cancelled, "the other side said goodbye");
}

// Passed on by whoever is in between, shown where there are keys.
Status Links::hear(House& house, Turn& turn, Entry& entry, const session::Message& message) {
  if (!house.replicator->has_greeted(entry.link))
    return fail(Errc::invalid, "something came before the hello");
  const auto heard = house.relay->receive({entry.link, message.type, message.body}, house.roster,
                                          turn.now.instant);
  if (!heard) return pass(heard);
  turn.must_settle = true;
  if (!*heard || !house.presence) return {};
  PresenceDesk desk = presence_desk(house, turn);
  house.presence->received(desk, **heard);
  return {};
}

// One link per device: the newer one, because the older may be dead. Of two made at once: a direct
// one rather than one by a relay; if both sides dialled, the one dialled by the smaller id. Spec
// S15.
Status Links::begin_device_link(House& house, Turn& turn, Pairing& pairing, Entry& entry,
                                const session::Remote& remote) {
  const space::DeviceAdmit* admit = house.roster.device_by_box_key(remote.key);
  if (admit == nullptr) return fail(Errc::forbidden, "not a device of this vault");
  const DeviceId device = admit->cert.id();
  turn.effects.push_back(step::Authenticated{entry.link});
  if (Entry* other = find_device(device)) {
    const bool prefer_own_dial = house.identity->device < device;
    const bool differ = is_relayed(other->address) != is_relayed(entry.address);
    // Who has a link does not make another one, but for a better one: an older one is dead, and
    // only we do not know.
    const bool is_young = turn.now.instant - other->since < together;
    const bool keep_other =
        is_young && (differ ? is_relayed(entry.address)
                            : other->dialled != entry.dialled && other->dialled == prefer_own_dial);
    Entry& loser = keep_other ? entry : *other;
    loser.session()->say_bye(session::ByeReason::replaced);
    loser.closing = true;
    if (loser.device) {
      loser.device.reset();
      house.replicator->link_gone(loser.link, turn.now);
      house.relay->link_gone(loser.link);
    }
    if (keep_other) return {};
  }
  entry.device = device;
  const Status loaded = plan_.load(turn.draft, device);
  if (!loaded) return loaded;
  if (is_relayed(entry.address)) {
    plan_.linked_by_relay(device, turn.now.instant);
    puncher_.relayed(device, turn.now.instant);
  } else {
    plan_.linked(device);
    puncher_.linked(device);
    stop_punching(turn, device, entry.link);
  }
  // What was punched leads there once.
  if (entry.dialled && !entry.punched && !is_relayed(entry.address))
    plan_.remember(turn.draft, device, entry.address);
  stop_dialling(house, turn, pairing, device, entry);
  dialling_.erase(entry.link);
  house.replicator->link_ready({entry.link, device, entry}, turn.now);
  tell_of_others(house, device);
  house.relay->link_ready({entry.link, device, entry});
  turn.must_settle = true;
  return {};
}

// ---- closing -------------------------------------------------------------------------------

void Links::drop(House& house, Turn& turn, Pairing& pairing, Link link, const std::string& reason) {
  turn.effects.push_back(step::Hangup{link, reason});
  end(house, turn, pairing, link, reason);
}

void Links::down(House& house, Turn& turn, Pairing& pairing, Link link) {
  end(house, turn, pairing, link, "it hung up");
}

void Links::end(House& house, Turn& turn, Pairing& pairing, Link link, const std::string& reason) {
  const auto purpose = dialling_.find(link);
  if (purpose != dialling_.end()) {
    if (std::holds_alternative<DialRelay>(purpose->second.whom)) {
      house.relays.lost(relay_of(purpose->second.address), reason, turn.now.instant);
      outer_.lost(relay_of(purpose->second.address));
    } else if (const auto* punch = std::get_if<DialPunch>(&purpose->second.whom)) {
      puncher_.failed({punch->device, punch->attempt}, reason, turn.now.instant);
    } else
      plan_.failed(purpose->second, reason, turn.now.instant);
    dialling_.erase(purpose);
  }
  const auto found = entries_.find(link);
  if (found == entries_.end()) return;
  const std::unique_ptr<Entry> entry = std::move(found->second);
  entries_.erase(found);
  if (auto* stage = std::get_if<PairingLink>(&entry->stage)) pairing.link_down(turn, link, *stage);
  if (entry->device) {
    house.replicator->link_gone(link, turn.now);
    house.relay->link_gone(link);
    plan_.lost(*entry->device, turn.now.instant);
    puncher_.unlinked(*entry->device);
    turn.must_settle = true;
  }
}

void Links::dial_failed(House& house, Turn& turn, Pairing& pairing, const step::DialFailed& input) {
  const auto purpose = dialling_.find(input.link);
  if (purpose == dialling_.end()) return;
  if (std::holds_alternative<DialInviter>(purpose->second.whom)) {
    pairing.dial_failed(turn, input.reason);
  } else if (std::holds_alternative<DialRelay>(purpose->second.whom)) {
    house.relays.lost(relay_of(purpose->second.address), input.reason, turn.now.instant);
  } else if (const auto* punch = std::get_if<DialPunch>(&purpose->second.whom)) {
    puncher_.failed({punch->device, punch->attempt}, input.reason, turn.now.instant);
  } else {
    plan_.failed(purpose->second, input.reason, turn.now.instant);
    if (std::holds_alternative<DialTyped>(purpose->second.whom))
      turn.note(step::NoteLevel::warning, "sync",
                "no connection to " + purpose->second.address + ": " + input.reason);
  }
  dialling_.erase(purpose);
  dial_due(house, turn, pairing);
}

void Links::close_all(House& house, Turn& turn, Pairing& pairing, const std::string& reason) {
  while (!entries_.empty()) drop(house, turn, pairing, entries_.begin()->first, reason);
}

// ---- dialling ------------------------------------------------------------------------------

bool Links::is_allowed(const House& house, const std::string& address) {
  plan_.set_mode(house.network);
  return plan_.is_allowed(address);
}

void Links::connect(Turn& turn, const std::string& address) {
  plan_.typed(address, turn.now.instant);
}

void Links::learned(House& house, Turn& turn, const sync::News::Learned& news) {
  if (!house.roster.devices().contains(news.device)) return;
  if (news.teller != news.device) {
    for (const std::string& told : news.addresses)
      if (may_be_passed_on(told)) plan_.heard(news.device, told, turn.now.instant);
    return;
  }
  const Entry* entry = find_device(news.device);
  const std::vector<std::string> before = plan_.addresses(news.device);
  sync::Addresses::Of fresh{news.device, {}};
  for (const std::string& told : news.addresses) {
    const std::string address =
        complete_address(told, entry == nullptr ? std::string() : entry->address);
    if (std::ranges::find(before, address) != before.end()) continue;
    plan_.remember(turn.draft, news.device, address);
    if (may_be_passed_on(address)) fresh.addresses.push_back(address);
  }
  if (fresh.addresses.empty()) return;
  for (const auto& [link, other] : entries_)
    if (other->device && *other->device != news.device)
      house.replicator->tell_addresses(*other->device, {fresh});
}

// Only what a device told of itself, or where it was reached: what is told from one to the next
// would never end.
void Links::tell_of_others(House& house, const DeviceId& device) {
  std::vector<sync::Addresses::Of> known;
  for (const auto& [other, admit] : house.roster.devices()) {
    if (other == device || other == house.identity->device) continue;
    sync::Addresses::Of of{other, plan_.addresses(other)};
    std::erase_if(of.addresses, [](const std::string& each) { return !may_be_passed_on(each); });
    if (!of.addresses.empty()) known.push_back(std::move(of));
  }
  house.replicator->tell_addresses(device, std::move(known));
}

void Links::dial_due(House& house, Turn& turn, Pairing& pairing) {
  std::vector<DialPurpose> due;
  plan_.set_mode(house.network);
  punch_due(house, turn);
  if (house.network == step::NetworkMode::off) return;
  if (const auto address = pairing.next_address(house, turn))
    due.push_back({DialInviter{}, *address});
  if (house.identity) {
    for (const auto& [device, admit] : house.roster.devices())
      if (device != house.identity->device) (void)plan_.load(turn.draft, device).has_value();
    for (DialPurpose& purpose : plan_.due(standing(), turn.now.instant))
      due.push_back(std::move(purpose));
    if (house.network == step::NetworkMode::anywhere)
      for (const std::string& relay : house.relays.due(turn.now.instant))
        due.push_back({DialRelay{}, std::string(relay_prefix) + relay});
  }
  for (DialPurpose& purpose : due) dial(house, turn, std::move(purpose));
}

void Links::dial(House& house, Turn& turn, DialPurpose purpose) {
  const Link link{next_link_++};
  const std::string to = is_relayed(purpose.address) ? relay_of(purpose.address) : purpose.address;
  // Not again from a port at which that relay may still know a connection that is dead.
  const bool from_door =
      std::holds_alternative<DialRelay>(purpose.whom) && !house.relays.has_failed(to);
  turn.effects.push_back(
      step::Dial{link, to, from_door ? step::DialFrom::door_or_any : step::DialFrom::any_port});
  dialling_.emplace(link, std::move(purpose));
}

std::optional<Instant> Links::deadline(const House& house) const {
  std::optional<Instant> first;
  const auto consider = [&](std::optional<Instant> at) {
    if (at && (!first || *at < *first)) first = at;
  };
  for (const auto& [link, entry] : entries_) {
    if (const auto* arrival = std::get_if<session::Arrival>(&entry->stage))
      consider(arrival->deadline());
    if (const auto* session = std::get_if<session::Session>(&entry->stage))
      consider(session->deadline());
    if (const auto* stage = std::get_if<PairingLink>(&entry->stage))
      consider(std::visit([](const auto& side) { return side.deadline(); }, **stage));
    if (const auto* control = std::get_if<ControlStage>(&entry->stage))
      consider((*control)->deadline());
    if (const auto* stage = std::get_if<SpliceStage>(&entry->stage))
      consider(stage->splice.deadline());
  }
  if (!house.identity || house.network == step::NetworkMode::off) return first;
  consider(plan_.deadline(standing()));
  if (house.network != step::NetworkMode::anywhere) return first;
  consider(house.relays.deadline());
  consider(puncher_.deadline());
  return first;
}

void Links::tick(House& house, Turn& turn, Pairing& pairing) {
  std::vector<std::pair<Link, std::string>> late;
  for (auto& [link, entry] : entries_) {
    Status ticked;
    if (const auto* arrival = std::get_if<session::Arrival>(&entry->stage)) {
      if (arrival->deadline() <= turn.now.instant) ticked = fail(Errc::timeout, "said nothing");
    } else if (auto* session = entry->session()) {
      ticked = session->tick(turn.now.instant);
    } else if (auto* control = std::get_if<ControlStage>(&entry->stage)) {
      ticked = (*control)->tick(turn.now);
    } else if (auto* stage = std::get_if<SpliceStage>(&entry->stage)) {
      ticked = stage->splice.tick(turn.now.instant);
    } else {
      ticked = std::visit([&](auto& side) { return side.tick(turn.now.instant); },
                          *std::get<PairingLink>(entry->stage));
    }
    if (!ticked)
      late.emplace_back(link,
                        std::string(name_of(ticked.error().code)) + " " + ticked.error().context);
  }
  for (const auto& [link, reason] : late) drop(house, turn, pairing, link, reason);
}

// ---- output --------------------------------------------------------------------------------

void Links::flush_one(Turn& turn, Entry& entry) {
  const auto take = [&](auto& source) {
    while (source.has_output() && entry.shell_queued < shell_queue_max) {
      Buffer bytes = source.take_output();
      if (bytes.empty()) break;
      entry.shell_queued += bytes.size();
      entry.bytes_sent += bytes.size();
      turn.effects.push_back(step::Send{entry.link, std::move(bytes)});
    }
  };
  const auto take_all = [&](Buffer bytes) {
    if (bytes.empty()) return;
    entry.shell_queued += bytes.size();
    turn.effects.push_back(step::Send{entry.link, std::move(bytes)});
  };
  if (auto* control = std::get_if<ControlStage>(&entry.stage)) take_all((*control)->take_output());
  if (auto* stage = std::get_if<SpliceStage>(&entry.stage)) take_all(stage->splice.take_output());
  if (auto* session = entry.session()) take(*session);
  if (auto* stage = std::get_if<PairingLink>(&entry.stage)) std::visit(take, **stage);
}

void Links::flush(Turn& turn) {
  std::vector<Link> finished;
  for (auto& [link, entry] : entries_) {
    flush_one(turn, *entry);
    if (entry->closing && entry->shell_queued == 0) finished.push_back(link);
  }
  for (const Link& link : finished) {
    turn.effects.push_back(step::Hangup{link, "done"});
    entries_.erase(link);
    dialling_.erase(link);
  }
}

void Links::drained(House& house, Turn& turn, const step::Drained& input) {
  const auto found = entries_.find(input.link);
  if (found == entries_.end()) return;
  Entry& entry = *found->second;
  entry.shell_queued = input.queued;
  flush_one(turn, entry);
  if (entry.device && house.replicator) {
    house.replicator->pump(entry.link, turn.now);
    flush_one(turn, entry);
  }
}

// ---- queries -------------------------------------------------------------------------------

Links::Entry* Links::find_device(const DeviceId& device) {
  for (auto& [link, entry] : entries_)
    if (entry->device == device && !entry->closing) return entry.get();
  return nullptr;
}
const Links::Entry* Links::find_device(const DeviceId& device) const {
  return const_cast<Links*>(this)->find_device(device);
}

std::vector<step::LinkStatus> Links::status_of(const DeviceId& device, Now now) const {
  std::vector<step::LinkStatus> out;
  for (const auto& [link, entry] : entries_) {
    if (entry->device != device) continue;
    out.push_back({entry->address, entry->dialled, step::LinkState::syncing,
                   now.instant - entry->since, entry->bytes_sent, entry->bytes_received,
                   entry->punched});
  }
  return out;
}

}  // namespace syncline::node
