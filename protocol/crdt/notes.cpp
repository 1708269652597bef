// SPDX-License-Identifier: Apache-2.0
//
// Who wrote what: every event that puts a value or goes through a container leaves an entry in
// the slot (Spec C9, C10), so the first entry of a slot is the newest that touched it.
#include "protocol/crdt/reading.h"

namespace syncline::crdt {
namespace {

class Scribe {
 public:
  Scribe(Path path, std::size_t most) : path_(std::move(path)), most_(most) {}

  void visit(const Slot& slot) {
    if (made_.notes.size() == most_) {
      made_.complete = false;
      return;
    }
    const Entry& shown = slot.entries.front();
    const Kind* kind = std::get_if<Kind>(&shown.value);
    made_.notes.push_back({path_, kind ? std::optional(*kind) : std::nullopt, shown.event.log,
                           shown.event.seq, shown.wall});
    const Container* child = kind ? slot.child(*kind) : nullptr;
    if (child != nullptr) visit(*child);
  }

  void visit(const TreeContainer& tree, const TreeNode& node) {
    if (made_.notes.size() == most_) {
      made_.complete = false;
      return;
    }
    const TreeUse& use = newest_use(tree, node);
    made_.notes.push_back({path_, Kind::map, tree.author(use.author).log, use.seq, use.wall});
    if (node.content) visit(*node.content);
  }

  void visit(const Container& container) {
    if (container.kind() == Kind::map) {
      for (const auto& [key, slot] : container.map().slots)
        if (slot.shown() && made_.complete) step_into(slot, key);
    } else if (container.kind() == Kind::list) {
      std::uint64_t index = 0;
      for_each_shown(container.list(), [&](const Item& item) {
        if (made_.complete) step_into(item.slot, index++);
      });
    } else if (container.kind() == Kind::tree) {
      container.tree().for_each_shown([&](const TreeNode& node) {
        if (made_.complete) step_into(container.tree(), node);
      });
    }
  }

  Notes take() { return std::move(made_); }

 private:
  void step_into(const Slot& slot, Step step) {
    path_.push_back(std::move(step));
    visit(slot);
    path_.pop_back();
  }

  void step_into(const TreeContainer& tree, const TreeNode& node) {
    path_.push_back(NodeStep{*node.id});
    visit(tree, node);
    path_.pop_back();
  }

  Path path_;
  std::size_t most_;
  Notes made_;
};

}  // namespace

Notes Document::notes(const Path& path, std::size_t most) const {
  Scribe scribe(path, most);
  if (path.empty()) {
    scribe.visit(state_->root);
  } else if (const Spot spot = spot_at(state_->root, path); spot.slot) {
    scribe.visit(*spot.slot);
  } else if (spot.node) {
    const Path tree(path.begin(), path.end() - 1);
    scribe.visit(*tree_at(tree), *spot.node);
  }
  return scribe.take();
}

}  // namespace syncline::crdt
