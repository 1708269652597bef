// SPDX-License-Identifier: Apache-2.0
//
// TreeContainer: nodes with a map each, which people move about. Spec C32 to C36.
//
// All moves are kept in one total order; where a node is follows from doing them in that order,
// leaving out those that would put it below itself. A move that arrives late waits until somebody
// asks where a node is: then what comes after the first such move is undone and everything from
// there on done again. What is there is kept up to date with that, node by node.
#pragma once

#include "protocol/crdt/tree_forest.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace syncline::crdt {

class TreeContainer {
 public:
  // Where a move wants its node; an empty parent is the root.
  struct Target {
    const std::string& parent;
    const std::string& position;
  };

  TreeContainer();
  ~TreeContainer();
  TreeContainer(TreeContainer&&) noexcept;
  TreeContainer& operator=(TreeContainer&&) noexcept;

  // Nothing was ever put here.
  bool pristine() const;

  // Whether a version knows of a node, removed or not. The empty id is the root.
  bool knows(const View& view, const std::string& id) const;
  // Its map, if anything was ever written there.
  Container* content(const std::string& id) const;

  // An op goes through a node: it is there from now on. Requires: knows().
  Container& enter(const Edit& edit, const std::string& id);
  // A new and empty node, or one that is made anew. Requires: the parent is known.
  void insert(const Edit& edit, const std::string& id, const Target& target);
  // Requires: both are known.
  void move(const Edit& edit, const std::string& id, const Target& target);
  // With everything below it that the author had seen. Requires: it is known.
  void remove(const Edit& edit, const std::string& id);
  // The same for everything here.
  void clear(const Edit& edit);

  // What follows looks at the newest version.
  const TreeNode& root() const;
  // If it is shown.
  const TreeNode* find(const std::string& id) const;
  // In order, each parent before its children.
  template <class Visit>
  void for_each_shown(Visit visit) const;

  const TreeAuthor& author(std::uint32_t index) const;
  // Where a move wanted its node: how many of the parent's children would be before it.
  std::size_t index_of(const TreeShift& move) const;

  std::size_t size_estimate_bytes() const;
  std::optional<std::string> check() const;

  // For snapshots, inspection and the history of texts: everything, as it is kept. restored()
  // does all moves and finds out what is there.
  struct State;
  State& state() const { return *state_; }
  void restored();

 private:
  std::unique_ptr<State> state_;
};

struct TreeContainer::State {
  std::vector<TreeAuthor> authors;
  std::map<std::string, TreeNode, std::less<>> nodes;
  TreeNode root;
  std::vector<std::unique_ptr<TreeShift>> done;  // ascending by (lamport, log id, op)
  std::vector<std::unique_ptr<TreeShift>> waiting;
  std::size_t covers = 0;  // nodes, and the root, of which something was removed

  TreeNode* node(const std::string& id);
  std::uint32_t author_of(const Edit& edit);
  void use(const Edit& edit, TreeNode& node);
  void place(const Edit& edit, TreeNode& node, const Target& target);
  void cover(const Edit& edit, TreeNode& node);
  // Does what waits.
  void settle();
};

template <class Visit>
void TreeContainer::for_each_shown(Visit visit) const {
  std::vector<const TreeNode*> open;
  const auto add_children = [&open](const TreeNode& node) {
    const std::size_t before = open.size();
    node.shown.for_each([&open](const TreeNode& child) { open.push_back(&child); });
    std::reverse(open.begin() + static_cast<std::ptrdiff_t>(before), open.end());
  };
  add_children(root());
  while (!open.empty()) {
    const TreeNode& node = *open.back();
    open.pop_back();
    visit(node);
    add_children(node);
  }
}

}  // namespace syncline::crdt
