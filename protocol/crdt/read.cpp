// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/reading.h"

#include <algorithm>

namespace syncline::crdt {

Value value_of(const Slot& slot, const ItemValue& shown) {
  if (const Scalar* scalar = std::get_if<Scalar>(&shown)) return Value{*scalar};
  const Container* child = slot.child(std::get<Kind>(shown));
  return child ? value_of(*child) : Value{};
}

namespace {

struct ReadContainer {
  Value operator()(const MapContainer& map) const {
    ValueMap out;
    for (const auto& [key, slot] : map.slots)
      if (slot.shown())
        out.emplace_hint(out.end(), key, value_of(slot, slot.entries.front().value));
    return Value{std::move(out)};
  }
  Value operator()(const ListContainer& list) const {
    ValueList out;
    for_each_shown(list, [&out](const Item& item) {
      out.push_back(value_of(item.slot, item.slot.entries.front().value));
    });
    return Value{std::move(out)};
  }
  Value operator()(const TextContainer& text) const { return Value{Scalar{text.text()}}; }
  Value operator()(const CounterContainer& counter) const { return Value{counter.sum.value()}; }
  Value operator()(const TreeContainer& tree) const {
    ValueList out;
    tree.for_each_shown([&out](const TreeNode& node) {
      const TreeNode& parent = *node.at->parent;
      ValueMap fields;
      fields["id"] = Value{Scalar{*node.id}};
      fields["parent"] = Value{parent.is_root() ? Scalar{Null{}} : Scalar{*parent.id}};
      fields["value"] = value_of(node);
      out.push_back(Value{std::move(fields)});
    });
    return Value{std::move(out)};
  }
  Value operator()(const SetContainer& set) const {
    ValueList out;
    for (const auto& [element, tags] : set.tags) out.push_back(Value{element});
    return Value{std::move(out)};
  }
};

}  // namespace

Value value_of(const TreeNode& node) {
  return node.content ? value_of(*node.content) : Value{ValueMap()};
}

Value value_of(const Container& container) { return std::visit(ReadContainer{}, container.node); }

namespace {

// What one step from `container` names, if it shows something.
Spot spot_at(const Container& container, const Step& step) {
  if (const std::string* key = std::get_if<std::string>(&step)) {
    if (container.kind() != Kind::map) return {};
    const auto slot = container.map().slots.find(*key);
    return slot != container.map().slots.end() && slot->second.shown() ? Spot(slot->second)
                                                                       : Spot();
  }
  if (const NodeStep* id = std::get_if<NodeStep>(&step)) {
    const TreeNode* node = container.kind() == Kind::tree ? container.tree().find(id->id) : nullptr;
    return node ? Spot(*node) : Spot();
  }
  if (container.kind() != Kind::list) return {};
  const ListContainer& list = container.list();
  const auto place = list.find(std::get<std::uint64_t>(step));
  return place ? Spot(list.run_at(*place).content.item(place->offset)) : Spot();
}

}  // namespace

const Container* Spot::container(Kind kind) const {
  if (slot) return slot->holds(kind) ? slot->child(kind) : nullptr;
  return node && kind == Kind::map ? node->content.get() : nullptr;
}

Spot spot_at(const Container& root, const Path& path) {
  const Container* at = &root;
  for (std::size_t i = 0; i < path.size() && at; ++i) {
    const Spot spot = spot_at(*at, path[i]);
    if (!spot || i + 1 == path.size()) return spot;
    at = spot.container(kind_entered(path[i + 1]));
  }
  return {};
}

const Container* container_at(const Container& root, const Path& path, Kind kind) {
  if (path.empty()) return kind == Kind::map ? &root : nullptr;
  return spot_at(root, path).container(kind);
}

namespace {

// The element under which an item was put into its list, which a move does not change.
ElementId home_of(const ListContainer& list, const ListContainer::Place& place) {
  const ListContainer::Run& run = list.run_at(place);
  if (!run.content.guest) return run.at(place.offset);
  ElementId home;
  list.for_each_run([&](const ListContainer::Run& each) {
    if (!each.content.guest && &each.content.item(0) == run.content.guest) home = each.first;
  });
  return home;
}

}  // namespace

ItemName name_of(const ListContainer& list, const ElementId& home) {
  return {list.event_of(home), home.n - 1};
}

std::vector<ItemName> Document::items_on(const Path& path) const {
  std::vector<ItemName> items;
  Path start;
  for (const Step& step : path) {
    const auto* index = std::get_if<std::uint64_t>(&step);
    const Container* list = index ? container_at(state_->root, start, Kind::list) : nullptr;
    const auto place = list ? list->list().find(*index) : std::nullopt;
    if (place) items.push_back(name_of(list->list(), home_of(list->list(), *place)));
    start.push_back(step);
  }
  return items;
}

const TreeContainer* Document::tree_at(const Path& path) const {
  const Container* tree = container_at(state_->root, path, Kind::tree);
  return tree ? &tree->tree() : nullptr;
}

Value Document::read() const { return value_of(state_->root); }

std::optional<Value> Document::read(const Path& path) const {
  if (path.empty()) return read();
  const Spot spot = spot_at(state_->root, path);
  if (!spot) return std::nullopt;
  return spot.node ? value_of(*spot.node) : value_of(*spot.slot, spot.slot->entries.front().value);
}

std::optional<Kind> Document::kind_at(const Path& path) const {
  if (path.empty()) return Kind::map;
  const Spot spot = spot_at(state_->root, path);
  if (!spot) return std::nullopt;
  if (spot.node) return Kind::map;
  const Kind* kind = std::get_if<Kind>(&spot.slot->entries.front().value);
  return kind ? std::optional<Kind>(*kind) : std::nullopt;
}

}  // namespace syncline::crdt
