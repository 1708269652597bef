// SPDX-License-Identifier: Apache-2.0
//
// What a document costs and whether its parts agree with each other.
#include "protocol/crdt/apply.h"

#include <algorithm>
#include <map>

namespace syncline::crdt {
namespace {

using Finding = std::optional<std::string>;

std::size_t size_of(const Container& container);

std::size_t size_of(const Slot& slot) {
  std::size_t size =
      sizeof(Slot) + slot.entries.size() * sizeof(Entry) + slot.removals.size() * sizeof(Removal);
  for (const Entry& entry : slot.entries)
    if (const Scalar* scalar = std::get_if<Scalar>(&entry.value))
      if (const std::string* text = std::get_if<std::string>(scalar)) size += text->size();
  for (const Child& child : slot.children) size += sizeof(Child) + size_of(*child.container);
  return size;
}

struct Size {
  std::size_t operator()(const MapContainer& map) const {
    std::size_t size = 0;
    for (const auto& [key, slot] : map.slots) size += 64 + key.size() + size_of(slot);
    return size;
  }
  std::size_t operator()(const ListContainer& list) const {
    std::size_t size = list.size_estimate_bytes();
    list.for_each_run([&size](const ListContainer::Run& run) {
      for (const auto& item : run.content.items)
        for (const Child& child : item->slot.children) size += size_of(*child.container);
    });
    return size;
  }
  std::size_t operator()(const TextContainer& text) const { return text.size_estimate_bytes(); }
  std::size_t operator()(const CounterContainer& counter) const {
    std::size_t size = 0;
    for (const auto& author : counter.authors)
      size += sizeof(author) + author.increments.size() * sizeof(CounterContainer::Increment);
    return size;
  }
  std::size_t operator()(const SetContainer& set) const { return set.tags.size() * 128; }
  std::size_t operator()(const TreeContainer& tree) const {
    std::size_t size = tree.size_estimate_bytes();
    for (const auto& [id, node] : tree.state().nodes)
      if (node.content) size += size_of(*node.content);
    return size;
  }
};

std::size_t size_of(const Container& container) {
  return sizeof(Container) + std::visit(Size{}, container.node);
}

Finding check_container(const Container& container, const VersionVector& frontier);

Finding check_slot(const Slot& slot, const VersionVector& frontier) {
  for (std::size_t i = 0; i < slot.entries.size(); ++i) {
    const Entry& entry = slot.entries[i];
    if (!frontier.covers(entry.event)) return "a value of an event that was never applied";
    if (i > 0 && slot.entries[i - 1].lamport < entry.lamport) return "values out of order";
    const Kind* kind = std::get_if<Kind>(&entry.value);
    if (kind && !slot.child(*kind)) return "a value that is a missing container";
  }
  for (const Child& child : slot.children) {
    if (child.container->kind() != child.kind) return "a container of another kind";
    const bool held = slot.holds(child.kind);
    if (!held && child.container->pristine()) return "a container nobody needs";
    if (auto found = check_container(*child.container, frontier)) return found;
    if (!held) {
      const Container& gone = *child.container;
      if (gone.kind() == Kind::text && std::get<TextContainer>(gone.node).length() > 0)
        return "text in a container that is gone";
      if (gone.kind() == Kind::list && gone.list().shown() > 0)
        return "items in a container that is gone";
      if (gone.kind() == Kind::tree && !gone.tree().root().shown.empty())
        return "nodes in a container that is gone";
    }
  }
  return std::nullopt;
}

// The uses of each log as few as they can be: Item::uses.
Finding check_uses(const Item& item) {
  std::map<LogIndex, const Item::Use*> newest;
  for (const Item::Use& use : item.uses) {
    const auto [known, first] = newest.try_emplace(use.log, &use);
    if (!first && known->second->last >= use.first) return "uses of an item out of order";
    if (!first && known->second->last + 1 == use.first &&
        std::ranges::is_permutation(known->second->removed_by, use.removed_by))
      return "two uses of an item that are one";
    known->second = &use;
  }
  return std::nullopt;
}

struct Check {
  const VersionVector& frontier;

  Finding operator()(const MapContainer& map) const {
    for (const auto& [key, slot] : map.slots) {
      if (slot.pristine()) return "a slot nobody needs";
      if (auto found = check_slot(slot, frontier)) return found;
    }
    return std::nullopt;
  }
  Finding operator()(const ListContainer& list) const {
    Finding found = list.check();
    list.for_each_run([&](const ListContainer::Run& run) {
      for (const auto& item : run.content.items) {
        if (found) return;
        if (!item->slot.shown()) found = "an item without a value";
        if (!found) found = check_slot(item->slot, frontier);
        if (!found) found = check_uses(*item);
      }
    });
    return found;
  }
  Finding operator()(const TextContainer& text) const {
    if (!frontier.covers(text.touched())) return "a text of an event that was never applied";
    return text.check();
  }
  Finding operator()(const CounterContainer& counter) const {
    DecimalSum sum;
    for (const auto& author : counter.authors)
      for (const auto& step : author.increments) sum.add(step.amount);
    if (!(sum == counter.sum)) return "a counter that miscounts";
    return std::nullopt;
  }
  Finding operator()(const TreeContainer& tree) const {
    Finding found = tree.check();
    for (const auto& [id, node] : tree.state().nodes)
      if (!found && node.content) found = check_container(*node.content, frontier);
    return found;
  }
  Finding operator()(const SetContainer& set) const {
    for (const auto& [element, tags] : set.tags)
      if (tags.empty() || !frontier.covers(tags)) return "an element nobody added";
    return std::nullopt;
  }
};

Finding check_container(const Container& container, const VersionVector& frontier) {
  return std::visit(Check{frontier}, container.node);
}

}  // namespace

std::size_t Document::size_estimate_bytes() const {
  return sizeof(State) + state_->frontier.size() * sizeof(EventId) + size_of(state_->root);
}

std::optional<std::string> Document::check() const {
  if (state_->frontier.empty() != (state_->age.events == 0)) return "an age without events";
  return check_container(state_->root, state_->frontier);
}

}  // namespace syncline::crdt
