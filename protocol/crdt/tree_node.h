// SPDX-License-Identifier: Apache-2.0
//
// The parts of a tree: its nodes, the moves that place them, and who made these.
//
// Plain structs; Tree alone keeps them in step. A node's own map hangs here and does not depend
// on where the node is or whether it is there.
#pragma once

#include "protocol/crdt/slot.h"
#include "protocol/crdt/tree_children.h"

#include <memory>
#include <string>
#include <vector>

namespace syncline::crdt {

// Somebody who wrote to a tree. Named by its place in Tree::authors.
struct TreeAuthor {
  LogIndex log = 0;
  LogId id;
};

struct TreeShift {
  std::uint32_t author = 0;
  std::uint32_t op = 0;
  std::uint64_t seq = 0;
  std::uint64_t lamport = 0;
  WallTime wall;
  LogId log;  // the author's
  TreeNode* node = nullptr;
  TreeNode* parent = nullptr;
  std::string position;
  bool newest = true;  // no later move of the node had seen it
  // While it counts:
  bool skipped = false;               // it would have put the node below itself
  const TreeShift* before = nullptr;  // what placed the node until then
};

// The newest time an author made a node be there.
struct TreeUse {
  std::uint32_t author = 0;
  std::uint32_t op = 0;
  std::uint64_t seq = 0;
  std::uint64_t lamport = 0;
  WallTime wall;
  std::uint64_t first_move = 0;  // seq of the author's first move of the node; 0: none
};

// What a removal saw of an author: the events before `seq`, and of that one the ops before `op`.
struct TreeMark {
  std::uint32_t author = 0;
  std::uint32_t op = 0;
  std::uint64_t seq = 0;

  bool operator==(const TreeMark&) const = default;
};
using TreeMarks = std::vector<TreeMark>;  // ascending by author

struct TreeRemoval {
  EventId event;
  std::uint32_t op = 0;
  WallTime wall;
};

struct TreeNode {
  const std::string* id = nullptr;  // nothing: the root, which is always there
  const TreeShift* at = nullptr;    // nothing: not in the tree, or the root
  std::unique_ptr<Container> content;
  std::vector<TreeUse> uses;
  std::vector<TreeShift*> newest;  // highest first, see TreeShift::newest
  // What was removed here, from this node down; and the removals that nobody settled.
  TreeMarks removed;
  std::vector<TreeRemoval> removals;

  bool used = false;  // some use was not removed, here or above
  TreeChildren shown;
  std::vector<TreeNode*> hidden;
  std::size_t among_hidden = 0;

  TreeNode();
  ~TreeNode();
  bool is_root() const { return id == nullptr; }
  bool is_shown() const { return is_root() || (at && (used || !shown.empty())); }
  bool is_leaf() const { return shown.empty() && hidden.empty(); }
};

}  // namespace syncline::crdt
