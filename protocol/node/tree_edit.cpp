// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/tree_edit.h"

#include "protocol/crdt/tree.h"
#include "protocol/crdt/tree_place.h"

#include <array>

namespace syncline::node {

namespace {

using crdt::Document;
using crdt::Op;
using crdt::Path;
using crdt::TreeContainer;
using crdt::TreeSpot;

std::string quoted(const std::string& id) { return "\"" + id + "\""; }

auto no_node(const std::string& id) {
  return fail(Errc::invalid, "the tree has no node " + quoted(id) +
                                 "; it may have been removed: entity.get shows those it has");
}

auto no_tree() {
  return fail(Errc::invalid, "there is no tree here; tree.insert makes one with its first node");
}

// Short enough to be written into paths, and no two devices make the same.
std::string new_id(const TreeContainer* tree, Random& random) {
  while (true) {
    std::array<std::uint8_t, 8> bytes{};
    random.fill(bytes);
    std::string id = to_hex(bytes);
    if (tree == nullptr || tree->find(id) == nullptr) return id;
  }
}

std::uint16_t new_salt(Random& random) {
  std::array<std::uint8_t, 2> bytes{};
  random.fill(bytes);
  return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
}

std::string parent_of(const crdt::TreeNode& node) {
  return node.at->parent->is_root() ? std::string() : *node.at->parent->id;
}

// Where a node is named that is to be beside it, or above it, that node is there.
Status check_spot(const TreeContainer* tree, const step::NodeSpot& spot) {
  const auto check = [tree](const std::string& id) -> Status {
    if (tree == nullptr || tree->find(id) == nullptr) return no_node(id);
    return {};
  };
  if (spot.parent && !spot.parent->empty())
    if (Status there = check(*spot.parent); !there) return there;
  const auto* after = std::get_if<TreeSpot::After>(&spot.among);
  const auto* before = std::get_if<TreeSpot::Before>(&spot.among);
  if (after == nullptr && before == nullptr) return {};
  const std::string& sibling = after ? after->sibling : before->sibling;
  if (Status there = check(sibling); !there) return there;
  if (spot.parent && *spot.parent != parent_of(*tree->find(sibling)))
    return fail(Errc::invalid,
                "the node " + quoted(sibling) + " has another parent; leave out the parent");
  return {};
}

// `here`: the parent if nothing is said of it.
Result<std::vector<Op>> ops_to_place(const Document& now, const Path& path, const std::string& node,
                                     const step::NodeSpot& spot, const std::string& here,
                                     std::uint16_t salt) {
  const bool by_sibling = std::holds_alternative<TreeSpot::After>(spot.among) ||
                          std::holds_alternative<TreeSpot::Before>(spot.among);
  TreeSpot there;
  there.among = spot.among;
  if (!by_sibling) there.parent = spot.parent.value_or(here);
  return crdt::ops_to_place(now, path, node, there, salt);
}

}  // namespace

Result<NewNode> make_node(const Document& now, const step::NodeInsert& wanted, Random& random) {
  const TreeContainer* tree = now.tree_at(wanted.tree);
  NewNode made{wanted.node.empty() ? new_id(tree, random) : wanted.node, {}};
  if (tree && tree->find(made.id))
    return fail(Errc::already_exists,
                "the tree has a node " + quoted(made.id) + "; tree.move moves it elsewhere");
  if (Status checked = check_spot(tree, wanted.spot); !checked) return pass(checked);
  auto ops = ops_to_place(now, wanted.tree, made.id, wanted.spot, {}, new_salt(random));
  if (!ops) return pass(ops);
  made.ops = std::move(*ops);
  return made;
}

Result<std::vector<Op>> ops_to_move(const Document& now, const step::NodeMove& wanted,
                                    Random& random) {
  const TreeContainer* tree = now.tree_at(wanted.tree);
  if (tree == nullptr) return no_tree();
  const crdt::TreeNode* node = tree->find(wanted.node);
  if (node == nullptr) return no_node(wanted.node);
  if (Status checked = check_spot(tree, wanted.spot); !checked) return pass(checked);
  return ops_to_place(now, wanted.tree, wanted.node, wanted.spot, parent_of(*node),
                      new_salt(random));
}

}  // namespace syncline::node
