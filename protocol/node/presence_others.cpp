// SPDX-License-Identifier: Apache-2.0
//
// What other devices show, as long as they keep saying it.
#include "protocol/node/presence.h"
#include "protocol/wire/reader.h"

#include <algorithm>

namespace syncline::node {
namespace {

// The author's last event that changed the entity came after the preview was made.
bool is_over(PresenceDesk& desk, const EntityId& entity, const LogId& log, std::uint64_t seq) {
  const auto state = desk.vault.view().find(desk.draft, entity);
  if (!state || *state == nullptr) return false;
  const SpaceMerge* merge = desk.vault.merge_of((*state)->space);
  if (merge == nullptr) return false;
  const auto& rows = (*state)->edits.rows();
  return std::any_of(rows.begin(), rows.end(), [&](const crdt::EventId& row) {
    return merge->table()[row.log] == log && row.seq > seq;
  });
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
  for (const auto& [other, held] : slots_) {
    if (other == place) continue;
    ++slots;
    bytes += held.size;
    if (other.first != place.first) continue;
    ++slots_of_device;
    bytes_of_device += held.size;
  }
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
    if (!preview || is_over(desk, opened.entity, preview->log, preview->seq)) return std::nullopt;
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
    if (older != slots_.end()) drop(desk, older);
    return;
  }
  auto& [held, row] = *read_now;
  // A slot that moved to another entity has left the first one.
  if (older != slots_.end() && older->second.entity != held.entity) drop(desk, older);
  if (held.kind == step::PresenceKind::preview) {
    for (auto next = slots_.begin(); next != slots_.end();) {
      const bool replaced = next->first != place && next->first.first == message.author &&
                            next->second.kind == held.kind && next->second.entity == held.entity;
      next = replaced ? drop(desk, next) : std::next(next);
    }
  }
  slots_.insert_or_assign(place, held);
  desk.changes.show(std::move(row), desk.effects);
}

OtherSlots::Slots::iterator OtherSlots::drop(PresenceDesk& desk, Slots::iterator slot) {
  desk.changes.hide(slot->first, desk.effects);
  return slots_.erase(slot);
}

void OtherSlots::entity_changed(PresenceDesk& desk, const EntityId& entity) {
  for (auto next = slots_.begin(); next != slots_.end();) {
    const Held& held = next->second;
    const bool over = held.kind == step::PresenceKind::preview && held.entity == entity &&
                      is_over(desk, entity, held.log, held.seq);
    next = over ? drop(desk, next) : std::next(next);
  }
}

void OtherSlots::settle(PresenceDesk& desk) {
  for (auto next = slots_.begin(); next != slots_.end();)
    next = next->second.until <= desk.now.instant ? drop(desk, next) : std::next(next);
}

void OtherSlots::end(PresenceDesk& desk) {
  for (auto next = slots_.begin(); next != slots_.end();) next = drop(desk, next);
  spent_.clear();
}

std::optional<Instant> OtherSlots::deadline() const {
  std::optional<Instant> first;
  for (const auto& [place, held] : slots_)
    if (!first || held.until < *first) first = held.until;
  return first;
}

}  // namespace syncline::node
