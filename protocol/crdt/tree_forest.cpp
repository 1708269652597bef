// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/tree_forest.h"

#include "protocol/base/check.h"
#include "protocol/crdt/container.h"

#include <algorithm>
#include <deque>

namespace syncline::crdt {
namespace {

TreeNode* parent_of(const TreeNode& node) { return node.at ? node.at->parent : nullptr; }

bool has_seen(const TreeMarks& marks, std::uint32_t author, std::uint64_t seq, std::uint32_t op) {
  const auto mark = std::lower_bound(
      marks.begin(), marks.end(), author,
      [](const TreeMark& each, std::uint32_t wanted) { return each.author < wanted; });
  if (mark == marks.end() || mark->author != author) return false;
  return seq < mark->seq || (seq == mark->seq && op < mark->op);
}

// Spec C34: what was put below a node after it was removed did not go with it.
bool goes_with_parent(const TreeNode& node, const TreeMarks& marks) {
  return has_seen(marks, node.at->author, node.at->seq, node.at->op);
}

void hide(TreeNode& parent, TreeNode& child) {
  child.among_hidden = parent.hidden.size();
  parent.hidden.push_back(&child);
}

void unhide(TreeNode& parent, const TreeNode& child) {
  TreeNode* last = parent.hidden.back();
  parent.hidden[child.among_hidden] = last;
  last->among_hidden = child.among_hidden;
  parent.hidden.pop_back();
}

}  // namespace

TreeNode::TreeNode() = default;
TreeNode::~TreeNode() = default;

bool is_tree_under(const TreeNode& below, const TreeNode& above) {
  for (const TreeNode* node = &below; node; node = parent_of(*node))
    if (node == &above) return true;
  return false;
}

bool is_removed(const TreeNode& node, const TreeMarks& marks) {
  return std::all_of(node.uses.begin(), node.uses.end(), [&marks](const TreeUse& use) {
    return has_seen(marks, use.author, use.seq, use.op);
  });
}

TreeMarks marks_above(const TreeNode& node) {
  std::vector<const TreeNode*> path;
  for (const TreeNode* up = &node; up; up = parent_of(*up)) path.push_back(up);
  TreeMarks marks;
  for (std::size_t i = path.size() - 1; i > 0; --i) {
    merge_marks(marks, path[i]->removed);
    if (!goes_with_parent(*path[i - 1], marks)) marks.clear();
  }
  return marks;
}

void merge_marks(TreeMarks& into, const TreeMarks& more) {
  for (const TreeMark& mark : more) {
    const auto at = std::lower_bound(
        into.begin(), into.end(), mark.author,
        [](const TreeMark& each, std::uint32_t author) { return each.author < author; });
    if (at == into.end() || at->author != mark.author) {
      into.insert(at, mark);
    } else if (at->seq < mark.seq || (at->seq == mark.seq && at->op < mark.op)) {
      *at = mark;
    }
  }
}

namespace {

// A node that begins to be shown, and with it whatever above was hidden.
void rise(TreeNode* node) {
  while (node->at) {
    TreeNode& parent = *node->at->parent;
    const bool shown = parent.is_shown();
    unhide(parent, *node);
    parent.shown.insert(*node);
    if (shown) return;
    node = &parent;
  }
}

// A node that is no longer shown, and with it whatever above was shown for its sake alone.
void sink(TreeNode* node) {
  while (node->at) {
    TreeNode& parent = *node->at->parent;
    parent.shown.erase(*node);
    hide(parent, *node);
    if (parent.is_shown()) return;
    node = &parent;
  }
}

}  // namespace

void TreeForest::attach(TreeNode& node) const {
  TreeNode& parent = *node.at->parent;
  if (!node.is_shown()) return hide(parent, node);
  const bool shown = parent.is_shown();
  parent.shown.insert(node);
  if (!shown) rise(&parent);
}

void TreeForest::detach(TreeNode& node) const {
  TreeNode& parent = *node.at->parent;
  if (!node.is_shown()) return unhide(parent, node);
  parent.shown.erase(node);
  if (!parent.is_shown()) sink(&parent);
}

void TreeForest::set_used(TreeNode& node, bool used) const {
  const bool shown = node.is_shown();
  node.used = used;
  if (node.is_shown() == shown) return;
  if (shown) {
    sink(&node);
  } else {
    rise(&node);
  }
}

void TreeForest::look(TreeNode& top, Which which) const {
  struct Open {
    TreeNode* node;
    const TreeMarks* marks;  // of what is above
  };
  const TreeMarks none;
  std::deque<TreeMarks> kept{marks_above(top)};
  std::vector<Open> found{{&top, &kept.front()}};
  std::vector<bool> used;
  for (std::size_t i = 0; i < found.size(); ++i) {
    TreeNode& node = *found[i].node;
    const TreeMarks* marks = found[i].marks;
    if (!node.removed.empty()) {
      kept.push_back(*marks);
      merge_marks(kept.back(), node.removed);
      marks = &kept.back();
    }
    used.push_back(!node.is_root() && !is_removed(node, *marks));
    const auto go_on = [&](TreeNode& child) {
      found.push_back({&child, goes_with_parent(child, *marks) ? marks : &none});
    };
    node.shown.for_each(go_on);
    if (which == Which::all)
      for (TreeNode* child : node.hidden) go_on(*child);
  }
  for (std::size_t i = found.size(); i-- > 0;) set_used(*found[i].node, used[i]);
}

void TreeForest::begin_to_use(TreeNode& node) const { set_used(node, true); }

void TreeForest::lose(TreeNode& node) const { look(node, Which::shown); }

// Puts a node where `to` says; nothing: out of the tree.
void TreeForest::carry(TreeNode& node, const TreeShift* to) const {
  const bool was_placed = node.at != nullptr;
  const TreeMarks before = covers_ > 0 && was_placed ? marks_above(node) : TreeMarks();
  if (was_placed) detach(node);
  node.at = to;
  if (!to) return;
  attach(node);
  if (covers_ > 0 && (!was_placed || marks_above(node) != before)) look(node, Which::all);
}

void TreeForest::redo(TreeShift& move) const {
  TreeNode& node = *move.node;
  TreeNode& parent = *move.parent;
  move.before = node.at;
  move.skipped = &node == &parent || (!parent.is_root() && !parent.at) ||
                 (!node.is_leaf() && is_tree_under(parent, node));
  if (!move.skipped) carry(node, &move);
}

void TreeForest::redo_bare(TreeShift& move) {
  move.before = move.node->at;
  move.skipped =
      (!move.parent->is_root() && !move.parent->at) || is_tree_under(*move.parent, *move.node);
  if (!move.skipped) move.node->at = &move;
}

void TreeForest::raise(TreeNode& root, const std::vector<TreeNode*>& nodes) const {
  for (TreeNode* node : nodes)
    if (node->at) attach(*node);
  if (covers_ > 0) look(root, Which::all);
}

void TreeForest::undo(const TreeShift& move) const {
  if (!move.skipped) carry(*move.node, move.before);
}

}  // namespace syncline::crdt
