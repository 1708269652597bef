// SPDX-License-Identifier: Apache-2.0
//
// Slot and Container: the tree a document consists of.
//
// A slot (under a map key, or a list item) is a multi-value register: it holds every value
// that no later event covered (Spec C10). Containers hang under slots, one for each kind (Spec
// C11); one without an entry in its slot is gone but keeps what late events may need.
#pragma once

#include "protocol/crdt/decimal.h"
#include "protocol/crdt/edit.h"
#include "protocol/crdt/op.h"
#include "protocol/crdt/sequence.h"
#include "protocol/crdt/text_container.h"
#include "protocol/crdt/value.h"
#include "protocol/text/utf8.h"

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace syncline::crdt {

struct Container;

// A value somebody put here; for a container the newest event of one log that needed it.
struct Entry {
  EventId event;
  std::uint32_t op = 0;
  std::uint64_t lamport = 0;
  WallTime wall;
  ItemValue value;
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
  Container& ensure(Kind kind);
};

// Spec C15: a list item is a slot, and when it was used, which decides at which versions it is
// shown.
struct Item {
  // Events first to last of one log, all of which put or used a value here.
  struct Use {
    LogIndex log = 0;
    std::uint64_t first = 0, last = 0;
    std::vector<EventId> removed_by;
  };
  Slot slot;
  std::vector<Use> uses;

  void add_use(const EventId& event);
  void remove_uses(const Edit& edit);
};

struct ListContent {
  // Each removed item keeps its own account.
  static constexpr std::uint64_t removable_max = 1;
  std::vector<std::unique_ptr<Item>> items;

  bool revived() const { return items.front()->slot.shown(); }
  bool revived_in(const View& view) const;
  ListContent split(std::uint64_t offset, std::uint64_t length);
  void append(ListContent&& more);
  void remove(const Edit& edit, Because because);
  std::size_t size_bytes() const;
};

using ListContainer = Sequence<ListContent>;

struct MapContainer {
  std::map<std::string, Slot, std::less<>> slots;
};

struct CounterContainer {
  struct Increment {
    std::uint64_t seq = 0;
    Decimal amount;
  };
  struct Author {
    LogIndex log = 0;
    std::vector<Increment> increments;  // ascending by seq
  };
  std::vector<Author> authors;  // ascending by log, none empty
  DecimalSum sum;

  void add(const EventId& event, const Decimal& amount);
};

struct ScalarLess {
  bool operator()(const Scalar& a, const Scalar& b) const { return scalar_less(a, b); }
};

struct SetContainer {
  // Per log the newest event that added the element; none empty. Spec C17.
  std::map<Scalar, VersionVector, ScalarLess> tags;
};

struct Container {
  // In the order of Kind.
  std::variant<MapContainer, ListContainer, TextContainer, CounterContainer, SetContainer> node;

  explicit Container(Kind kind);
  Kind kind() const { return static_cast<Kind>(node.index()); }
  MapContainer& map() { return std::get<MapContainer>(node); }
  ListContainer& list() { return std::get<ListContainer>(node); }
  TextContainer& text() { return std::get<TextContainer>(node); }
  const MapContainer& map() const { return std::get<MapContainer>(node); }
  const ListContainer& list() const { return std::get<ListContainer>(node); }

  // Removes everything inside that the author saw.
  void clear(const Edit& edit);
  bool pristine() const;
};

using text::byte_of_scalar;
using text::count_scalars;

}  // namespace syncline::crdt
