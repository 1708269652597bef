// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/tree_place.h"

#include "protocol/base/limits.h"
#include "protocol/crdt/reading.h"
#include "protocol/crdt/tree_position.h"

namespace syncline::crdt {
namespace {

std::string quoted(const std::string& id) { return "\"" + id + "\""; }

const std::string& place_of(const TreeNode& node) { return node.at->position; }

// The children of one node without the one that is placed, by index.
class Siblings {
 public:
  Siblings(const TreeNode& parent, const TreeNode* placed) : parent_(parent) {
    if (placed && placed->at->parent == &parent) skipped_ = parent.shown.rank_of(key_of(*placed));
  }
  std::size_t size() const { return parent_.shown.size() - (skipped_ == none ? 0 : 1); }
  const TreeNode& operator[](std::size_t index) const {
    return parent_.shown[index < skipped_ ? index : index + 1];
  }
  std::size_t index_of(const TreeNode& sibling) const {
    const std::size_t rank = parent_.shown.rank_of(key_of(sibling));
    return rank - (skipped_ < rank ? 1 : 0);
  }

 private:
  static constexpr std::size_t none = SIZE_MAX;
  const TreeNode& parent_;
  std::size_t skipped_ = none;
};

// What is asked for, found in the tree.
struct Aim {
  const TreeNode* parent = nullptr;
  const TreeNode* node = nullptr;  // nothing: it is to be made
  std::size_t index = 0;           // among the others
};

Result<const TreeNode*> find_node(const TreeContainer& tree, const std::string& id) {
  const TreeNode* node = tree.find(id);
  if (!node) return fail(Errc::not_found, "the tree has no node " + quoted(id));
  return node;
}

Result<Aim> aim_beside(const TreeContainer& tree, Aim aim, const TreeSpot& spot,
                       const std::string& sibling_id, std::size_t offset) {
  const auto sibling = find_node(tree, sibling_id);
  if (!sibling) return pass(sibling);
  if (*sibling == aim.node)
    return fail(Errc::invalid, "a node cannot be placed beside itself: " + quoted(sibling_id));
  aim.parent = (*sibling)->at->parent;
  if (!spot.parent.empty() && (aim.parent->is_root() || *aim.parent->id != spot.parent))
    return fail(Errc::invalid, "the node " + quoted(sibling_id) + " is not below " +
                                   quoted(spot.parent) + "; leave out the parent");
  aim.index = Siblings(*aim.parent, aim.node).index_of(**sibling) + offset;
  return aim;
}

Result<Aim> aim_at(const TreeContainer& tree, const std::string& node, const TreeSpot& spot) {
  Aim aim;
  aim.node = tree.find(node);
  if (const auto* after = std::get_if<TreeSpot::After>(&spot.among))
    return aim_beside(tree, aim, spot, after->sibling, 1);
  if (const auto* before = std::get_if<TreeSpot::Before>(&spot.among))
    return aim_beside(tree, aim, spot, before->sibling, 0);
  aim.parent = &tree.root();
  if (!spot.parent.empty()) {
    const auto parent = find_node(tree, spot.parent);
    if (!parent) return pass(parent);
    aim.parent = *parent;
  }
  aim.index = Siblings(*aim.parent, aim.node).size();
  if (const auto* index = std::get_if<TreeSpot::Index>(&spot.among)) {
    if (index->value > aim.index)
      return fail(Errc::invalid,
                  "the place " + std::to_string(index->value) + " is beyond the end: there " +
                      (aim.index == 1 ? "is 1 other child"
                                      : "are " + std::to_string(aim.index) + " other children"));
    aim.index = static_cast<std::size_t>(index->value);
  }
  return aim;
}

// Positions for the node and for as many siblings around it as need other ones, in order.
struct Room {
  std::size_t first = 0, end = 0;  // of the siblings that get another one
  std::vector<std::string> positions;
};

Room make_room(const Siblings& siblings, std::size_t index, std::uint16_t salt) {
  Room room{index, index, {}};
  const auto low = [&] {
    return room.first == 0 ? std::string() : place_of(siblings[room.first - 1]);
  };
  const auto high = [&] {
    return room.end == siblings.size() ? std::string() : place_of(siblings[room.end]);
  };
  const auto is_open = [&] { return low().empty() || high().empty() || low() < high(); };
  if (is_open()) {
    room.positions = {tree_position_between(low(), high(), salt)};
    if (room.positions[0].size() <= limits::tree_position_size_wanted) return room;
  }
  // Outwards over all whose positions are the same or have grown long.
  constexpr std::size_t size_good = limits::tree_position_size_wanted / 4;
  while (room.first > 0 && (!is_open() || low().size() > size_good)) --room.first;
  while (room.end < siblings.size() && (!is_open() || high().size() > size_good)) ++room.end;
  room.positions = tree_positions_between(low(), high(), room.end - room.first + 1, salt);
  return room;
}

// Moving it there would change nothing, not even settle anything.
bool is_there(const Aim& aim) {
  const TreeNode* node = aim.node;
  if (node == nullptr || node->at->parent != aim.parent) return false;
  const bool agreed = node->used && node->removals.empty() && node->newest.size() == 1 &&
                      node->newest.front() == node->at;
  return agreed && aim.parent->shown.rank_of(key_of(*node)) == aim.index;
}

}  // namespace

Result<std::vector<Op>> ops_to_place(const Document& document, const Path& path,
                                     const std::string& node, const TreeSpot& spot,
                                     std::uint16_t salt) {
  const TreeContainer nothing;
  const TreeContainer* tree = document.tree_at(path);
  if (!tree) tree = &nothing;
  const auto aim = aim_at(*tree, node, spot);
  if (!aim) return pass(aim);
  if (aim->node && is_tree_under(*aim->parent, *aim->node))
    return fail(Errc::invalid,
                "the node " + quoted(node) +
                    " cannot be moved below itself; first move what it is to be below");
  if (is_there(*aim)) return std::vector<Op>();
  const std::string parent = aim->parent->is_root() ? std::string() : *aim->parent->id;
  const Siblings siblings(*aim->parent, aim->node);
  const Room room = make_room(siblings, aim->index, salt);
  std::vector<Op> ops;
  auto position = room.positions.begin();
  for (std::size_t i = room.first; i <= room.end; ++i) {
    if (i == aim->index) {
      if (aim->node) {
        ops.push_back({path, TreeMove{node, parent, *position++}});
      } else {
        ops.push_back({path, TreeInsert{node, parent, *position++}});
      }
    }
    if (i < room.end) ops.push_back({path, TreeMove{*siblings[i].id, parent, *position++}});
  }
  return ops;
}

}  // namespace syncline::crdt
