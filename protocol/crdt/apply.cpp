// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/apply.h"

#include "protocol/crdt/writings.h"

#include <algorithm>

namespace syncline::crdt {
namespace {

// Where an op leads at its author's version, found before anything is changed.
struct Route {
  Container* end = nullptr;                 // nothing: the container does not exist yet
  std::vector<ListContainer::Place> items;  // of each index in the path
  // The item the action starts from: for an insertion the one on its left.
  ListContainer::Place item;
  bool at_front = false;
};

// Fills in the route as far as the path goes. False: an index leads nowhere (Spec C8).
bool follow_path(Container& root, const Edit& edit, const Op& op, Route& route) {
  Container* at = &root;
  for (std::size_t i = 0; i < op.path.size(); ++i) {
    const Kind next = kind_after(op.path, i, op.action);
    if (const std::string* key = std::get_if<std::string>(&op.path[i])) {
      if (!at) continue;
      const auto slot = at->map().slots.find(*key);
      at = slot == at->map().slots.end() ? nullptr : slot->second.child(next);
      continue;
    }
    if (!at) return false;
    if (const NodeStep* node = std::get_if<NodeStep>(&op.path[i])) {
      if (!at->tree().knows(edit.view, node->id)) return false;
      at = at->tree().content(node->id);
      continue;
    }
    const auto place = at->list().find(edit.view, std::get<std::uint64_t>(op.path[i]));
    if (!place) return false;
    route.items.push_back(*place);
    at = at->list().run_at(*place).content.item(place->offset).slot.child(next);
  }
  route.end = at;
  return true;
}

// Completes the route by what the action needs. False: it makes no sense there (Spec C8).
struct Aim {
  const Edit& edit;
  Route& route;

  bool operator()(const ListInsert& a) const { return !a.items.empty() && left_of(a.index); }
  bool operator()(const ListRemove& a) const { return range(a.index, a.count); }
  bool operator()(const ListSet& a) const { return item(a.index); }
  bool operator()(const ListKeep& a) const { return item(a.index); }
  bool operator()(const ListMove& a) const { return item(a.index) && item(a.to); }
  bool operator()(const TreeInsert& a) const { return a.parent.empty() || node(a.parent); }
  bool operator()(const TreeMove& a) const { return node(a.node) && node(a.parent); }
  bool operator()(const TreeRemove& a) const { return node(a.node); }
  // A text takes any place: Spec C15.
  bool operator()(const TextInsert& a) const { return !a.text.empty(); }
  bool operator()(const TextRemove& a) const { return a.count > 0; }
  bool operator()(const TextEdit& a) const { return !a.splices.empty(); }
  bool operator()(const TextMark& a) const { return a.count > 0; }
  // Maps, counters and sets take anything.
  bool operator()(const MapSet&) const { return true; }
  bool operator()(const MapRemove&) const { return true; }
  bool operator()(const MapKeep&) const { return true; }
  bool operator()(const CounterAdd&) const { return true; }
  bool operator()(const SetAdd&) const { return true; }
  bool operator()(const SetRemove&) const { return true; }

 private:
  bool left_of(std::uint64_t index) const {
    route.at_front = index == 0;
    if (index == 0) return true;
    if (!route.end) return false;
    const auto place = route.end->list().find(edit.view, index - 1);
    if (place) route.item = *place;
    return place.has_value();
  }
  bool range(std::uint64_t index, std::uint64_t count) const {
    if (!route.end || count == 0 || index > UINT64_MAX - count) return false;
    return route.end->list().find(edit.view, index + count - 1).has_value();
  }
  bool node(const std::string& id) const {
    return route.end && route.end->tree().knows(edit.view, id);
  }
  bool item(std::uint64_t index) const {
    if (!route.end) return false;
    const auto place = route.end->list().find(edit.view, index);
    if (place) route.item = *place;
    return place.has_value();
  }
};

template <class Change>
void change_item(ListContainer& list, const Edit& edit, const ListContainer::Place& place,
                 Change change) {
  list.touch(edit, place, [&](ListContainer::Run& run) { change(run.content.item(place.offset)); });
}

// Walks the path again, making every container on it present (Spec C9).
Container& enter_path(Container& root, const Edit& edit, const Op& op, const Route& route) {
  Container* at = &root;
  std::size_t index_steps = 0;
  for (std::size_t i = 0; i < op.path.size(); ++i) {
    const Kind next = kind_after(op.path, i, op.action);
    if (const std::string* key = std::get_if<std::string>(&op.path[i])) {
      at = &at->map().slots[*key].enter(edit, next);
      continue;
    }
    if (const NodeStep* node = std::get_if<NodeStep>(&op.path[i])) {
      at = &at->tree().enter(edit, node->id);
      continue;
    }
    Container* entered = nullptr;
    change_item(at->list(), edit, route.items[index_steps++], [&](Item& item) {
      entered = &item.slot.enter(edit, next);
      item.use(edit);
    });
    at = entered;
  }
  return *at;
}

struct Perform {
  Container& target;
  const Edit& edit;
  const Route& route;
  OpEffect& effect;

  void operator()(const MapSet& a) const { slot(a.key).assign(edit, a.value); }
  void operator()(const MapRemove& a) const { slot(a.key).remove(edit, Because::removed_here); }
  void operator()(const MapKeep& a) const { slot(a.key).keep(edit, a.kind); }

  void operator()(const ListInsert& a) const {
    ListContent content;
    content.items.reserve(a.items.size());
    for (const ItemValue& value : a.items) {
      content.items.push_back(std::make_unique<Item>());
      content.items.back()->slot.assign(edit, value);
    }
    std::optional<ListContainer::Place> left;
    if (!route.at_front) left = route.item;
    target.list().insert(edit, left, std::move(content), a.items.size());
  }
  void operator()(const ListRemove& a) const {
    target.list().remove(edit, a.index, a.count, Because::removed_here);
  }
  void operator()(const ListSet& a) const {
    change_item(target.list(), edit, route.item, [&](Item& item) {
      item.slot.assign(edit, a.value);
      item.settle(edit);
    });
  }
  void operator()(const ListKeep& a) const {
    change_item(target.list(), edit, route.item, [&](Item& item) {
      item.slot.keep(edit, a.kind);
      item.settle(edit);
    });
  }
  void operator()(const ListMove& a) const {
    // What is on its left afterwards: the item itself does not count there.
    std::optional<std::uint64_t> left;
    if (a.to > 0) left = a.to <= a.index ? a.to - 1 : a.to;
    target.list().move(edit, a.index, left);
  }

  void operator()(const TreeInsert& a) const {
    target.tree().insert(edit, a.node, {a.parent, a.position});
  }
  void operator()(const TreeMove& a) const {
    target.tree().move(edit, a.node, {a.parent, a.position});
  }
  void operator()(const TreeRemove& a) const { target.tree().remove(edit, a.node); }

  void operator()(const TextInsert& a) const {
    const TextSplice splice{a.position, 0, count_scalars(a.text)};
    splice_text(std::span(&splice, 1), a.text);
  }
  void operator()(const TextRemove& a) const {
    const TextSplice splice{a.position, a.count, 0};
    splice_text(std::span(&splice, 1), {});
  }
  void operator()(const TextEdit& a) const { splice_text(a.splices, a.text); }
  void operator()(const TextMark& a) const {
    if (!target.text().mark(edit, a)) effect = OpEffect::adapted;
  }

  void operator()(const CounterAdd& a) const {
    std::get<CounterContainer>(target.node).add(edit.self, {a.amount, a.scale});
  }
  void operator()(const SetAdd& a) const {
    if (edit.writings) edit.writings->change(set(), a.value);
    set().tags[a.value].raise(edit.self.log, edit.self.seq);
  }
  // Spec C17: additions that the author had not seen stay.
  void operator()(const SetRemove& a) const {
    if (edit.writings) edit.writings->change(set(), a.value);
    const auto element = set().tags.find(a.value);
    if (element == set().tags.end()) return;
    std::vector<EventId> left;
    for (const EventId& tag : element->second.rows())
      if (!edit.view.covers(tag)) left.push_back(tag);
    element->second = VersionVector(std::move(left));
    if (element->second.empty()) set().tags.erase(element);
  }

 private:
  void splice_text(std::span<const TextSplice> splices, std::string_view utf8) const {
    if (!target.text().edit(edit, splices, utf8)) effect = OpEffect::adapted;
  }
  Slot& slot(const std::string& key) const { return target.map().slots[key]; }
  SetContainer& set() const { return std::get<SetContainer>(target.node); }
};

// The root is a map, and so is what a node has; every other container is of the kind its op needs,
// by construction. Spec C8.
bool fits_maps(const Op& op) {
  if (op.path.empty()) return kind_of(op.action) == Kind::map;
  if (!std::holds_alternative<std::string>(op.path.front())) return false;
  for (std::size_t i = 0; i < op.path.size(); ++i)
    if (std::holds_alternative<NodeStep>(op.path[i]) &&
        kind_after(op.path, i, op.action) != Kind::map)
      return false;
  return true;
}

}  // namespace

OpEffect apply_op(Container& root, const Edit& edit, const Op& op) {
  Route route;
  if (!fits_maps(op) || !follow_path(root, edit, op, route)) return OpEffect::is_void;
  if (!std::visit(Aim{edit, route}, op.action)) return OpEffect::is_void;
  OpEffect effect = OpEffect::done;
  std::visit(Perform{enter_path(root, edit, op, route), edit, route, effect}, op.action);
  return effect;
}

std::optional<OpEffect> LastText::apply(const Edit& edit, const Op& op) {
  const auto* change = std::get_if<TextEdit>(&op.action);
  if (slots_.empty() || !change || change->splices.empty() || op.path != path_) return std::nullopt;
  for (std::size_t i = 0; i + 1 < slots_.size(); ++i) slots_[i]->enter(edit, Kind::map);
  TextContainer& text = slots_.back()->enter(edit, Kind::text).text();
  return text.edit(edit, change->splices, change->text) ? OpEffect::done : OpEffect::adapted;
}

// Changes of texts make slots on their way and take none away.
void LastText::note(Container& root, const Op& op, OpEffect effect) {
  if (kind_of(op.action) != Kind::text) slots_.clear();
  if (effect == OpEffect::is_void || !std::holds_alternative<TextEdit>(op.action)) return;
  std::vector<Slot*> slots;
  Container* at = &root;
  for (std::size_t i = 0; i < op.path.size(); ++i) {
    const std::string* key = std::get_if<std::string>(&op.path[i]);
    if (!key) return;
    slots.push_back(&at->map().slots.find(*key)->second);
    at = slots.back()->child(kind_after(op.path, i, op.action));
  }
  slots_.swap(slots);
  path_ = op.path;
}

TextContainer* enter_text(Container& root, const Edit& edit, const Path& path) {
  const Op op{path, TextEdit{}};
  Route route;
  if (!fits_maps(op) || !follow_path(root, edit, op, route)) return nullptr;
  return &enter_path(root, edit, op, route).text();
}

}  // namespace syncline::crdt
