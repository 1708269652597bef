// SPDX-License-Identifier: Apache-2.0
//
// Presence: what programs and people show of themselves while they are there. Never stored.
//
// Exists while the vault is unlocked. Own slots are said again as long as they last, those of
// others are forgotten when they are not. It seals and opens; who may say how much on a link is
// sync/ephemeral_relay.h. A caller makes a Desk for each call and keeps none.
#pragma once

#include "protocol/node/changes.h"
#include "protocol/node/open_vault.h"
#include "protocol/node/presence_preview.h"
#include "protocol/sync/ephemeral_relay.h"

#include <map>
#include <optional>

namespace syncline::node {

struct PresenceDesk {
  OpenVault& vault;
  log::Draft& draft;
  Random& random;
  sync::EphemeralRelay& relay;
  Changes& changes;
  std::vector<step::Effect>& effects;
  Now now;
};

// What this device shows.
class OwnSlots {
 public:
  Result<step::PresenceAnswer> set(PresenceDesk& desk, const step::PresenceSet& command);
  // Empties the caller's slot at the entity, or all of its slots.
  void clear(PresenceDesk& desk, const step::PresenceClear& command);
  // Replaces the preview of this device at the entity.
  Status publish(PresenceDesk& desk, const EntityId& entity, const Preview& preview);
  void withdraw(PresenceDesk& desk, const EntityId& entity);
  // An own event changed the entity. Others find out by the event itself.
  void committed(const EntityId& entity);
  // Says what is due and ends what has had its time.
  void settle(PresenceDesk& desk);
  // Empties every slot.
  void end(PresenceDesk& desk);
  std::optional<Instant> deadline() const;

  static constexpr std::size_t slots_max = sync::EphemeralRelay::slots_per_author_max;
  // At most so often is a slot said: far above what an eye can follow, and newer values replace
  // older ones meanwhile.
  static constexpr auto pause = std::chrono::milliseconds(50);
  static constexpr auto repeat = std::chrono::seconds(10);

 private:
  struct Slot {
    sync::EphemeralKind kind{};
    EntityId entity;
    SpaceId space;
    CallerId caller;  // of presence
    Buffer body;
    WallTime since;
    std::optional<Instant> until;
    std::optional<Instant> said;
    std::optional<Instant> due;
  };
  using Slots = std::map<std::uint32_t, Slot>;

  struct Wanted {
    sync::EphemeralKind kind{};
    EntityId entity;
    CallerId caller;
  };
  // The slot of that kind, entity and caller, made if need be.
  Result<Slots::iterator> slot_for(PresenceDesk& desk, const Wanted& wanted);
  Slots::iterator empty(PresenceDesk& desk, Slots::iterator slot);
  void say(PresenceDesk& desk, std::uint32_t number, Slot& slot,
           std::chrono::milliseconds lifetime) const;
  static void replace(Slot& slot, Buffer body, Instant now);

  Slots slots_;
  std::uint32_t last_number_ = 0;
};

// What other devices show.
class OtherSlots {
 public:
  // A message that the relay let through. What cannot be opened or has no room is ignored.
  void received(PresenceDesk& desk, const sync::EphemeralMessage& message);
  // Events changed the entity: previews that became events are over, and those that waited for
  // them take their place.
  void entity_changed(PresenceDesk& desk, const EntityId& entity);
  void settle(PresenceDesk& desk);
  void end(PresenceDesk& desk);
  std::optional<Instant> deadline() const;
  std::size_t size() const { return slots_.size() + coming_.size(); }

  static constexpr std::size_t slots_max = 1024;
  static constexpr std::size_t slots_per_device_max = 128;
  static constexpr std::size_t bytes_max = 4 * 1024 * 1024;
  static constexpr std::size_t bytes_per_device_max = 512 * 1024;
  // Of one device at one entity, each message costs one: all its slots at once, and more.
  static constexpr sync::AllowanceRule entity_rule{160, 40};
  static constexpr std::size_t allowances_max = 1024;

 private:
  using Place = PresenceBoard::Place;
  struct Held {
    EntityId entity;
    step::PresenceKind kind{};
    Instant until;
    std::size_t size = 0;
    LogId log;  // of a preview, as in SentPreview
    std::uint64_t seq = 0;
  };
  struct Opened {
    EntityId entity;
    sync::EphemeralContent content;
  };
  using Slots = std::map<Place, Held>;
  std::optional<Opened> open(PresenceDesk& desk, const sync::EphemeralMessage& message) const;
  bool is_allowed(const DeviceId& device, const EntityId& entity, Instant now);
  bool has_room(const Place& place, std::size_t size) const;
  // The row and the bookkeeping of a message; nothing if it says nothing sensible.
  static std::optional<std::pair<Held, step::PresenceRow>> read(
      PresenceDesk& desk, const sync::EphemeralMessage& message, const Opened& opened);
  Slots::iterator drop(PresenceDesk& desk, Slots::iterator slot);
  // In one step, with whatever the author previewed there before.
  void replace(PresenceDesk& desk, const Place& place, Held held, step::PresenceRow row);

  // A preview that names an event which is not merged yet: one for each author and entity.
  struct Coming {
    Place place;
    Held held;
    step::PresenceRow row;
  };
  std::map<std::pair<DeviceId, EntityId>, Coming> coming_;

  struct Spent {
    sync::Allowance allowance;
    Instant last;
  };
  Slots slots_;
  std::map<std::pair<DeviceId, EntityId>, Spent> spent_;
};

class Presence {
 public:
  // ---- local programs
  Result<step::PresenceAnswer> set(PresenceDesk& desk, const step::PresenceSet& command) {
    return own_.set(desk, command);
  }
  void clear(PresenceDesk& desk, const step::PresenceClear& command) { own_.clear(desk, command); }
  // Errors: Errc::not_found.
  static Result<step::PresencesAnswer> list(PresenceDesk& desk, const step::PresenceList& command);

  // ---- typing that is no event yet. One preview an entity; it is said again until it is
  // withdrawn, replaced, or an own event of the entity is written.
  // Errors: Errc::not_found, Errc::oversized, Errc::invalid, Errc::limit.
  Status publish_preview(PresenceDesk& desk, const EntityId& entity, const Preview& preview) {
    return own_.publish(desk, entity, preview);
  }
  void withdraw_preview(PresenceDesk& desk, const EntityId& entity) { own_.withdraw(desk, entity); }

  // ---- the node
  void received(PresenceDesk& desk, const sync::EphemeralMessage& message) {
    others_.received(desk, message);
  }
  void entity_changed(PresenceDesk& desk, const EntityId& entity, const Touch& touch) {
    if (touch.local) own_.committed(entity);
    others_.entity_changed(desk, entity);
  }
  void settle(PresenceDesk& desk) {
    own_.settle(desk);
    others_.settle(desk);
  }
  // The vault is about to be locked: says so, and leaves nothing to be seen.
  void end(PresenceDesk& desk) {
    own_.end(desk);
    others_.end(desk);
  }
  std::optional<Instant> deadline() const;
  std::size_t others() const { return others_.size(); }

 private:
  OwnSlots own_;
  OtherSlots others_;
};

}  // namespace syncline::node
