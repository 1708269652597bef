// SPDX-License-Identifier: Apache-2.0
//
// What those who wrote a document do not agree on, and the ops that settle it.
#include "protocol/crdt/reading.h"
#include "protocol/crdt/tree_position.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace syncline::crdt {
namespace {

// An item, where it is, and where others wanted it: highest move first.
struct Wish {
  std::uint64_t index = 0;
  std::vector<std::pair<const Item::Move*, std::uint64_t>> lost;
};
using Wishes = std::map<const Item*, Wish>;

// Spec C31. An index is what the item would have if that move had won.
Wishes wishes_of(const ListContainer& list) {
  Wishes wishes;
  if (!list.has_moves()) return wishes;
  std::uint64_t index = 0;
  list.for_each_run([&](const ListContainer::Run& run) {
    const bool shown = run.shown();
    if (run.content.is_moved() && run.content.item(0).is_used()) {
      const Item& item = run.content.item(0);
      if (shown) wishes[&item].index = index;
      for (const Item::Move& move : item.moves)
        if (!shown && move.newest && move.place == run.first)
          wishes[&item].lost.emplace_back(&move, index);
    }
    if (shown) index += run.length;
  });
  for (auto& [item, wish] : wishes) {
    for (auto& [move, wanted] : wish.lost)
      if (wanted > wish.index) --wanted;
    std::sort(wish.lost.begin(), wish.lost.end());  // as they stand in item->moves
  }
  return wishes;
}

ConflictValue place_of(const Item::Move& move, std::uint64_t index) {
  ValueMap place;
  place["index"] = Value{Scalar{static_cast<std::int64_t>(index)}};
  return {Value{std::move(place)}, std::nullopt, move.event.log, move.event.seq, move.wall};
}

std::optional<Conflict> conflict_of(const Item& item, const Wish& wish, const Path& path) {
  Conflict conflict;
  conflict.path = path;
  conflict.kind = ConflictKind::move_lost;
  conflict.values.push_back(place_of(item.moves.front(), wish.index));
  for (const auto& [move, index] : wish.lost) {
    ConflictValue place = place_of(*move, index);
    const bool known = std::any_of(conflict.values.begin(), conflict.values.end(),
                                   [&](const auto& other) { return other.value == place.value; });
    if (!known) conflict.values.push_back(std::move(place));
  }
  if (conflict.values.size() < 2) return std::nullopt;
  return conflict;
}

ConflictValue place_of(const TreeContainer& tree, const TreeShift& move) {
  ValueMap place;
  const TreeNode& parent = *move.parent;
  place["parent"] = Value{parent.is_root() ? Scalar{Null{}} : Scalar{*parent.id}};
  // Where its parent is not shown, neither are the siblings.
  if (parent.is_shown())
    place["index"] = Value{Scalar{static_cast<std::int64_t>(tree.index_of(move))}};
  return {Value{std::move(place)}, std::nullopt, tree.author(move.author).log, move.seq, move.wall};
}

// Spec C36: the node is where the first of these says; each other was wanted by somebody.
std::vector<std::pair<const TreeShift*, ConflictValue>> places_of(const TreeContainer& tree,
                                                                  const TreeNode& node) {
  std::vector<std::pair<const TreeShift*, ConflictValue>> places{
      {node.at, place_of(tree, *node.at)}};
  for (const TreeShift* move : node.newest) {
    ConflictValue place = place_of(tree, *move);
    const bool known = std::any_of(places.begin(), places.end(), [&](const auto& other) {
      return other.second.value == place.value;
    });
    if (!known) places.emplace_back(move, std::move(place));
  }
  return places;
}

std::optional<Conflict> misplaced(const TreeContainer& tree, const TreeNode& node,
                                  const Path& path) {
  if (node.newest.size() == 1 && node.newest.front() == node.at) return std::nullopt;
  auto places = places_of(tree, node);
  if (places.size() < 2) return std::nullopt;
  Conflict conflict{path, ConflictKind::move_lost, {}, {}};
  for (auto& [move, place] : places) conflict.values.push_back(std::move(place));
  return conflict;
}

// Removed, and yet here: somebody used it, or something below it, without knowing.
std::optional<Conflict> contested(const TreeContainer& tree, const TreeNode& node,
                                  const Path& path) {
  if (node.removals.empty()) return std::nullopt;
  const TreeUse& newest = newest_use(tree, node);
  Conflict conflict{path, ConflictKind::edited_and_deleted, {}, {}};
  conflict.values.push_back(
      {value_of(node), Kind::map, tree.author(newest.author).log, newest.seq, newest.wall});
  for (const TreeRemoval& removal : node.removals)
    conflict.removals.push_back({removal.event.log, removal.event.seq, removal.wall});
  return conflict;
}

class Collector {
 public:
  explicit Collector(std::vector<Conflict>& found) : found_(found) {}

  void visit(const Container& container) {
    if (container.kind() == Kind::map) {
      for (const auto& [key, slot] : container.map().slots)
        if (slot.shown()) visit(Spot(slot), nullptr, Step{key});
    } else if (container.kind() == Kind::list) {
      const Wishes wishes = wishes_of(container.list());
      std::uint64_t index = 0;
      for_each_shown(container.list(), [&](const Item& item) {
        const auto wish = wishes.find(&item);
        visit(Spot(item), wish == wishes.end() ? nullptr : &wish->second, Step{index++});
      });
    } else if (container.kind() == Kind::tree) {
      container.tree().for_each_shown([&](const TreeNode& node) { visit(container.tree(), node); });
    }
  }

 private:
  void visit(const Spot& spot, const Wish* wish, Step step) {
    path_.push_back(std::move(step));
    note(crdt::conflict_of(spot, path_));
    if (wish) note(conflict_of(*spot.item, *wish, path_));
    for (const Child& child : spot.slot->children)
      if (spot.slot->holds(child.kind)) visit(*child.container);
    path_.pop_back();
  }
  void visit(const TreeContainer& tree, const TreeNode& node) {
    path_.push_back(NodeStep{*node.id});
    note(contested(tree, node, path_));
    note(misplaced(tree, node, path_));
    if (node.content) visit(*node.content);
    path_.pop_back();
  }
  void note(std::optional<Conflict> conflict) {
    if (conflict) found_.push_back(std::move(*conflict));
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
  if (const NodeStep* node = std::get_if<NodeStep>(&step)) return TreeRemove{node->id};
  return ListRemove{std::get<std::uint64_t>(step), 1};
}

// The position of a move, or one beside it if others have the same: who moves a node anew is not
// who moved it at first, and that orders equal positions.
std::string position_of(const TreeShift& place) {
  const TreePlaceKey key{place.position, place.log, *place.node->id};
  std::string low, high;
  place.parent->shown.for_each([&](const TreeNode& sibling) {
    if (&sibling == place.node) return;
    if (key_of(sibling) < key)
      low = sibling.at->position;
    else if (high.empty())
      high = sibling.at->position;
  });
  const bool alone = low < place.position && (high.empty() || place.position < high);
  if (alone || (!high.empty() && low >= high)) return place.position;
  return tree_position_between(low, high, 0);
}

TreeMove move_to(const TreeShift& place) {
  return {*place.node->id, place.parent->is_root() ? "" : *place.parent->id, position_of(place)};
}

// Settles either conflict of a node.
Result<Action> settle(const TreeContainer& tree, const TreeNode& node, const Conflict& conflict,
                      std::size_t keep) {
  if (conflict.kind == ConflictKind::edited_and_deleted) return Action{move_to(*node.at)};
  const TreeShift& place = *places_of(tree, node)[keep].first;
  if (is_tree_under(*place.parent, node))
    return fail(Errc::invalid,
                "there the node would be below itself; move the node above it away first");
  return Action{move_to(place)};
}

Action move_to(const Step& step, const Value& place) {
  const Value& index = std::get<ValueMap>(place.node).at("index");
  const auto to = std::get<std::int64_t>(std::get<Scalar>(index.node));
  return ListMove{std::get<std::uint64_t>(step), static_cast<std::uint64_t>(to)};
}

}  // namespace

const TreeUse& newest_use(const TreeContainer& tree, const TreeNode& node) {
  return *std::max_element(node.uses.begin(), node.uses.end(),
                           [&tree](const TreeUse& a, const TreeUse& b) {
                             return std::tie(a.lamport, tree.author(a.author).id) <
                                    std::tie(b.lamport, tree.author(b.author).id);
                           });
}

std::vector<const Entry*> distinct_values(const Slot& slot) {
  std::vector<const Entry*> out;
  for (const Entry& entry : slot.entries) {
    const bool known = std::any_of(out.begin(), out.end(), [&entry](const Entry* other) {
      return other->value == entry.value;
    });
    if (!known) out.push_back(&entry);
  }
  return out;
}

std::optional<Conflict> conflict_of(const Spot& spot, const Path& path) {
  const auto values = distinct_values(*spot.slot);
  Conflict conflict;
  conflict.path = path;
  for (const Removal& removal : spot.removals())
    if (!removal.contested_by.empty())
      conflict.removals.push_back({removal.event.log, removal.event.seq, removal.wall});
  if (values.size() < 2 && (values.empty() || conflict.removals.empty())) return std::nullopt;
  conflict.kind =
      values.size() < 2 ? ConflictKind::edited_and_deleted : ConflictKind::concurrent_values;
  for (const Entry* entry : values) {
    const Kind* kind = std::get_if<Kind>(&entry->value);
    conflict.values.push_back({value_of(*spot.slot, entry->value),
                               kind ? std::optional<Kind>(*kind) : std::nullopt, entry->event.log,
                               entry->event.seq, entry->wall});
  }
  return conflict;
}

std::vector<Conflict> Document::conflicts() const {
  std::vector<Conflict> found;
  Collector(found).visit(state_->root);
  return found;
}

Result<Op> op_to_resolve(const Container& root, const Conflict& conflict,
                         std::optional<std::size_t> keep) {
  if (keep && *keep >= conflict.values.size())
    return fail(Errc::invalid, "the conflict has fewer values than that");
  const Path& slot = conflict.path;
  const Path parent(slot.begin(), slot.end() - 1);
  const bool moved = conflict.kind == ConflictKind::move_lost;
  if (!keep && moved)
    return fail(Errc::invalid, "no removal is part of this conflict; choose one of its places");
  if (!keep) return Op{parent, remove_at(slot.back())};
  if (const TreeNode* node = spot_at(root, slot).node) {
    const TreeContainer& tree = container_at(root, parent, Kind::tree)->tree();
    auto action = settle(tree, *node, conflict, *keep);
    if (!action) return pass(action);
    return Op{parent, std::move(*action)};
  }
  if (moved) return Op{parent, move_to(slot.back(), conflict.values[*keep].value)};
  const auto values = distinct_values(*spot_at(root, slot).slot);
  return Op{parent, keep_at(slot.back(), values[*keep]->value)};
}

Result<std::vector<Op>> Document::ops_to_resolve(const Path& slot, std::optional<std::size_t> keep,
                                                 std::optional<ConflictKind> kind) const {
  const auto all = conflicts();
  const auto conflict = std::find_if(all.begin(), all.end(), [&](const Conflict& each) {
    return each.path == slot && (!kind || each.kind == *kind);
  });
  if (conflict == all.end()) return fail(Errc::not_found, "there is no conflict at this path");
  auto op = op_to_resolve(state_->root, *conflict, keep);
  if (!op) return pass(op);
  std::vector<Op> ops;
  ops.push_back(std::move(*op));
  return ops;
}

}  // namespace syncline::crdt
