// SPDX-License-Identifier: Apache-2.0
//
// PastEvent: one event of an entity as its history keeps it.
//
// What is left of an event once it was opened: who, when, what its author had seen of this entity,
// and the ops. Logs are named by LogIndex, so a history stays on its device.
#pragma once

#include "protocol/base/time.h"
#include "protocol/crdt/op.h"
#include "protocol/crdt/version.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::history {

enum class EventKind : std::uint8_t {
  edit = 0,
  create = 1,
  remove = 2,  // of the entity as a whole
};

struct PastEvent {
  crdt::EventId id;
  std::uint64_t lamport = 0;
  WallTime wall;
  // What its author had seen: rows of this entity's logs at least.
  crdt::VersionVector past;
  EventKind kind = EventKind::edit;
  std::string type;           // of create
  std::vector<crdt::Op> ops;  // every change of a text as a TextEdit
};

// The same, looked at where it is.
struct PastEventView {
  crdt::EventId id;
  std::uint64_t lamport = 0;
  WallTime wall;
  const crdt::VersionVector& past;
  EventKind kind = EventKind::edit;
  std::string_view type;
  std::span<const crdt::Op> ops;
};
inline PastEventView view_of(const PastEvent& event) {
  return {event.id, event.lamport, event.wall, event.past, event.kind, event.type, event.ops};
}

}  // namespace syncline::history
