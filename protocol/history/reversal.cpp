// SPDX-License-Identifier: Apache-2.0
//
// Three are compared: what the change did is the way from `after` to `before`, what others did
// since is the way from `after` to `now`.
#include "protocol/history/reversal.h"

#include "protocol/crdt/decimal.h"
#include "protocol/crdt/list_alignment.h"
#include "protocol/crdt/text_diff.h"
#include "protocol/history/put_back.h"
#include "protocol/history/regrowth.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace syncline::history {
namespace {

using crdt::Kind;
using crdt::Path;
using crdt::Scalar;
using crdt::Shape;
using crdt::ShapeList;
using crdt::ShapeMap;

// How a slot stands is no part of what is compared.
void forget_standing(Shape& shape) {
  shape.standing = crdt::Standing::agreed;
  if (auto* list = std::get_if<ShapeList>(&shape.node))
    for (Shape& item : *list) forget_standing(item);
  if (auto* map = std::get_if<ShapeMap>(&shape.node))
    for (auto& [key, inner] : *map) forget_standing(inner);
}

// Whether the items of all lists are the same ones, in one order. Requires: they read the same.
bool has_same_items(const Shape& a, const Shape& b) {
  if (const auto* list = std::get_if<ShapeList>(&a.node)) {
    const auto& other = std::get<ShapeList>(b.node);
    return std::equal(list->begin(), list->end(), other.begin(), other.end(),
                      [](const Shape& item, const Shape& its) {
                        return item.name == its.name && has_same_items(item, its);
                      });
  }
  const auto* map = std::get_if<ShapeMap>(&a.node);
  if (map == nullptr) return true;
  const auto& other = std::get<ShapeMap>(b.node);
  return std::equal(
      map->begin(), map->end(), other.begin(), other.end(),
      [](const auto& field, const auto& its) { return has_same_items(field.second, its.second); });
}

bool same(const Shape* a, const Shape* b) {
  return a == nullptr || b == nullptr ? a == b : *a == *b && has_same_items(*a, *b);
}
std::optional<Shape> kept_of(const Shape* shape) {
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

// Of the same kind.
bool is_nothing(const Shape& rest, const Shape& nothing) {
  if (rest.kind == Kind::counter)
    return crdt::DecimalSum::of(std::get<Scalar>(rest.node))->is_zero();
  return rest == nothing;
}

Shape undone_text(const Shape& before, const Shape& after, const Shape& now) {
  const auto edits = crdt::merge_texts(text_in(after), text_in(before), text_in(now));
  return {Kind::text, Scalar(crdt::apply_edits(text_in(now), edits)), {}};
}

crdt::DecimalSum sum_of(const Shape& counter) {
  return counter.sum ? *counter.sum : *crdt::DecimalSum::of(std::get<Scalar>(counter.node));
}

Shape undone_counter(const Shape& before, const Shape& after, const Shape& now) {
  const crdt::DecimalSum present = sum_of(now);
  crdt::DecimalSum sum = present.plus(sum_of(before)).minus(sum_of(after));
  if (!present.amounts_to(sum)) return now;
  Shape out{Kind::counter, sum.value(), {}};
  out.sum = std::move(sum);
  return out;
}

// An item of a list that is being put together, and where it was before the change.
struct Placed {
  Shape item;
  std::size_t old;
};

// A node as it reads, and the position that makes it be there.
struct TreeNode {
  RegrownNode::Seat seat;
  std::string position;
  Shape value;
};
using TreeNodes = std::map<std::string, TreeNode>;
TreeNodes nodes_of(const Shape& tree) {
  TreeNodes out;
  for (const Shape& item : std::get<ShapeList>(tree.node)) {
    const auto node = crdt::node_of(item);
    const std::size_t order = out.size();
    out[node->id] = {
        {node->parent, order}, item.place, node->value ? *node->value : nothing_of(Kind::map)};
  }
  return out;
}

class Reversal {
 public:
  explicit Reversal(const crdt::WrittenPlaces& others) : others_(others) {}

  // Requires: all are of `kind`.
  Shape inside(Kind kind, const Shape& before, const Shape& after, const Shape& now) {
    switch (kind) {
      case Kind::map: return map(before, after, now);
      case Kind::list: return list(before, after, now);
      case Kind::text: return undone_text(before, after, now);
      case Kind::counter: return undone_counter(before, after, now);
      case Kind::set: return set(before, after, now);
      case Kind::tree: return tree(before, after, now);
    }
    return now;
  }

 private:
  // Nothing where nothing is or is left.
  std::optional<Shape> slot(const Shape* before, const Shape* after, const Shape* now) {
    if (same(before, after)) return kept_of(now);
    // Somebody else made it what it is, even if that reads the same.
    if (others_.has_value(path_)) return kept_of(now);
    if (same(after, now) && !others_.has_any(path_)) return kept_of(before);
    if (now == nullptr) return std::nullopt;
    // Written over since, or inside.
    if (after == nullptr || !after->kind || after->kind != now->kind)
      return before ? brought_back(*before, *now) : kept_of(now);
    const Kind kind = *after->kind;
    if (before != nullptr && before->kind == kind) return inside(kind, *before, *after, *now);
    // The change made it, and others went on inside: what they put there stays.
    const Shape nothing = nothing_of(kind);
    Shape rest = inside(kind, nothing, *after, *now);
    if (is_nothing(rest, nothing)) return kept_of(before);
    return rest;
  }
  std::optional<Shape> slot_at(crdt::Step step, const Shape* before, const Shape* after,
                               const Shape* now) {
    path_.push_back(std::move(step));
    auto out = slot(before, after, now);
    path_.pop_back();
    return out;
  }

  // What the change removed comes back around what others put inside since. Only where names say
  // what belongs to what.
  Shape brought_back(const Shape& before, const Shape& now) {
    const bool named = now.kind == Kind::map || now.kind == Kind::set || now.kind == Kind::tree;
    if (!named || before.kind != now.kind) return now;
    return inside(*now.kind, before, nothing_of(*now.kind), now);
  }

  Shape map(const Shape& before, const Shape& after, const Shape& now) {
    const auto& old = std::get<ShapeMap>(before.node);
    const auto& done = std::get<ShapeMap>(after.node);
    const auto& present = std::get<ShapeMap>(now.node);
    std::set<std::string> keys;
    for (const ShapeMap* each : {&old, &present})
      for (const auto& [key, inner] : *each) keys.insert(key);
    ShapeMap out;
    for (const std::string& key : keys)
      if (auto inner = slot_at(key, find_in(old, key), find_in(done, key), find_in(present, key)))
        out.emplace(key, std::move(*inner));
    return {Kind::map, std::move(out), {}};
  }

  Shape set(const Shape& before, const Shape& after, const Shape& now) {
    const auto& old = std::get<ShapeList>(before.node);
    const auto& done = std::get<ShapeList>(after.node);
    const auto& present = std::get<ShapeList>(now.node);
    ShapeList out;
    const auto holds = [](const ShapeList& elements, const Shape& item) {
      return std::ranges::find(elements, item) != elements.end();
    };
    const auto is_theirs = [this](const Shape& item) {
      return others_.has_element(path_, std::get<Scalar>(item.node));
    };
    for (const Shape& item : present)
      if (!holds(done, item) || holds(old, item) || is_theirs(item)) out.push_back(item);
    for (const Shape& item : old)
      if (!holds(done, item) && !holds(out, item) && !is_theirs(item)) out.push_back(item);
    return {Kind::set, std::move(out), {}};
  }

  // Where each item of a list comes from among what the change left; what others put there comes
  // from nowhere.
  std::vector<crdt::ListMatch::Source> sources_of(const ShapeList& present, const ShapeList& done) {
    ShapeList known;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < present.size(); ++i) {
      if (is_theirs(i, &crdt::WrittenPlaces::has_value)) continue;
      known.push_back(present[i]);
      places.push_back(i);
    }
    const auto found = crdt::match_lists(done, known).sources;
    std::vector<crdt::ListMatch::Source> out(present.size());
    for (std::size_t i = 0; i < found.size(); ++i) out[places[i]] = found[i];
    return out;
  }
  bool is_theirs(crdt::Step step, bool (crdt::WrittenPlaces::*wrote)(const Path&) const) {
    path_.push_back(std::move(step));
    const bool theirs = (others_.*wrote)(path_);
    path_.pop_back();
    return theirs;
  }

  Shape list(const Shape& before, const Shape& after, const Shape& now) {
    const auto& old = std::get<ShapeList>(before.node);
    const auto& done = std::get<ShapeList>(after.node);
    const auto& present = std::get<ShapeList>(now.node);
    const auto back = crdt::match_lists(old, done).sources;
    const auto forth = sources_of(present, done);
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
      auto item = slot_at(std::uint64_t{i}, was, &done[forth[i].item], &present[i]);
      if (!item) continue;
      item->name = present[i].name;
      // Where others have put it since, it stays.
      const bool goes_back = source.item != nowhere && source.moved && !forth[i].moved &&
                             !is_theirs(std::uint64_t{i}, &crdt::WrittenPlaces::has_move);
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

  Shape tree(const Shape& before, const Shape& after, const Shape& now) {
    const TreeNodes old = nodes_of(before), done = nodes_of(after), present = nodes_of(now);
    const auto find = [](const TreeNodes& nodes, const std::string& id) {
      const auto found = nodes.find(id);
      return found == nodes.end() ? nullptr : &found->second;
    };
    std::map<std::string, RegrownNode> nodes;
    for (const TreeNodes* from : {&old, &present})
      for (const auto& [id, each] : *from) {
        if (nodes.contains(id)) continue;
        path_.emplace_back(crdt::NodeStep{id});
        if (auto node = undone_node(find(old, id), find(done, id), find(present, id)))
          nodes.emplace(id, std::move(*node));
        path_.pop_back();
      }
    return {Kind::tree, regrow(std::move(nodes)), {}};
  }

  std::optional<RegrownNode> undone_node(const TreeNode* before, const TreeNode* after,
                                         const TreeNode* now) {
    const bool moved_since = others_.has_move(path_);
    if (now == nullptr) {
      if (before == nullptr || after != nullptr || moved_since) return std::nullopt;
      return RegrownNode{std::nullopt, before->seat, RegrownNode::Wish::go_back, before->value};
    }
    RegrownNode out{now->seat, std::nullopt, RegrownNode::Wish::stay, now->value};
    if (before != nullptr && !moved_since) out.then = before->seat;
    const Shape empty = nothing_of(Kind::map);
    if (after == nullptr) {
      // Removed, and here again.
      if (before != nullptr && !moved_since) out.value = map(before->value, empty, now->value);
      return out;
    }
    if (before == nullptr) {
      if (moved_since) return out;
      out.value = map(empty, after->value, now->value);
      if (*out.value == empty) out.wish = RegrownNode::Wish::go;
      return out;
    }
    const bool moved =
        before->seat.parent != after->seat.parent || before->position != after->position;
    // Also to its siblings, if it is back below its parent already.
    const std::string& parent = now->seat.parent;
    if (moved && out.then && (after->seat.parent == parent || before->seat.parent == parent))
      out.wish = RegrownNode::Wish::go_back;
    if (!same(&before->value, &after->value))
      out.value = map(before->value, after->value, now->value);
    return out;
  }

  const crdt::WrittenPlaces& others_;
  Path path_;  // in the document as it is now
};

}  // namespace

Shape reverse(Shape before, Shape after, Shape now, const crdt::WrittenPlaces& others) {
  for (Shape* shape : {&before, &after, &now}) forget_standing(*shape);
  return Reversal(others).inside(Kind::map, before, after, now);
}

}  // namespace syncline::history
