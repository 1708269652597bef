// SPDX-License-Identifier: Apache-2.0
//
// Three are compared: what the change did is the way from `after` to `before`, what others did
// since is the way from `after` to `now`.
#include "protocol/history/reversal.h"

#include "protocol/crdt/decimal.h"
#include "protocol/crdt/list_alignment.h"
#include "protocol/crdt/text_diff.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace syncline::history {
namespace {

using crdt::Kind;
using crdt::Scalar;
using crdt::Shape;
using crdt::ShapeList;
using crdt::ShapeMap;

// How a slot stands is no part of what it reads as.
void forget_standing(Shape& shape) {
  shape.standing = crdt::Standing::agreed;
  if (auto* list = std::get_if<ShapeList>(&shape.node))
    for (Shape& item : *list) forget_standing(item);
  if (auto* map = std::get_if<ShapeMap>(&shape.node))
    for (auto& [key, inner] : *map) forget_standing(inner);
}

bool same(const Shape* a, const Shape* b) {
  return a == nullptr || b == nullptr ? a == b : *a == *b;
}
std::optional<Shape> copy_of(const Shape* shape) {
  return shape == nullptr ? std::nullopt : std::optional(*shape);
}
const Shape* find_in(const ShapeMap& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}
const std::string& text_in(const Shape& shape) {
  return std::get<std::string>(std::get<Scalar>(shape.node));
}

Shape nothing_of(Kind kind) {
  switch (kind) {
    case Kind::map: return {kind, ShapeMap(), {}};
    case Kind::list:
    case Kind::set:
    case Kind::tree: return {kind, ShapeList(), {}};
    case Kind::text: return {kind, Scalar(std::string()), {}};
    case Kind::counter: return {kind, Scalar(std::int64_t{0}), {}};
  }
  return {};
}

std::optional<Shape> undone(const Shape* before, const Shape* after, const Shape* now);

Shape undone_map(const Shape& before, const Shape& after, const Shape& now) {
  const auto& old = std::get<ShapeMap>(before.node);
  const auto& done = std::get<ShapeMap>(after.node);
  const auto& present = std::get<ShapeMap>(now.node);
  std::set<std::string> keys;
  for (const ShapeMap* map : {&old, &present})
    for (const auto& [key, inner] : *map) keys.insert(key);
  ShapeMap out;
  for (const std::string& key : keys)
    if (auto inner = undone(find_in(old, key), find_in(done, key), find_in(present, key)))
      out.emplace(key, std::move(*inner));
  return {Kind::map, std::move(out), {}};
}

Shape undone_text(const Shape& before, const Shape& after, const Shape& now) {
  const auto edits = crdt::merge_texts(text_in(after), text_in(before), text_in(now));
  return {Kind::text, Scalar(crdt::apply_edits(text_in(now), edits)), {}};
}

Shape undone_counter(const Shape& before, const Shape& after, const Shape& now) {
  const auto number = [](const Shape& shape) {
    return crdt::DecimalSum::of(std::get<Scalar>(shape.node));
  };
  auto sum = number(now);
  const auto back = number(before), forth = number(after);
  if (!sum || !back || !forth) return now;
  const auto amounts = back->minus(*forth).amounts();
  if (!amounts) return now;
  for (const crdt::Decimal& amount : *amounts) sum->add(amount);
  return {Kind::counter, sum->value(), {}};
}

Shape undone_set(const Shape& before, const Shape& after, const Shape& now) {
  const auto& old = std::get<ShapeList>(before.node);
  const auto& done = std::get<ShapeList>(after.node);
  ShapeList out;
  const auto holds = [](const ShapeList& set, const Shape& item) {
    return std::ranges::find(set, item) != set.end();
  };
  for (const Shape& item : std::get<ShapeList>(now.node))
    if (!holds(done, item) || holds(old, item)) out.push_back(item);
  for (const Shape& item : old)
    if (!holds(done, item) && !holds(out, item)) out.push_back(item);
  return {Kind::set, std::move(out), {}};
}

// An item of a list that is being put together, and where it was before the change.
struct Placed {
  Shape item;
  std::size_t old;
};

// What is to be where it was, right after the nearest one that came before it there.
void put_back(std::vector<Placed>& out, Placed back) {
  constexpr std::size_t nowhere = crdt::ListMatch::nowhere;
  std::size_t place = 0, nearest = nowhere;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t old = out[i].old;
    if (old == nowhere || old >= back.old || (nearest != nowhere && old < nearest)) continue;
    nearest = old;
    place = i + 1;
  }
  out.insert(out.begin() + static_cast<std::ptrdiff_t>(place), std::move(back));
}

Shape undone_list(const Shape& before, const Shape& after, const Shape& now) {
  constexpr std::size_t nowhere = crdt::ListMatch::nowhere;
  const auto& old = std::get<ShapeList>(before.node);
  const auto& done = std::get<ShapeList>(after.node);
  const auto& present = std::get<ShapeList>(now.node);
  const auto back = crdt::match_lists(old, done).sources;
  const auto forth = crdt::match_lists(done, present).sources;
  std::vector<bool> removed_by_it(old.size(), true);
  for (const auto& source : back)
    if (source.item != nowhere) removed_by_it[source.item] = false;
  std::vector<Placed> out, returning;
  for (std::size_t i = 0; i < present.size(); ++i) {
    if (forth[i].item == nowhere) {
      out.push_back({present[i], nowhere});
      continue;
    }
    const auto& source = back[forth[i].item];
    const Shape* was = source.item == nowhere ? nullptr : &old[source.item];
    auto item = undone(was, &done[forth[i].item], &present[i]);
    if (!item) continue;
    // Where others have put it since, it stays.
    const bool goes_back = source.item != nowhere && source.moved && !forth[i].moved;
    (goes_back ? returning : out).push_back({std::move(*item), source.item});
  }
  for (std::size_t i = 0; i < old.size(); ++i)
    if (removed_by_it[i]) returning.push_back({old[i], i});
  std::sort(returning.begin(), returning.end(),
            [](const Placed& a, const Placed& b) { return a.old < b.old; });
  for (Placed& each : returning) put_back(out, std::move(each));
  ShapeList items;
  for (Placed& each : out) items.push_back(std::move(each.item));
  return {Kind::list, std::move(items), {}};
}

using Nodes = std::map<std::string, const Shape*>;
Nodes nodes_of(const Shape& tree) {
  Nodes out;
  for (const Shape& item : std::get<ShapeList>(tree.node)) out[crdt::node_of(item)->id] = &item;
  return out;
}

// A node as `held` has it, where it is by then the place it would have among its siblings.
struct Planted {
  std::string parent, place;
  std::optional<Shape> value;
};

Planted planted(const Shape& item) {
  const auto node = crdt::node_of(item);
  return {node->parent, item.place, node->value ? std::optional(*node->value) : std::nullopt};
}

std::optional<Planted> undone_node(const Shape* before, const Shape* after, const Shape* now) {
  if (now == nullptr) {
    const bool removed_by_it = before != nullptr && after == nullptr;
    return removed_by_it ? std::optional(planted(*before)) : std::nullopt;
  }
  if (before == nullptr && same(after, now)) return std::nullopt;
  Planted out = planted(*now);
  if (before == nullptr || after == nullptr || same(before, after)) return out;
  const Planted old = planted(*before), done = planted(*after);
  if (done.parent == out.parent && done.place == out.place) {
    out.parent = old.parent;
    out.place = old.place;
  }
  const auto pointer = [](const Planted& node) { return node.value ? &*node.value : nullptr; };
  out.value = undone(pointer(old), pointer(done), pointer(out));
  return out;
}

// In order, parents first. Whoever has no way to the top is left out.
ShapeList in_order(const std::map<std::string, Planted>& nodes) {
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> children;
  for (const auto& [id, node] : nodes) children[node.parent].emplace_back(node.place, id);
  ShapeList out;
  std::vector<std::string> open;
  const auto open_children = [&](const std::string& parent) {
    auto& below = children[parent];
    std::sort(below.rbegin(), below.rend());
    for (const auto& [place, id] : below) open.push_back(id);
  };
  open_children({});
  while (!open.empty()) {
    const std::string id = std::move(open.back());
    open.pop_back();
    const Planted& node = nodes.at(id);
    ShapeMap fields;
    fields["id"].node = Scalar(id);
    fields["parent"].node = node.parent.empty() ? Scalar(crdt::Null{}) : Scalar(node.parent);
    if (node.value) fields["value"] = *node.value;
    Shape item;
    item.node = std::move(fields);
    out.push_back(std::move(item));
    open_children(id);
  }
  return out;
}

Shape undone_tree(const Shape& before, const Shape& after, const Shape& now) {
  const Nodes old = nodes_of(before), done = nodes_of(after), present = nodes_of(now);
  const auto find = [](const Nodes& nodes, const std::string& id) {
    const auto found = nodes.find(id);
    return found == nodes.end() ? nullptr : found->second;
  };
  std::map<std::string, Planted> nodes;
  for (const Nodes* from : {&old, &present})
    for (const auto& [id, item] : *from)
      if (auto node = undone_node(find(old, id), find(done, id), find(present, id)))
        nodes.insert_or_assign(id, std::move(*node));
  ShapeList out = in_order(nodes);
  // Others have moved nodes so that the old places no longer make a tree.
  if (out.size() < nodes.size()) return now;
  return {Kind::tree, std::move(out), {}};
}

// Requires: all are of `kind`.
Shape undone_inside(Kind kind, const Shape& before, const Shape& after, const Shape& now) {
  switch (kind) {
    case Kind::map: return undone_map(before, after, now);
    case Kind::list: return undone_list(before, after, now);
    case Kind::text: return undone_text(before, after, now);
    case Kind::counter: return undone_counter(before, after, now);
    case Kind::set: return undone_set(before, after, now);
    case Kind::tree: return undone_tree(before, after, now);
  }
  return now;
}

// Nothing where nothing is or is left.
std::optional<Shape> undone(const Shape* before, const Shape* after, const Shape* now) {
  if (same(before, after)) return copy_of(now);
  if (same(after, now)) return copy_of(before);
  // Written over since, or gone.
  if (after == nullptr || now == nullptr || !after->kind || after->kind != now->kind)
    return copy_of(now);
  const Kind kind = *after->kind;
  if (before != nullptr && before->kind == kind) return undone_inside(kind, *before, *after, *now);
  // The change made it, and others went on inside: what they put there stays.
  const Shape nothing = nothing_of(kind);
  Shape rest = undone_inside(kind, nothing, *after, *now);
  if (rest == nothing) return copy_of(before);
  return rest;
}

}  // namespace

Shape reverse(Shape before, Shape after, Shape now) {
  for (Shape* shape : {&before, &after, &now}) forget_standing(*shape);
  return undone_map(before, after, now);
}

}  // namespace syncline::history
