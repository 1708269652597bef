// SPDX-License-Identifier: Apache-2.0
//
// Shape: a document or a part of it with its kinds, as it is or as somebody wants it.
//
// Value says how a document reads; Shape also says what it is made of, so that two can be
// compared and one turned into the other (value_diff.h). A shape that is wanted may leave kinds
// open: a string fits a text as well as a leaf, an array a set as well as a list.
#pragma once

#include "protocol/base/result.h"
#include "protocol/crdt/decimal.h"
#include "protocol/crdt/op.h"
#include "protocol/crdt/value.h"
#include "protocol/crdt/version.h"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace syncline::crdt {

struct Shape;
using ShapeList = std::vector<Shape>;
using ShapeMap = std::map<std::string, Shape>;

// How a slot stands that somebody shows.
enum class Standing : std::uint8_t {
  agreed,
  contested,  // other values are kept beside it
  ruled,      // a rule made the value of those that are kept (rules.h): nobody wrote it
};

// An item of a list, wherever it stands: the event that put it there, and its number from 0 among
// those that the same log has put there.
struct ItemName {
  EventId put_by;
  std::uint64_t number = 0;

  auto operator<=>(const ItemName&) const = default;
};

struct Shape {
  // Nothing: a leaf; or, of what is wanted, whatever kind fits what is there.
  std::optional<Kind> kind;
  // Of a text and a counter the scalar they read as, of a set its elements, of a tree its nodes:
  // maps with "id", "parent" and "value", each after its parent, siblings in order.
  std::variant<Scalar, ShapeList, ShapeMap> node;
  Standing standing = Standing::agreed;
  // Of a node of a tree, its position among its siblings; says nothing about how it reads.
  std::string place = {};
  // No part of what is compared, and only in a document: which item of a list it is, and what a
  // counter was added up from.
  std::optional<ItemName> name = {};
  std::optional<DecimalSum> sum = {};

  bool operator==(const Shape& other) const {
    return kind == other.kind && node == other.node && standing == other.standing &&
           place == other.place;
  }
};

// One of the nodes of a tree, taken apart; nothing if it is not written as one.
struct NodeShape {
  std::string id;
  std::string parent;            // empty: at the top
  const Shape* value = nullptr;  // nothing: an empty map
};
std::optional<NodeShape> node_of(const Shape& item);

Value value_of(const Shape& shape);
// `kind` is that of the value itself; what is inside becomes lists, maps and leaves.
Shape shape_of(const Value& value, std::optional<Kind> kind);

// Whether `wanted` reads as what is there. The order in which a set is written means nothing, and
// numbers are equal if they are the same number.
bool reads_as(const Shape& now, const Shape& wanted);

// Errc::invalid if a kind and its content do not fit together, or it is nested too deeply.
Status check_shape(const Shape& wanted);

// A string that no leaf can hold; it becomes a text.
bool is_too_long(const Shape& wanted);
// The kind that `wanted` makes where nothing is; nothing: a leaf.
std::optional<Kind> kind_of_new(const Shape& wanted);

// Different shapes have different bytes.
void encode_shape(wire::Writer& out, const Shape& shape);

}  // namespace syncline::crdt
