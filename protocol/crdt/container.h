// SPDX-License-Identifier: Apache-2.0
//
// Container: a map, list, text, counter or set of a document.
//
// Containers hang under slots, and maps and lists consist of slots: that is the tree a document
// is. A container whose slot no longer holds it is gone, but keeps what late events may need.
#pragma once

#include "protocol/crdt/decimal.h"
#include "protocol/crdt/edit.h"
#include "protocol/crdt/item.h"
#include "protocol/crdt/op.h"
#include "protocol/crdt/sequence.h"
#include "protocol/crdt/slot.h"
#include "protocol/crdt/text_container.h"
#include "protocol/crdt/tree.h"
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
  std::variant<MapContainer, ListContainer, TextContainer, CounterContainer, SetContainer,
               TreeContainer>
      node;

  explicit Container(Kind kind);
  Kind kind() const { return static_cast<Kind>(node.index()); }
  MapContainer& map() { return std::get<MapContainer>(node); }
  ListContainer& list() { return std::get<ListContainer>(node); }
  TextContainer& text() { return std::get<TextContainer>(node); }
  TreeContainer& tree() { return std::get<TreeContainer>(node); }
  const MapContainer& map() const { return std::get<MapContainer>(node); }
  const TreeContainer& tree() const { return std::get<TreeContainer>(node); }
  const ListContainer& list() const { return std::get<ListContainer>(node); }

  // Removes everything inside that the author saw.
  void clear(const Edit& edit);
  bool pristine() const;
};

using text::byte_of_scalar;
using text::count_scalars;

}  // namespace syncline::crdt
