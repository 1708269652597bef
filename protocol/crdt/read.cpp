// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/reading.h"

#include <algorithm>

namespace syncline::crdt {
namespace {

Value value_of(const Slot& slot, const ItemValue& shown) {
  if (const Scalar* scalar = std::get_if<Scalar>(&shown)) return Value{*scalar};
  const Container* child = slot.child(std::get<Kind>(shown));
  return child ? value_of(*child) : Value{};
}

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
    list.for_each_run([&out](const ListContainer::Run& run) {
      if (!run.shown()) return;
      for (const auto& item : run.content.items)
        out.push_back(value_of(item->slot, item->slot.entries.front().value));
    });
    return Value{std::move(out)};
  }
  Value operator()(const TextContainer& text) const { return Value{Scalar{text.text()}}; }
  Value operator()(const CounterContainer& counter) const { return Value{counter.sum.value()}; }
  Value operator()(const SetContainer& set) const {
    ValueList out;
    for (const auto& [element, tags] : set.tags) out.push_back(Value{element});
    return Value{std::move(out)};
  }
};

}  // namespace

Value value_of(const Container& container) { return std::visit(ReadContainer{}, container.node); }

namespace {

// The slot that one step from `container` names, if it shows something.
const Slot* slot_at(const Container& container, const Step& step) {
  if (const std::string* key = std::get_if<std::string>(&step)) {
    if (container.kind() != Kind::map) return nullptr;
    const auto slot = container.map().slots.find(*key);
    return slot != container.map().slots.end() && slot->second.shown() ? &slot->second : nullptr;
  }
  if (container.kind() != Kind::list) return nullptr;
  const ListContainer& list = container.list();
  const auto place = list.find(std::get<std::uint64_t>(step));
  return place ? &list.run_at(*place).content.items[place->offset]->slot : nullptr;
}

}  // namespace

const Slot* slot_at(const Container& root, const Path& path) {
  const Container* at = &root;
  const Slot* slot = nullptr;
  for (std::size_t i = 0; i < path.size() && at; ++i) {
    slot = slot_at(*at, path[i]);
    if (!slot || i + 1 == path.size()) break;
    const Kind next = std::holds_alternative<std::string>(path[i + 1]) ? Kind::map : Kind::list;
    at = slot->holds(next) ? slot->child(next) : nullptr;
    slot = nullptr;
  }
  return slot;
}

namespace {

// The different values of a slot; equal ones of several authors are no conflict (Spec C13).
std::vector<const Entry*> distinct(const Slot& slot) {
  std::vector<const Entry*> out;
  for (const Entry& entry : slot.entries) {
    const bool known = std::any_of(out.begin(), out.end(), [&entry](const Entry* other) {
      return other->value == entry.value;
    });
    if (!known) out.push_back(&entry);
  }
  return out;
}

}  // namespace

std::optional<Conflict> conflict_of(const Slot& slot, const Path& path) {
  const auto values = distinct(slot);
  Conflict conflict;
  conflict.path = path;
  for (const Removal& removal : slot.removals)
    if (!removal.contested_by.empty())
      conflict.removals.push_back({removal.event.log, removal.event.seq, removal.wall});
  if (values.size() < 2 && (values.empty() || conflict.removals.empty())) return std::nullopt;
  conflict.kind =
      values.size() < 2 ? ConflictKind::edited_and_deleted : ConflictKind::concurrent_values;
  for (const Entry* entry : values) {
    const Kind* kind = std::get_if<Kind>(&entry->value);
    conflict.values.push_back({value_of(slot, entry->value),
                               kind ? std::optional<Kind>(*kind) : std::nullopt, entry->event.log,
                               entry->event.seq, entry->wall});
  }
  return conflict;
}

namespace {

class Collector {
 public:
  explicit Collector(std::vector<Conflict>& found) : found_(found) {}

  void visit(const Container& container) {
    if (container.kind() == Kind::map) {
      for (const auto& [key, slot] : container.map().slots) visit(slot, Step{key});
    } else if (container.kind() == Kind::list) {
      std::uint64_t index = 0;
      container.list().for_each_run([&](const ListContainer::Run& run) {
        if (!run.shown()) return;
        for (const auto& item : run.content.items) visit(item->slot, Step{index++});
      });
    }
  }

 private:
  void visit(const Slot& slot, Step step) {
    if (!slot.shown()) return;
    path_.push_back(std::move(step));
    if (auto conflict = conflict_of(slot, path_)) found_.push_back(std::move(*conflict));
    for (const Child& child : slot.children)
      if (slot.holds(child.kind)) visit(*child.container);
    path_.pop_back();
  }

  std::vector<Conflict>& found_;
  Path path_;
};

Action keep_at(const Step& step, const ItemValue& value) {
  const std::string* key = std::get_if<std::string>(&step);
  const std::uint64_t index = key ? 0 : std::get<std::uint64_t>(step);
  if (const Kind* kind = std::get_if<Kind>(&value))
    return key ? Action{MapKeep{*key, *kind}} : Action{ListKeep{index, *kind}};
  return key ? Action{MapSet{*key, value}} : Action{ListSet{index, value}};
}

Action remove_at(const Step& step) {
  if (const std::string* key = std::get_if<std::string>(&step)) return MapRemove{*key};
  return ListRemove{std::get<std::uint64_t>(step), 1};
}

}  // namespace

Value Document::read() const { return value_of(state_->root); }

std::optional<Value> Document::read(const Path& path) const {
  if (path.empty()) return read();
  const Slot* slot = slot_at(state_->root, path);
  if (!slot) return std::nullopt;
  return value_of(*slot, slot->entries.front().value);
}

std::optional<Kind> Document::kind_at(const Path& path) const {
  if (path.empty()) return Kind::map;
  const Slot* slot = slot_at(state_->root, path);
  if (!slot) return std::nullopt;
  const Kind* kind = std::get_if<Kind>(&slot->entries.front().value);
  return kind ? std::optional<Kind>(*kind) : std::nullopt;
}

std::vector<Conflict> Document::conflicts() const {
  std::vector<Conflict> found;
  Collector(found).visit(state_->root);
  return found;
}

Result<std::vector<Op>> Document::ops_to_resolve(const Path& slot_path,
                                                 std::optional<std::size_t> keep) const {
  const Slot* slot = slot_at(state_->root, slot_path);
  if (!slot || !conflict_of(*slot, slot_path))
    return fail(Errc::not_found, "there is no conflict at this path");
  const auto values = distinct(*slot);
  if (keep && *keep >= values.size())
    return fail(Errc::invalid, "the conflict has fewer values than that");
  const Path parent(slot_path.begin(), slot_path.end() - 1);
  const Action action =
      keep ? keep_at(slot_path.back(), values[*keep]->value) : remove_at(slot_path.back());
  return std::vector<Op>{Op{parent, action}};
}

}  // namespace syncline::crdt
