// SPDX-License-Identifier: Apache-2.0
//
// EntityState: one entity as this device has it: its document and whether it is deleted.
//
// Built by applying the entity's events; kept sealed in the view (view.h) and rebuilt from
// the log at will. An entity is deleted when a deletion had seen every edit; an edit that a
// deletion had not seen brings it back, flagged (Spec C18).
#pragma once

#include "protocol/crdt/document.h"
#include "protocol/node/entity_body.h"
#include "protocol/node/entity_history.h"
#include "protocol/step/answer.h"

#include <string>
#include <vector>

namespace syncline::node {

struct EntityState {
  EntityId entity;
  SpaceId space;
  std::string type;
  WallTime created;
  WallTime changed;
  // What each deletion had seen, the deletion itself included. Covered ones are dropped.
  std::vector<crdt::VersionVector> removals;
  // The newest deletion and the newest edit of each log: after a restart, events may come again
  // (Spec C19).
  crdt::VersionVector removed;
  crdt::VersionVector edits;
  crdt::Document document;
  EntityHistory history;

  bool exists() const { return !edits.empty(); }
  bool is_deleted() const;
  // Somebody deleted it without knowing an edit that brought it back.
  bool is_revived() const;

  // Applies one event. The result is that of the document; a deletion counts as a change.
  // Requires: !document.wants_history(context.past).
  crdt::Applied apply(const crdt::EventContext& context, const EntityBody& body);
  // An opaque text that names what was applied: equal on devices that applied the same events.
  std::string version(const crdt::LogTable& logs) const;
  std::uint32_t conflict_count() const;
  // The first short text of the document, for a person to recognise the entity by.
  std::string title(const crdt::Value& value) const;

 private:
  void remember(const crdt::EventContext& context, const EntityBody& body);
  void take_creation(const std::string& its_type, WallTime at);
};

Buffer encode_state(EntityState& state);
// Errors: Errc::corrupt.
Result<EntityState> decode_state(Bytes bytes);

}  // namespace syncline::node
