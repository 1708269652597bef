// SPDX-License-Identifier: Apache-2.0
//
// What other devices show, as long as they keep saying it.
#include "protocol/node/presence.h"
#include "protocol/wire/reader.h"

#include <algorithm>

namespace syncline::node {
namespace {

enum class Stage : std::uint8_t { early, now, over };

// How a preview stands to the events of its author that changed the entity: the one that it names
// is the last of them now, is not merged yet, or is not the last.
Stage stage_of(PresenceDesk& desk, const EntityId& entity, const LogId& log, std::uint64_t seq) {
  const auto state = desk.vault.view().find(desk.draft, entity);
  if (!state || *state == nullptr) return Stage::now;
  const SpaceMerge* merge = desk.vault.merge_of((*state)->space);
  if (merge == nullptr) return Stage::now;
  std::uint64_t last = 0;
  for (const crdt::EventId& row : (*state)->edits.rows())
    if (merge->table()[row.log] == log) last = row.seq;
  if (last == seq) return Stage::now;
  return last > seq ? Stage::over : Stage::early;
}

}  // namespace

std::optional<OtherSlots::Opened> OtherSlots::open(PresenceDesk& desk,
                                                   const sync::EphemeralMessage& message) const {
  SpaceMerge::Desk keys = desk.vault.desk(desk.draft);
  for (const space::SpaceKeys* epoch : keys.keys.epochs(message.space)) {
    const auto known = keys.entity_keys.by_tag(desk.draft, sync::unmask(message, epoch->header));
    if (!known) return std::nullopt;
    if (*known == nullptr || (*known)->space != message.space) continue;
    auto content = sync::open_ephemeral(message, (*known)->key);
    if (!content) return std::nullopt;
    return Opened{(*known)->entity, std::move(*content)};
  }
  return std::nullopt;
}

bool OtherSlots::is_allowed(const DeviceId& device, const EntityId& entity, Instant now) {
  const std::pair key{device, entity};
  if (!spent_.contains(key) && spent_.size() >= allowances_max) {
    // Those that are full again need not be remembered.
    constexpr auto refilled = std::chrono::seconds(entity_rule.burst / entity_rule.per_second + 1);
    std::erase_if(spent_, [&](const auto& entry) { return entry.second.last + refilled < now; });
    if (spent_.size() >= allowances_max) return false;
  }
  Spent& spent = spent_[key];
  spent.last = now;
  return spent.allowance.take(1, entity_rule, now);
}

bool OtherSlots::has_room(const Place& place, std::size_t size) const {
  std::size_t bytes = size;
  std::size_t bytes_of_device = size;
  std::size_t slots = 1;
  std::size_t slots_of_device = 1;
  const auto count = [&](const DeviceId& device, const Held& held) {
    ++slots;
    bytes += held.size;
    if (device != place.first) return;
    ++slots_of_device;
    bytes_of_device += held.size;
  };
  for (const auto& [other, held] : slots_)
    if (other != place) count(other.first, held);
  for (const auto& [key, coming] : coming_)
    if (coming.place != place) count(key.first, coming.held);
  return slots <= slots_max && slots_of_device <= slots_per_device_max && bytes <= bytes_max &&
         bytes_of_device <= bytes_per_device_max;
}

std::optional<std::pair<OtherSlots::Held, step::PresenceRow>> OtherSlots::read(
    PresenceDesk& desk, const sync::EphemeralMessage& message, const Opened& opened) {
  Held held;
  held.entity = opened.entity;
  held.until = desk.now.instant + opened.content.lifetime;
  held.size = opened.content.body.size();
  step::PresenceRow row;
  row.entity = opened.entity;
  row.device = message.author;
  row.device_name = desk.vault.device_name(message.author);
  row.slot = message.slot;
  row.since = opened.content.since;
  if (opened.content.kind == sync::EphemeralKind::preview) {
    auto preview = decode_preview(opened.content.body);
    if (!preview || stage_of(desk, opened.entity, preview->log, preview->seq) == Stage::over)
      return std::nullopt;
    held.log = preview->log;
    held.seq = preview->seq;
    row.version = std::move(preview->version);
    row.ops = std::move(preview->ops);
    held.kind = row.kind = step::PresenceKind::preview;
  } else {
    const Bytes body = opened.content.body;
    const bool is_text = wire::is_utf8(body) && std::count(body.begin(), body.end(), 0) == 0;
    if (!is_text || body.size() > limits::presence_value_size_max) return std::nullopt;
    row.value = to_text(body);
  }
  return std::pair(std::move(held), std::move(row));
}

void OtherSlots::received(PresenceDesk& desk, const sync::EphemeralMessage& message) {
  auto opened = open(desk, message);
  if (!opened || !is_allowed(message.author, opened->entity, desk.now.instant)) return;
  const Place place{message.author, message.slot};
  const auto older = slots_.find(place);
  auto read_now =
      opened->content.lifetime.count() == 0 ? std::nullopt : read(desk, message, *opened);
  crypto::wipe(opened->content.body);
  // Empty, over, or of a form that this program does not know: in any case not what was there.
  if (!read_now || !has_room(place, read_now->first.size)) {
    std::erase_if(coming_, [&](const auto& each) { return each.second.place == place; });
    if (older != slots_.end()) drop(desk, older);
    return;
  }
  auto& [held, row] = *read_now;
  // A slot that moved to another entity has left the first one.
  if (older != slots_.end() && older->second.entity != held.entity) drop(desk, older);
  if (held.kind != step::PresenceKind::preview) {
    slots_.insert_or_assign(place, held);
    return desk.changes.show(std::move(row), desk.effects);
  }
  if (stage_of(desk, held.entity, held.log, held.seq) == Stage::now)
    return replace(desk, place, std::move(held), std::move(row));
  // What is shown goes on being shown until then: its author does not say it any more.
  for (auto& [other, shown] : slots_)
    if (other.first == message.author && shown.kind == held.kind && shown.entity == held.entity)
      shown.until = std::max(shown.until, held.until);
  coming_.insert_or_assign({message.author, held.entity},
                           Coming{place, std::move(held), std::move(row)});
}

void OtherSlots::replace(PresenceDesk& desk, const Place& place, Held held, step::PresenceRow row) {
  desk.changes.hold();
  for (auto next = slots_.begin(); next != slots_.end();) {
    const bool replaced = next->first != place && next->first.first == place.first &&
                          next->second.kind == held.kind && next->second.entity == held.entity;
    next = replaced ? drop(desk, next) : std::next(next);
  }
  coming_.erase({place.first, held.entity});
  slots_.insert_or_assign(place, std::move(held));
  desk.changes.show(std::move(row), desk.effects);
  desk.changes.release(desk.effects);
}

OtherSlots::Slots::iterator OtherSlots::drop(PresenceDesk& desk, Slots::iterator slot) {
  desk.changes.hide(slot->first, desk.effects);
  return slots_.erase(slot);
}

void OtherSlots::entity_changed(PresenceDesk& desk, const EntityId& entity) {
  for (auto next = slots_.begin(); next != slots_.end();) {
    const Held& held = next->second;
    const bool over = held.kind == step::PresenceKind::preview && held.entity == entity &&
                      stage_of(desk, entity, held.log, held.seq) == Stage::over;
    next = over ? drop(desk, next) : std::next(next);
  }
  for (auto next = coming_.begin(); next != coming_.end();) {
    const auto current = next++;
    const Held& held = current->second.held;
    if (held.entity != entity) continue;
    const Stage stage = stage_of(desk, entity, held.log, held.seq);
    if (stage == Stage::early) continue;
    Coming coming = std::move(current->second);
    coming_.erase(current);
    if (stage == Stage::now)
      replace(desk, coming.place, std::move(coming.held), std::move(coming.row));
  }
}

void OtherSlots::settle(PresenceDesk& desk) {
  for (auto next = slots_.begin(); next != slots_.end();)
    next = next->second.until <= desk.now.instant ? drop(desk, next) : std::next(next);
  std::erase_if(coming_,
                [&](const auto& each) { return each.second.held.until <= desk.now.instant; });
}

void OtherSlots::end(PresenceDesk& desk) {
  for (auto next = slots_.begin(); next != slots_.end();) next = drop(desk, next);
  coming_.clear();
  spent_.clear();
}

std::optional<Instant> OtherSlots::deadline() const {
  std::optional<Instant> first;
  for (const auto& [place, held] : slots_)
    if (!first || held.until < *first) first = held.until;
  for (const auto& [key, coming] : coming_)
    if (!first || coming.held.until < *first) first = coming.held.until;
  return first;
}

}  // namespace syncline::node
