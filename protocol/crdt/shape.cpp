// SPDX-License-Identifier: Apache-2.0
//
// shape := kind u8 (ff: none) | form u8 | content
// content := scalar | n v, shape*n | n v, (key text, shape)*n        by form: 0, 1, 2
#include "protocol/crdt/shape.h"

#include "protocol/base/limits.h"
#include "protocol/crdt/decimal.h"
#include "protocol/crdt/reading.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace syncline::crdt {
namespace {

Shape shape_of_spot(const Spot& spot);
Shape shape_of_node(const TreeNode& node);

ShapeList items_of(const ListContainer& list) {
  using Run = ListContainer::Run;
  // Under which element an item was put into the list, where it was moved since.
  std::map<const Item*, ElementId> homes;
  if (list.has_moves())
    list.for_each_run([&homes](const Run& run) {
      if (!run.content.guest && run.content.is_moved()) homes[&run.content.item(0)] = run.first;
    });
  ShapeList items;
  list.for_each_run([&](const Run& run) {
    if (!run.shown()) return;
    for (std::uint64_t i = 0; i < run.length; ++i) {
      const Item& item = run.content.item(i);
      const ElementId home = run.content.guest ? homes.at(&item) : run.at(i);
      items.push_back(shape_of_spot(Spot(item)));
      items.back().name = name_of(list, home);
    }
  });
  return items;
}

// What is inside of it, a level at a time; kinds without an inside of their own read as values.
Shape shape_of_container(const Container& container) {
  Shape shape;
  shape.kind = container.kind();
  if (container.kind() == Kind::map) {
    ShapeMap fields;
    for (const auto& [key, slot] : container.map().slots)
      if (slot.shown()) fields.emplace_hint(fields.end(), key, shape_of_spot(Spot(slot)));
    shape.node = std::move(fields);
  } else if (container.kind() == Kind::list) {
    shape.node = items_of(container.list());
  } else if (container.kind() == Kind::tree) {
    ShapeList nodes;
    container.tree().for_each_shown([&nodes](const TreeNode& node) {
      const TreeNode& parent = *node.at->parent;
      ShapeMap fields;
      fields["id"].node = Scalar(*node.id);
      fields["parent"].node = parent.is_root() ? Scalar(Null{}) : Scalar(*parent.id);
      fields["value"] = shape_of_node(node);
      nodes.push_back({std::nullopt, std::move(fields), {}, node.at->position});
    });
    shape.node = std::move(nodes);
  } else {
    shape = shape_of(value_of(container), container.kind());
    if (const auto* counter = std::get_if<CounterContainer>(&container.node))
      shape.sum = counter->sum;
  }
  return shape;
}

Shape shape_of_node(const TreeNode& node) {
  if (node.content) return shape_of_container(*node.content);
  Shape shape;
  shape.kind = Kind::map;
  shape.node = ShapeMap();
  return shape;
}

Shape shape_of_spot(const Spot& spot) {
  if (spot.node) return shape_of_node(*spot.node);
  const Slot& slot = *spot.slot;
  const ItemValue& shown = slot.entries.front().value;
  Shape shape;
  if (const Scalar* scalar = std::get_if<Scalar>(&shown)) {
    shape.node = *scalar;
  } else if (const Container* child = slot.child(std::get<Kind>(shown))) {
    shape = shape_of_container(*child);
  }
  const bool agreed = slot.entries.size() == 1 && spot.removals().empty();
  if (!agreed && conflict_of(spot, {})) shape.standing = Standing::contested;
  return shape;
}

bool same_number(const Scalar& a, const Scalar& b) {
  const auto* integer = std::get_if<std::int64_t>(&a);
  const auto* number = std::get_if<double>(&b);
  if (integer == nullptr || number == nullptr) return false;
  // Every integral double in this range is one 64-bit integer exactly.
  return *number >= -0x1p63 && *number < 0x1p63 && std::trunc(*number) == *number &&
         static_cast<std::int64_t>(*number) == *integer;
}

bool same_scalar(const Scalar& a, const Scalar& b) {
  return a == b || same_number(a, b) || same_number(b, a);
}

bool same_amount(const Scalar& a, const Scalar& b) {
  const auto sum = DecimalSum::of(a), other = DecimalSum::of(b);
  return sum && other && sum->minus(*other).is_zero();
}

std::vector<Scalar> sorted_elements(const ShapeList& list) {
  std::vector<Scalar> out;
  for (const Shape& item : list)
    if (const Scalar* scalar = std::get_if<Scalar>(&item.node)) out.push_back(*scalar);
  std::sort(out.begin(), out.end(), scalar_less);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

// Nodes with different ids, each after its parent.
bool is_tree(const Shape& shape) {
  const ShapeList* list = std::get_if<ShapeList>(&shape.node);
  std::set<std::string> ids;
  return list != nullptr && std::all_of(list->begin(), list->end(), [&ids](const Shape& item) {
           const auto node = node_of(item);
           return node && (node->parent.empty() || ids.contains(node->parent)) &&
                  ids.insert(node->id).second;
         });
}

bool fits_kind(const Shape& shape) {
  const Scalar* scalar = std::get_if<Scalar>(&shape.node);
  if (!shape.kind) return true;
  switch (*shape.kind) {
    case Kind::map: return std::holds_alternative<ShapeMap>(shape.node);
    case Kind::list: return std::holds_alternative<ShapeList>(shape.node);
    case Kind::text: return scalar != nullptr && std::holds_alternative<std::string>(*scalar);
    case Kind::counter: return scalar != nullptr && DecimalSum::of(*scalar);
    case Kind::set: {
      const ShapeList* list = std::get_if<ShapeList>(&shape.node);
      return list != nullptr && std::all_of(list->begin(), list->end(), [](const Shape& item) {
               return !item.kind && std::holds_alternative<Scalar>(item.node);
             });
    }
    case Kind::tree: return is_tree(shape);
  }
  return true;
}

Status check_below(const Shape& wanted, std::size_t depth) {
  if (depth > limits::container_depth_max)
    return fail(Errc::oversized, "the value is nested too deeply; at most " +
                                     std::to_string(limits::container_depth_max) + " levels");
  if (!fits_kind(wanted))
    return fail(Errc::invalid,
                "a " + std::string(name_of(*wanted.kind)) + " cannot hold this value");
  if (const auto* list = std::get_if<ShapeList>(&wanted.node)) {
    for (const Shape& item : *list)
      if (Status checked = check_below(item, depth + 1); !checked) return checked;
  } else if (const auto* map = std::get_if<ShapeMap>(&wanted.node)) {
    for (const auto& [key, inner] : *map)
      if (Status checked = check_below(inner, depth + 1); !checked) return checked;
  }
  return {};
}

}  // namespace

std::optional<NodeShape> node_of(const Shape& item) {
  const auto* fields = std::get_if<ShapeMap>(&item.node);
  if (item.kind || fields == nullptr) return std::nullopt;
  const auto text_at = [fields](const char* key) -> const std::string* {
    const auto field = fields->find(key);
    if (field == fields->end() || field->second.kind) return nullptr;
    const auto* scalar = std::get_if<Scalar>(&field->second.node);
    return scalar ? std::get_if<std::string>(scalar) : nullptr;
  };
  const std::string* id = text_at("id");
  const std::string* parent = text_at("parent");
  NodeShape node;
  if (id == nullptr || id->empty() || id->size() > limits::tree_node_id_size_max)
    return std::nullopt;
  node.id = *id;
  if (parent != nullptr) node.parent = *parent;
  std::size_t known = 1;
  if (const auto field = fields->find("parent"); field != fields->end()) {
    if (parent == nullptr && field->second.node != Shape{}.node) return std::nullopt;
    ++known;
  }
  if (const auto field = fields->find("value"); field != fields->end()) {
    const auto kind = field->second.kind;
    if ((kind && kind != Kind::map) || !std::holds_alternative<ShapeMap>(field->second.node))
      return std::nullopt;
    node.value = &field->second;
    ++known;
  }
  if (known != fields->size()) return std::nullopt;
  return node;
}

Value value_of(const Shape& shape) {
  if (const auto* scalar = std::get_if<Scalar>(&shape.node)) return Value{*scalar};
  if (const auto* list = std::get_if<ShapeList>(&shape.node)) {
    ValueList out;
    for (const Shape& item : *list) out.push_back(value_of(item));
    return Value{std::move(out)};
  }
  ValueMap out;
  for (const auto& [key, inner] : std::get<ShapeMap>(shape.node))
    out.emplace_hint(out.end(), key, value_of(inner));
  return Value{std::move(out)};
}

Shape shape_of(const Value& value, std::optional<Kind> kind) {
  Shape shape;
  shape.kind = kind;
  if (const auto* scalar = std::get_if<Scalar>(&value.node)) {
    shape.node = *scalar;
  } else if (const auto* list = std::get_if<ValueList>(&value.node)) {
    ShapeList items;
    for (const Value& item : *list) items.push_back(shape_of(item, std::nullopt));
    shape.node = std::move(items);
  } else {
    ShapeMap fields;
    for (const auto& [key, inner] : std::get<ValueMap>(value.node))
      fields.emplace_hint(fields.end(), key, shape_of(inner, std::nullopt));
    shape.node = std::move(fields);
  }
  if (!kind && std::holds_alternative<ShapeList>(shape.node)) shape.kind = Kind::list;
  if (!kind && std::holds_alternative<ShapeMap>(shape.node)) shape.kind = Kind::map;
  return shape;
}

namespace {

// Requires: both are nodes.
bool same_node(const Shape& now, const Shape& wanted) {
  const auto node = node_of(now), other = node_of(wanted);
  const Shape nothing{Kind::map, ShapeMap(), {}};
  return node->id == other->id && node->parent == other->parent &&
         reads_as(node->value ? *node->value : nothing, other->value ? *other->value : nothing);
}

}  // namespace

bool reads_as(const Shape& now, const Shape& wanted) {
  if (wanted.kind && wanted.kind != now.kind) return false;
  if (now.node.index() != wanted.node.index()) return false;
  const auto* scalar = std::get_if<Scalar>(&now.node);
  if (scalar && now.kind == Kind::counter)
    return same_amount(*scalar, std::get<Scalar>(wanted.node));
  if (scalar) return same_scalar(*scalar, std::get<Scalar>(wanted.node));
  if (const auto* list = std::get_if<ShapeList>(&now.node)) {
    const auto& other = std::get<ShapeList>(wanted.node);
    if (now.kind == Kind::set)
      return fits_kind({Kind::set, other}) && sorted_elements(*list) == sorted_elements(other);
    if (now.kind == Kind::tree)
      return fits_kind({Kind::tree, other}) &&
             std::equal(list->begin(), list->end(), other.begin(), other.end(), same_node);
    return std::equal(list->begin(), list->end(), other.begin(), other.end(), reads_as);
  }
  const auto& fields = std::get<ShapeMap>(now.node);
  const auto& other = std::get<ShapeMap>(wanted.node);
  return std::equal(fields.begin(), fields.end(), other.begin(), other.end(),
                    [](const auto& a, const auto& b) {
                      return a.first == b.first && reads_as(a.second, b.second);
                    });
}

bool is_too_long(const Shape& wanted) {
  const auto* scalar = std::get_if<Scalar>(&wanted.node);
  const auto* text = scalar ? std::get_if<std::string>(scalar) : nullptr;
  return text != nullptr && text->size() > limits::value_size_max;
}

Status check_shape(const Shape& wanted) { return check_below(wanted, 0); }

std::optional<Kind> kind_of_new(const Shape& wanted) {
  if (wanted.kind) return wanted.kind;
  if (std::holds_alternative<ShapeMap>(wanted.node)) return Kind::map;
  if (std::holds_alternative<ShapeList>(wanted.node)) return Kind::list;
  if (is_too_long(wanted)) return Kind::text;
  return std::nullopt;
}

void encode_shape(wire::Writer& out, const Shape& shape) {
  out.u8(shape.kind ? static_cast<std::uint8_t>(*shape.kind) : 0xff);
  out.u8(static_cast<std::uint8_t>(shape.node.index()));
  if (const auto* scalar = std::get_if<Scalar>(&shape.node)) {
    encode_scalar(out, *scalar);
  } else if (const auto* list = std::get_if<ShapeList>(&shape.node)) {
    out.varint(list->size());
    for (const Shape& item : *list) encode_shape(out, item);
  } else {
    const auto& map = std::get<ShapeMap>(shape.node);
    out.varint(map.size());
    for (const auto& [key, inner] : map) {
      out.text(key);
      encode_shape(out, inner);
    }
  }
}

std::optional<Shape> Document::shape(const Path& path) const {
  if (path.empty()) return shape_of_container(state_->root);
  const Spot spot = spot_at(state_->root, path);
  if (!spot) return std::nullopt;
  return shape_of_spot(spot);
}

}  // namespace syncline::crdt
