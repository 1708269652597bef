// SPDX-License-Identifier: Apache-2.0
//
// Slot: a place of a document where values are put, under a key of a map or in an item.
//
// It is a multi-value register: it holds every value that no later event covered (Spec C10).
// Containers hang under it, one of each kind (Spec C11).
#pragma once

#include "protocol/crdt/edit.h"
#include "protocol/crdt/op.h"

#include <memory>
#include <optional>
#include <vector>

namespace syncline::crdt {

struct Container;

// Decides between what did not know of each other. Spec C12.
struct Rank {
  std::uint64_t lamport = 0;
  LogIndex log = 0;
  std::uint32_t op = 0;
};
bool ranks_before(const Edit& edit, const Rank& a, const Rank& b);

// What of `version` the author had not seen.
VersionVector without_covered(const VersionVector& version, const View& view);

// A value somebody put here; for a container the newest event of one log that needed it.
struct Entry {
  EventId event;
  std::uint32_t op = 0;
  std::uint64_t lamport = 0;
  WallTime wall;
  ItemValue value;

  Rank rank() const { return {lamport, event.log, op}; }
};

// A removal that nothing explicit covered yet.
struct Removal {
  EventId event;
  WallTime wall;
  // Per log the newest event that put or used a value here without knowing of the removal.
  VersionVector contested_by;
};

struct Child {
  Kind kind = Kind::map;
  std::unique_ptr<Container> container;
};

// What a removal leaves behind: a trace in the slot itself, none further down.
enum class Because : std::uint8_t { removed_here, removed_above };

class Slot {
 public:
  Slot();
  ~Slot();
  Slot(Slot&&) noexcept;
  Slot& operator=(Slot&&) noexcept;

  bool shown() const { return !entries.empty(); }
  // Nothing that another device could need.
  bool pristine() const { return entries.empty() && children.empty() && removals.empty(); }
  Container* child(Kind kind) const;
  bool holds(Kind kind) const;

  // Replaces everything the author saw.
  void assign(const Edit& edit, const ItemValue& value);
  void remove(const Edit& edit, Because because);
  // Replaces everything the author saw but the container of this kind.
  void keep(const Edit& edit, Kind kind);
  // An op goes through the container of this kind: it is there from now on.
  Container& enter(const Edit& edit, Kind kind);

  // Highest first by (lamport, log id, op): the first is the one that is shown. Spec C12.
  std::vector<Entry> entries;
  std::vector<Child> children;  // ascending by kind
  std::vector<Removal> removals;

 private:
  void cover(const Edit& edit, std::optional<Kind> spared);
  void put(const Edit& edit, const ItemValue& value);
  bool renew(const Edit& edit, Kind kind);
  Container& ensure(Kind kind);
};

}  // namespace syncline::crdt
