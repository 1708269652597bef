// SPDX-License-Identifier: Apache-2.0
//
// What is shown here, and how it is said to others. The slots of others: presence_others.cpp.
#include "protocol/node/presence.h"

#include "protocol/space/own_log.h"

#include <algorithm>

namespace syncline::node {
namespace {

// Errors: Errc::not_found; Errc::corrupt, Errc::io.
Result<const EntityState*> find_entity(PresenceDesk& desk, const EntityId& entity) {
  const auto state = desk.vault.view().find(desk.draft, entity);
  if (!state) return pass(state);
  if (*state == nullptr || !(*state)->exists() || (*state)->is_deleted())
    return fail(Errc::not_found, "no such entity; `syncline ls` lists them");
  return *state;
}

// The last event of this device that changed the entity.
void name_last_event(PresenceDesk& desk, const EntityState& state, SentPreview& preview) {
  const SpaceMerge* merge = desk.vault.merge_of(state.space);
  const auto origin = space::find_own_log(desk.draft, state.space);
  if (merge == nullptr || !origin || !*origin) return;
  preview.log = log::log_id_of(**origin);
  for (const crdt::EventId& row : state.edits.rows())
    if (merge->table()[row.log] == preview.log) preview.seq = row.seq;
}

}  // namespace

// ---- one slot ------------------------------------------------------------------------------

Result<OwnSlots::Slots::iterator> OwnSlots::slot_for(PresenceDesk& desk, const Wanted& wanted) {
  const auto found = std::find_if(slots_.begin(), slots_.end(), [&](const auto& entry) {
    const Slot& slot = entry.second;
    return slot.kind == wanted.kind && slot.entity == wanted.entity && slot.caller == wanted.caller;
  });
  if (found != slots_.end()) return found;
  if (slots_.size() >= slots_max)
    return fail(Errc::limit, "too much presence is shown here; clear some with presence.clear");
  const auto state = find_entity(desk, wanted.entity);
  if (!state) return pass(state);
  Slot slot;
  slot.kind = wanted.kind;
  slot.entity = wanted.entity;
  slot.space = (*state)->space;
  slot.caller = wanted.caller;
  slot.since = desk.now.wall;
  return slots_.emplace(++last_number_, std::move(slot)).first;
}

void OwnSlots::replace(Slot& slot, Buffer body, Instant now) {
  crypto::wipe(slot.body);
  slot.body = std::move(body);
  slot.due = slot.said ? std::max(now, *slot.said + pause) : now;
}

void OwnSlots::say(PresenceDesk& desk, std::uint32_t number, Slot& slot,
                   std::chrono::milliseconds lifetime) const {
  SpaceMerge::Desk keys = desk.vault.desk(desk.draft);
  const auto known = keys.entity_keys.by_entity(desk.draft, slot.space, slot.entity);
  const space::SpaceKeys* newest = desk.vault.keys().newest(slot.space);
  if (!known || *known == nullptr || newest == nullptr) return;
  sync::EphemeralContent content{slot.kind, lifetime, slot.since, {}};
  if (lifetime.count() > 0) content.body = slot.body;
  desk.relay.send(sync::seal_ephemeral({desk.vault.keys().vault(), desk.vault.device(),
                                        desk.relay.next_counter(desk.now.wall), number, slot.space},
                                       {(*known)->key, newest->header, desk.vault.secrets().sign},
                                       content, desk.random));
  crypto::wipe(content.body);
  slot.said = desk.now.instant;
}

OwnSlots::Slots::iterator OwnSlots::empty(PresenceDesk& desk, Slots::iterator slot) {
  if (slot->second.said) say(desk, slot->first, slot->second, {});
  if (slot->second.kind == sync::EphemeralKind::presence)
    desk.changes.hide({desk.vault.device(), slot->first}, desk.effects);
  crypto::wipe(slot->second.body);
  return slots_.erase(slot);
}

// ---- presence ------------------------------------------------------------------------------

Result<step::PresenceAnswer> OwnSlots::set(PresenceDesk& desk, const step::PresenceSet& command) {
  if (command.value.size() > limits::presence_value_size_max)
    return fail(Errc::oversized, "the value is longer than 4096 bytes as JSON; show less");
  const auto found =
      slot_for(desk, {sync::EphemeralKind::presence, command.entity, command.caller});
  if (!found) return pass(found);
  const auto& [number, slot] = **found;
  replace((*found)->second, to_buffer(as_bytes(command.value)), desk.now.instant);
  (*found)->second.until.reset();
  if (command.lifetime) (*found)->second.until = desk.now.instant + *command.lifetime;
  step::PresenceRow row;
  row.kind = step::PresenceKind::presence;
  row.entity = command.entity;
  row.device = desk.vault.device();
  row.device_name = desk.vault.device_name(row.device);
  row.slot = number;
  row.since = slot.since;
  row.value = command.value;
  desk.changes.show(std::move(row), desk.effects);
  return step::PresenceAnswer{number};
}

void OwnSlots::clear(PresenceDesk& desk, const step::PresenceClear& command) {
  for (auto next = slots_.begin(); next != slots_.end();) {
    const Slot& slot = next->second;
    const bool meant = slot.kind == sync::EphemeralKind::presence &&
                       slot.caller == command.caller &&
                       (!command.entity || slot.entity == *command.entity);
    next = meant ? empty(desk, next) : std::next(next);
  }
}

Result<step::PresencesAnswer> Presence::list(PresenceDesk& desk,
                                             const step::PresenceList& command) {
  const auto state = find_entity(desk, command.entity);
  if (!state) return pass(state);
  return step::PresencesAnswer{
      desk.changes.board().at(command.entity, step::PresenceKind::presence)};
}

// ---- previews ------------------------------------------------------------------------------

Status OwnSlots::publish(PresenceDesk& desk, const EntityId& entity, const Preview& preview) {
  const auto state = find_entity(desk, entity);
  if (!state) return pass(state);
  const SpaceMerge* merge = desk.vault.merge_of((*state)->space);
  if (merge == nullptr) return fail(Errc::not_found, "no such space");
  SentPreview sent;
  sent.version = (*state)->version(merge->table());
  sent.ops = ops_of(preview);
  name_last_event(desk, **state, sent);
  auto body = encode_preview(sent);
  if (!body) return pass(body);
  const auto found = slot_for(desk, {sync::EphemeralKind::preview, entity, CallerId{}});
  if (!found) return pass(found);
  replace((*found)->second, std::move(*body), desk.now.instant);
  return {};
}

void OwnSlots::withdraw(PresenceDesk& desk, const EntityId& entity) {
  for (auto next = slots_.begin(); next != slots_.end();) {
    const bool meant =
        next->second.kind == sync::EphemeralKind::preview && next->second.entity == entity;
    next = meant ? empty(desk, next) : std::next(next);
  }
}

void OwnSlots::committed(const EntityId& entity) {
  std::erase_if(slots_, [&](const auto& entry) {
    return entry.second.kind == sync::EphemeralKind::preview && entry.second.entity == entity;
  });
}

// ---- time ----------------------------------------------------------------------------------

void OwnSlots::settle(PresenceDesk& desk) {
  const Instant now = desk.now.instant;
  const bool again = desk.relay.take_newcomers();
  for (auto next = slots_.begin(); next != slots_.end();) {
    Slot& slot = next->second;
    if (slot.until && *slot.until <= now) {
      next = empty(desk, next);
      continue;
    }
    if (again) slot.due = slot.said ? std::max(now, *slot.said + pause) : now;
    if (slot.due && *slot.due <= now) {
      std::chrono::milliseconds lifetime = limits::ephemeral_lifetime_max;
      if (slot.until)
        lifetime =
            std::min(lifetime, std::chrono::ceil<std::chrono::milliseconds>(*slot.until - now));
      slot.due.reset();
      // Nobody to tell: whoever gets linked is told then.
      if (desk.relay.has_links()) {
        say(desk, next->first, slot, lifetime);
        slot.due = now + repeat;
      }
    }
    ++next;
  }
}

void OwnSlots::end(PresenceDesk& desk) {
  for (auto next = slots_.begin(); next != slots_.end();) next = empty(desk, next);
}

std::optional<Instant> OwnSlots::deadline() const {
  std::optional<Instant> first;
  const auto consider = [&](const std::optional<Instant>& at) {
    if (at && (!first || *at < *first)) first = at;
  };
  for (const auto& [number, slot] : slots_) {
    consider(slot.until);
    consider(slot.due);
  }
  return first;
}

std::optional<Instant> Presence::deadline() const {
  const auto own = own_.deadline();
  const auto others = others_.deadline();
  if (own && others) return std::min(*own, *others);
  return own ? own : others;
}

}  // namespace syncline::node
