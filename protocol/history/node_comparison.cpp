// SPDX-License-Identifier: Apache-2.0
#include "protocol/history/node_comparison.h"

#include "protocol/crdt/tree_diff.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace syncline::history {
namespace {

// A tree on its way to become another one.
class Grove {
 public:
  struct Spot {
    std::string parent;
    std::size_t at = 0;

    bool operator==(const Spot&) const = default;
  };

  explicit Grove(const crdt::ShapeList& tree) {
    for (const crdt::Shape& item : tree) {
      const auto node = crdt::node_of(item);
      parents_[node->id] = node->parent;
      children_[node->parent].emplace_back(item.place, node->id);
    }
  }

  Spot plant(const std::string& id, const std::string& parent, const std::string& place) {
    std::vector<Child>& siblings = children_[parent];
    const auto next = std::upper_bound(
        siblings.begin(), siblings.end(), place,
        [](const std::string& wanted, const Child& each) { return wanted < each.first; });
    const auto at = static_cast<std::size_t>(next - siblings.begin());
    siblings.emplace(next, place, id);
    parents_[id] = parent;
    return {parent, at};
  }
  // From where.
  Spot take(const std::string& id) {
    const std::string parent = parents_[id];
    std::vector<Child>& siblings = children_[parent];
    const auto found = std::find_if(siblings.begin(), siblings.end(),
                                    [&id](const Child& each) { return each.second == id; });
    const auto at = static_cast<std::size_t>(found - siblings.begin());
    if (found != siblings.end()) siblings.erase(found);
    return {parent, at};
  }

 private:
  using Child = std::pair<std::string, std::string>;  // place, id
  std::map<std::string, std::string> parents_;
  std::map<std::string, std::vector<Child>> children_;  // in order
};

class NodeComparison {
 public:
  NodeComparison(const crdt::ShapeList& from, const crdt::ShapeList& to, const crdt::Path& tree)
      : grove_(from), tree_(tree) {
    for (const crdt::Shape& item : to)
      if (const auto node = crdt::node_of(item)) values_[node->id] = node->value;
  }
  std::vector<Change> take() { return std::move(changes_); }

  void operator()(const crdt::TreeInsert& made) {
    Change& change = note(ChangeKind::add, made.node);
    const crdt::Shape* value = values_[made.node];
    change.value = value ? crdt::value_of(*value) : crdt::Value{crdt::ValueMap()};
    place(change, grove_.plant(made.node, made.parent, made.position));
  }
  void operator()(const crdt::TreeMove& moved) {
    const Grove::Spot from = grove_.take(moved.node);
    const Grove::Spot to = grove_.plant(moved.node, moved.parent, moved.position);
    if (from != to) place(note(ChangeKind::move, moved.node), to);
  }
  void operator()(const crdt::TreeRemove& removed) {
    grove_.take(removed.node);
    note(ChangeKind::remove, removed.node);
  }
  template <class Other>
  void operator()(const Other&) {}

 private:
  Change& note(ChangeKind kind, const std::string& id) {
    crdt::Path path = tree_;
    path.emplace_back(crdt::NodeStep{id});
    return changes_.emplace_back(Change{kind, std::move(path), {}, 0, 0, {}});
  }
  static void place(Change& change, const Grove::Spot& spot) {
    change.parent = spot.parent;
    change.position = spot.at;
  }

  Grove grove_;
  const crdt::Path& tree_;
  std::map<std::string, const crdt::Shape*> values_;
  std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> compare_nodes(const crdt::ShapeList& from, const crdt::ShapeList& to,
                                  const crdt::Path& tree) {
  NodeComparison comparison(from, to, tree);
  for (const crdt::Action& action : crdt::tree_changes(from, to)) std::visit(comparison, action);
  return comparison.take();
}

}  // namespace syncline::history
