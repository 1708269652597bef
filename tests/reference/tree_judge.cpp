// SPDX-License-Identifier: Apache-2.0
#include "tests/reference/tree_judge.h"

#include <algorithm>

namespace syncline::reference {

bool TreeJudge::knows(const OpRef& at, const std::string& node) const {
  return node.empty() || std::any_of(moves_.begin(), moves_.end(), [&](const Move& move) {
           return move.node == node && saw_(at, move.by);
         });
}

void TreeJudge::move(const Move& move) {
  moves_.push_back(move);
  use(move.by, move.node);
  if (!move.parent.empty()) use(move.by, move.parent);
}

void TreeJudge::use(const OpRef& by, const std::string& node) { uses_.push_back({by, node}); }

void TreeJudge::remove(const OpRef& by, const std::string& node) {
  removals_.push_back({by, node});
}

void TreeJudge::renew(const OpRef& by, const std::string& node) {
  removals_.push_back({by, node, false});
}

void TreeJudge::decide() {
  std::vector<const Move*> order;
  for (const Move& move : moves_) order.push_back(&move);
  std::sort(order.begin(), order.end(),
            [this](const Move* a, const Move* b) { return rank_(a->by) < rank_(b->by); });
  at_.clear();
  for (const Move* move : order)
    if (!is_under(move->parent, move->node)) at_[move->node] = move;
  shown_.clear();
  walk("");
}

bool TreeJudge::is_under(std::string node, const std::string& above) const {
  while (!node.empty()) {
    if (node == above) return true;
    node = at_.at(node)->parent;
  }
  return above.empty();
}

std::vector<OpRef> TreeJudge::removers(const std::string& node) const {
  std::vector<OpRef> found;
  if (!node.empty()) {
    const Move& move = *at_.at(node);
    found = removers(move.parent);
    if (std::none_of(found.begin(), found.end(),
                     [&](const OpRef& removal) { return saw_(removal, move.by); }))
      found.clear();
  }
  for (const Use& removal : removals_)
    if (removal.node == node) found.push_back(removal.by);
  return found;
}

bool TreeJudge::is_used(const std::string& node) const {
  const std::vector<OpRef> all = removers(node);
  return std::any_of(uses_.begin(), uses_.end(), [&](const Use& use) {
    return use.node == node && std::none_of(all.begin(), all.end(), [&](const OpRef& removal) {
             return saw_(removal, use.by);
           });
  });
}

bool TreeJudge::is_shown(const std::string& node) const {
  if (node.empty() || is_used(node)) return true;
  return std::any_of(at_.begin(), at_.end(), [&](const auto& other) {
    return other.second->parent == node && is_shown(other.first);
  });
}

std::vector<std::string> TreeJudge::children(const std::string& parent) const {
  std::vector<const Move*> found;
  for (const auto& [node, move] : at_)
    if (move->parent == parent && is_shown(node)) found.push_back(move);
  std::sort(found.begin(), found.end(),
            [this](const Move* a, const Move* b) { return key(*a) < key(*b); });
  std::vector<std::string> out;
  for (const Move* move : found) out.push_back(move->node);
  return out;
}

void TreeJudge::walk(const std::string& parent) {
  for (const std::string& child : children(parent)) {
    shown_.push_back(child);
    walk(child);
  }
}

std::optional<OpRef> TreeJudge::contested(const std::string& node) const {
  const auto ends = [&](const OpRef& by, const OpRef& removal) { return saw_(by, removal); };
  const bool open = std::any_of(removals_.begin(), removals_.end(), [&](const Use& removal) {
    return removal.node == node && removal.told &&
           std::none_of(removals_.begin(), removals_.end(),
                        [&](const Use& other) {
                          return (other.node == node || other.node.empty()) &&
                                 ends(other.by, removal.by);
                        }) &&
           std::none_of(moves_.begin(), moves_.end(), [&](const Move& move) {
             return move.node == node && ends(move.by, removal.by);
           });
  });
  if (!open) return std::nullopt;
  const Use* newest = nullptr;
  for (const Use& use : uses_)
    if (use.node == node && (!newest || rank_(newest->by) < rank_(use.by))) newest = &use;
  return newest->by;
}

TreeJudge::Wish TreeJudge::wish(const Move& move) const {
  Wish wish{move.by, move.parent, std::nullopt};
  if (!is_shown(move.parent)) return wish;
  wish.index = 0;
  for (const std::string& child : children(move.parent))
    if (child != move.node && key(*at_.at(child)) < key(move)) ++*wish.index;
  return wish;
}

std::vector<TreeJudge::Wish> TreeJudge::wishes(const std::string& node) const {
  std::vector<const Move*> newest;
  for (const Move& move : moves_)
    if (move.node == node && std::none_of(moves_.begin(), moves_.end(), [&](const Move& other) {
          return other.node == node && saw_(other.by, move.by);
        }))
      newest.push_back(&move);
  std::sort(newest.begin(), newest.end(),
            [this](const Move* a, const Move* b) { return rank_(b->by) < rank_(a->by); });
  newest.insert(newest.begin(), at_.at(node));
  std::vector<Wish> out;
  for (const Move* move : newest) {
    const Wish made = wish(*move);
    if (std::none_of(out.begin(), out.end(), [&](const Wish& other) {
          return other.parent == made.parent && other.index == made.index;
        }))
      out.push_back(made);
  }
  return out;
}

}  // namespace syncline::reference
