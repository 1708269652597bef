// SPDX-License-Identifier: Apache-2.0
//
// A tree of 10,000 nodes that are moved anywhere below any other; every hundredth move comes from
// another device that had not seen the last hundred. After each the tree is looked at. The limit
// is a tree of std::map and std::set under a single author. See structure.h.
//
//   bench_tree [OPERATIONS...]
#include "protocol/crdt/tree.h"
#include "tools/bench/structure.h"

#include <memory>
#include <set>

using namespace syncline;
using namespace syncline::bench;

namespace {

constexpr std::uint64_t nodes = 10'000;

struct Change {
  std::uint32_t node = 0, parent = 0;  // as many as there are nodes: the top
  std::string position;
};

std::vector<Change> changes(std::size_t count) {
  Roll roll(3);
  std::vector<Change> out;
  while (out.size() < nodes + count) {
    Change change;
    const bool is_new = out.size() < nodes;
    change.node = static_cast<std::uint32_t>(is_new ? out.size() : roll.below(nodes));
    const std::uint64_t parent = roll.below((is_new ? out.size() : nodes) + 1);
    const bool is_top = parent == change.node || (is_new && parent == out.size());
    change.parent = static_cast<std::uint32_t>(is_top ? nodes : parent);
    for (int i = 0; i < 3; ++i) change.position += static_cast<char>(1 + roll.below(255));
    out.push_back(std::move(change));
  }
  return out;
}

class PlainTree {
 public:
  void place(const std::vector<std::string>& names, const Change& change) {
    Node& node = nodes_[names[change.node]];
    Node* parent = change.parent == nodes ? &root_ : &nodes_[names[change.parent]];
    node.name = &names[change.node];
    for (const Node* up = parent; up; up = up->parent)
      if (up == &node) return;
    if (node.parent) node.parent->children.erase({node.position, node.name});
    node.parent = parent;
    node.position = change.position;
    parent->children.insert({node.position, node.name});
  }
  void copy() {
    std::map<std::string, Node> made = nodes_;
    Node root = root_;
    for (auto& [name, node] : made)
      if (node.parent) node.parent = node.parent == &root_ ? &root : &made[*node.parent->name];
  }

 private:
  struct Node {
    const std::string* name = nullptr;
    Node* parent = nullptr;
    std::string position;
    std::set<std::pair<std::string, const std::string*>> children;
  };
  std::map<std::string, Node> nodes_;
  Node root_;
};

bool measure(std::size_t count) {
  std::vector<std::string> names;
  for (std::uint64_t i = 0; i < nodes; ++i) names.push_back("node-" + std::to_string(i));
  names.emplace_back();
  const auto made = changes(count);
  const crdt::Path path{crdt::Step{std::string("tree")}};
  Course course;
  course.start = nodes;
  course.count = count;
  course.late_every = 100;
  course.op = [&](std::size_t i) {
    const Change& change = made[i];
    const std::string& node = names[change.node];
    const std::string& parent = names[change.parent];
    if (i < nodes) return crdt::Op{path, crdt::TreeInsert{node, parent, change.position}};
    return crdt::Op{path, crdt::TreeMove{node, parent, change.position}};
  };
  course.read = [&](const crdt::Document& document) { (void)document.tree_at(path)->root(); };
  return measure_structure("tree", course, [&] {
    const auto tree = std::make_shared<PlainTree>();
    return Plain{[&, tree](std::size_t i) { tree->place(names, made[i]); },
                 [tree] { tree->copy(); }};
  });
}

}  // namespace

int main(int argc, char** argv) { return run_structure(argc, argv, measure); }
