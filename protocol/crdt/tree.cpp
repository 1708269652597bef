// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/tree.h"

#include "protocol/base/check.h"
#include "protocol/crdt/container.h"
#include "protocol/crdt/writings.h"

#include <limits>
#include <tuple>

namespace syncline::crdt {
namespace {

constexpr std::uint32_t every_op = std::numeric_limits<std::uint32_t>::max();

// The order in which moves are done.
bool is_earlier(const TreeShift& a, const TreeShift& b) {
  return std::tie(a.lamport, a.log, a.op) < std::tie(b.lamport, b.log, b.op);
}
bool is_first(const std::unique_ptr<TreeShift>& a, const std::unique_ptr<TreeShift>& b) {
  return is_earlier(*a, *b);
}

}  // namespace

TreeContainer::TreeContainer() : state_(std::make_unique<State>()) {}
TreeContainer::~TreeContainer() = default;
TreeContainer::TreeContainer(TreeContainer&&) noexcept = default;
TreeContainer& TreeContainer::operator=(TreeContainer&&) noexcept = default;

bool TreeContainer::pristine() const { return state_->authors.empty(); }

bool TreeContainer::knows(const View& view, const std::string& id) const {
  if (id.empty()) return true;
  const TreeNode* node = state_->node(id);
  if (!node) return false;
  return std::any_of(node->uses.begin(), node->uses.end(), [&](const TreeUse& use) {
    return use.first_move != 0 && view.covers({author(use.author).log, use.first_move});
  });
}

Container* TreeContainer::content(const std::string& id) const {
  const TreeNode* node = state_->node(id);
  return node ? node->content.get() : nullptr;
}

Container& TreeContainer::enter(const Edit& edit, const std::string& id) {
  TreeNode& node = *state_->node(id);
  state_->use(edit, node);
  if (!node.content) node.content = std::make_unique<Container>(Kind::map);
  return *node.content;
}

void TreeContainer::insert(const Edit& edit, const std::string& id, const Target& target) {
  const bool known = knows(edit.view, id);
  const auto made = state_->nodes.try_emplace(id).first;
  TreeNode& node = made->second;
  node.id = &made->first;
  if (node.content) node.content->clear(edit);
  // Made anew it has nothing below it either.
  if (known) state_->cover(edit, node);
  state_->place(edit, node, target);
}

void TreeContainer::move(const Edit& edit, const std::string& id, const Target& target) {
  state_->place(edit, *state_->node(id), target);
}

void TreeContainer::remove(const Edit& edit, const std::string& id) {
  TreeNode& node = *state_->node(id);
  std::erase_if(node.removals, [&](const auto& each) { return edit.view.covers(each.event); });
  node.removals.push_back({edit.self, edit.op, edit.wall});
  state_->cover(edit, node);
}

void TreeContainer::clear(const Edit& edit) {
  for (auto& [id, node] : state_->nodes)
    std::erase_if(node.removals, [&](const auto& each) { return edit.view.covers(each.event); });
  state_->cover(edit, state_->root);
}

const TreeNode& TreeContainer::root() const {
  state_->settle();
  return state_->root;
}

const TreeNode* TreeContainer::find(const std::string& id) const {
  state_->settle();
  const TreeNode* node = state_->node(id);
  return node && node->is_shown() && !node->is_root() ? node : nullptr;
}

const TreeAuthor& TreeContainer::author(std::uint32_t index) const {
  return state_->authors[index];
}

std::size_t TreeContainer::index_of(const TreeShift& move) const {
  state_->settle();
  const TreePlaceKey key{move.position, move.log, *move.node->id};
  const std::size_t before = move.parent->shown.rank_of(key);
  // The node itself does not count.
  const bool here = move.node->at->parent == move.parent && move.node->is_shown();
  return before - (here && key_of(*move.node) < key ? 1 : 0);
}

TreeNode* TreeContainer::State::node(const std::string& id) {
  if (id.empty()) return &root;
  const auto found = nodes.find(id);
  return found == nodes.end() ? nullptr : &found->second;
}

std::uint32_t TreeContainer::State::author_of(const Edit& edit) {
  for (std::uint32_t i = 0; i < authors.size(); ++i)
    if (authors[i].log == edit.self.log) return i;
  authors.push_back({edit.self.log, edit.id_of(edit.self.log)});
  return static_cast<std::uint32_t>(authors.size() - 1);
}

void TreeContainer::State::use(const Edit& edit, TreeNode& node) {
  if (node.is_root()) return;
  const std::uint32_t author = author_of(edit);
  auto use = std::find_if(node.uses.begin(), node.uses.end(),
                          [author](const TreeUse& each) { return each.author == author; });
  if (use == node.uses.end()) use = node.uses.insert(use, TreeUse{author, 0, 0, 0, {}, 0});
  use->seq = edit.self.seq;
  use->op = edit.op;
  use->lamport = edit.lamport;
  use->wall = edit.wall;
  TreeForest(covers).begin_to_use(node);
}

void TreeContainer::State::place(const Edit& edit, TreeNode& node, const Target& target) {
  TreeNode& parent = *this->node(target.parent);
  if (edit.writings) edit.writings->move(node);
  use(edit, node);
  use(edit, parent);
  const std::uint32_t author = author_of(edit);
  for (TreeUse& each : node.uses)
    if (each.author == author && each.first_move == 0) each.first_move = edit.self.seq;
  std::erase_if(node.removals, [&](const auto& each) { return edit.view.covers(each.event); });

  auto move = std::make_unique<TreeShift>();
  move->author = author;
  move->op = edit.op;
  move->seq = edit.self.seq;
  move->lamport = edit.lamport;
  move->wall = edit.wall;
  move->log = authors[author].id;
  move->node = &node;
  move->parent = &parent;
  move->position = target.position;
  std::erase_if(node.newest, [&](TreeShift* each) {
    each->newest = !edit.view.covers({authors[each->author].log, each->seq});
    return !each->newest;
  });
  const auto rank = std::find_if(node.newest.begin(), node.newest.end(),
                                 [&](const TreeShift* each) { return is_earlier(*each, *move); });
  node.newest.insert(rank, move.get());
  waiting.push_back(std::move(move));
}

// Spec C34: a removal takes away the uses that its author had seen, here and below.
void TreeContainer::State::cover(const Edit& edit, TreeNode& node) {
  TreeMarks seen;
  for (std::uint32_t i = 0; i < authors.size(); ++i) {
    // Of its own event it has seen what came before it.
    const LogIndex log = authors[i].log;
    const std::uint64_t seq = edit.view.get(log);
    if (seq > 0) seen.push_back({i, log == edit.self.log ? edit.op : every_op, seq});
  }
  if (seen.empty()) return;
  if (node.removed.empty()) ++covers;
  merge_marks(node.removed, seen);
  TreeForest(covers).lose(node);
}

void TreeContainer::State::settle() {
  if (waiting.empty()) return;
  const TreeForest forest(covers);
  std::sort(waiting.begin(), waiting.end(), is_first);
  const auto later = std::upper_bound(done.begin(), done.end(), waiting.front(), is_first);
  const auto from = static_cast<std::size_t>(later - done.begin());
  for (std::size_t i = done.size(); i-- > from;) forest.undo(*done[i]);
  const std::size_t middle = done.size();
  std::move(waiting.begin(), waiting.end(), std::back_inserter(done));
  waiting.clear();
  const auto at = [this](std::size_t i) { return done.begin() + static_cast<std::ptrdiff_t>(i); };
  if (from < middle) std::inplace_merge(at(from), at(middle), done.end(), is_first);
  for (std::size_t i = from; i < done.size(); ++i) forest.redo(*done[i]);
}

void TreeContainer::restored() {
  State& all = *state_;
  all.covers = all.root.removed.empty() ? 0 : 1;
  for (auto& [id, node] : all.nodes) {
    node.id = &id;
    node.used = true;
    if (!node.removed.empty()) ++all.covers;
  }
  // Nobody looks at the tree as it was between two moves: only the last place counts.
  std::sort(all.waiting.begin(), all.waiting.end(), is_first);
  all.done = std::move(all.waiting);
  all.waiting.clear();
  for (const auto& move : all.done) TreeForest::redo_bare(*move);
  std::vector<TreeNode*> nodes;
  for (auto& [id, node] : all.nodes) nodes.push_back(&node);
  TreeForest(all.covers).raise(all.root, nodes);
}

std::size_t TreeContainer::size_estimate_bytes() const {
  const State& all = *state_;
  std::size_t size = sizeof(State);
  size += all.authors.size() * sizeof(TreeAuthor);
  size += (all.done.size() + all.waiting.size()) * (sizeof(TreeShift) + sizeof(void*));
  for (const auto& [id, node] : all.nodes) {
    size += sizeof(node) + 64 + id.size() + node.uses.size() * sizeof(TreeUse);
    size += node.newest.size() * sizeof(void*) + node.removed.size() * sizeof(TreeMark);
    size += node.shown.size() * sizeof(void*) + node.hidden.size() * sizeof(void*);
  }
  return size;
}

std::optional<std::string> TreeContainer::check() const {
  State& all = *state_;
  all.settle();
  std::size_t placed = 0, counted = 0;
  for (auto& [id, node] : all.nodes) {
    if (node.id != &id) return "a node with another name";
    if (node.uses.empty() || node.newest.empty()) return "a node that nobody made";
    if (node.at) ++placed;
    TreeMarks marks = marks_above(node);
    merge_marks(marks, node.removed);
    if (node.at && node.used == is_removed(node, marks)) return "a node that is there by mistake";
  }
  const auto count = [&counted](const TreeNode& node) {
    counted += node.shown.size() + node.hidden.size();
    bool right = true;
    node.shown.for_each([&](const TreeNode& child) {
      right = right && child.is_shown() && child.at->parent == &node;
    });
    for (const TreeNode* child : node.hidden)
      right = right && !child->is_shown() && child->at->parent == &node;
    return right;
  };
  if (!count(all.root)) return "a root with the children of another";
  for (const auto& [id, node] : all.nodes)
    if (!count(node)) return "a node with the children of another";
  if (counted != placed) return "a node that is nowhere";
  for (std::size_t i = 1; i < all.done.size(); ++i)
    if (!is_first(all.done[i - 1], all.done[i])) return "moves out of order";
  return std::nullopt;
}

}  // namespace syncline::crdt
