// SPDX-License-Identifier: Apache-2.0
//
// Where the nodes of a tree are and which are there: doing and undoing moves.
//
// Keeps TreeNode::at, used, shown and hidden right for the moves that are done. What was used and
// removed is decided elsewhere (tree.cpp) and told here.
#pragma once

#include "protocol/crdt/tree_node.h"

namespace syncline::crdt {

class TreeForest {
 public:
  // Nothing was removed anywhere: then everything is there. `covers` outlives this.
  explicit TreeForest(const std::size_t& covers) : covers_(covers) {}

  void redo(TreeShift& move) const;
  void undo(const TreeShift& move) const;
  // Instead of redo(), where no node is among its siblings yet; raise() brings them there.
  static void redo_bare(TreeShift& move);
  // All nodes of a tree. Requires: they are used.
  void raise(TreeNode& root, const std::vector<TreeNode*>& nodes) const;

  // A use that nothing can have removed yet.
  void begin_to_use(TreeNode& node) const;
  // More was removed of the node.
  void lose(TreeNode& node) const;

 private:
  enum class Which { shown, all };
  void attach(TreeNode& node) const;
  void detach(TreeNode& node) const;
  void set_used(TreeNode& node, bool used) const;
  void look(TreeNode& top, Which which) const;
  void carry(TreeNode& node, const TreeShift* to) const;

  const std::size_t& covers_;
};

// Whether `below` is `above` or under it.
bool is_tree_under(const TreeNode& below, const TreeNode& above);
// Whether removals that saw `marks` took away every use.
bool is_removed(const TreeNode& node, const TreeMarks& marks);
// What was removed above the node and the node with it.
TreeMarks marks_above(const TreeNode& node);
void merge_marks(TreeMarks& into, const TreeMarks& more);

}  // namespace syncline::crdt
