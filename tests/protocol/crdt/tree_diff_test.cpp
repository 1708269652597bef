// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/tree_diff.h"

#include "protocol/crdt/value_diff.h"
#include "tests/protocol/crdt/device.h"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::crdt;
using namespace syncline::crdt::test;

namespace {

Shape leaf_of(Scalar value) {
  Shape shape;
  shape.node = std::move(value);
  return shape;
}

Shape node_of(const std::string& id, const std::string& parent, ShapeMap value) {
  Shape held;
  held.node = std::move(value);
  ShapeMap fields;
  fields["id"] = leaf_of(words(id));
  if (!parent.empty()) fields["parent"] = leaf_of(words(parent));
  fields["value"] = std::move(held);
  Shape out;
  out.node = std::move(fields);
  return out;
}

// Parents first and siblings together, as a tree reads.
void grow(Dice& dice, const std::string& parent, std::set<std::string>& left, ShapeList& out) {
  for (std::size_t i = dice.pick(4); i > 0 && !left.empty(); --i) {
    const auto id = std::next(left.begin(), static_cast<std::ptrdiff_t>(dice.pick(left.size())));
    const std::string name = *id;
    left.erase(id);
    ShapeMap value;
    if (dice.one_in(2)) value["k"] = leaf_of(number(static_cast<std::int64_t>(dice.pick(3))));
    out.push_back(node_of(name, parent, std::move(value)));
    grow(dice, name, left, out);
  }
}

Shape random_tree(Dice& dice) {
  std::set<std::string> names{"a", "b", "c", "d", "e", "f", "g", "h"};
  ShapeList nodes;
  grow(dice, "", names, nodes);
  Shape tree;
  tree.kind = Kind::tree;
  tree.node = std::move(nodes);
  return tree;
}

Shape holding(Shape tree) {
  ShapeMap fields;
  fields["t"] = std::move(tree);
  Shape root;
  root.node = std::move(fields);
  return root;
}

}  // namespace

TEST_CASE("what turns one tree into another does: where nodes are, their order, what they hold") {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Dice dice(seed);
    Device a(0);
    for (int i = 0; i < 3; ++i) {
      Shape wanted = holding(random_tree(dice));
      // Written plainly over a tree, an array of nodes is one too.
      if (i > 0) std::get<ShapeMap>(wanted.node).at("t").kind.reset();
      const auto ops = ops_to_put(a.document(), {}, wanted);
      REQUIRE(ops);
      REQUIRE(check_ops(*ops));
      REQUIRE(a.edit(*ops).void_ops == 0);
      CAPTURE(seed);
      CAPTURE(a.reads());
      CAPTURE(describe(value_of(wanted)));
      CAPTURE(describe({TestEvent{0, 1, {}, *ops}}));
      REQUIRE(reads_as(*a.document().shape(), wanted));
      REQUIRE(a.document().kind_at(at("t")) == Kind::tree);
      REQUIRE(ops_to_put(a.document(), {}, wanted)->empty());
      REQUIRE(a.document().conflicts().empty());
    }
  }
}

TEST_CASE("one node that is elsewhere costs one move") {
  Device a(0);
  ShapeList nodes;
  for (const char* id : {"a", "b", "c", "d", "e"}) nodes.push_back(node_of(id, "", {}));
  Shape tree;
  tree.kind = Kind::tree;
  tree.node = nodes;
  a.edit(*ops_to_put(a.document(), {}, holding(tree)));
  std::rotate(nodes.begin(), nodes.begin() + 1, nodes.end());
  tree.node = nodes;
  const auto ops = ops_to_put(a.document(), {}, holding(tree));
  REQUIRE(ops->size() == 1);
  CHECK(std::get<TreeMove>(ops->front().action).node == "a");
}

TEST_CASE("what is no tree is refused") {
  Device a(0);
  const auto refused = [&](ShapeList nodes) {
    Shape tree;
    tree.kind = Kind::tree;
    tree.node = std::move(nodes);
    const auto ops = ops_to_put(a.document(), {}, holding(std::move(tree)));
    return !ops && ops.error().code == Errc::invalid;
  };
  CHECK(refused({node_of("a", "", {}), node_of("a", "", {})}));
  CHECK(refused({node_of("a", "b", {}), node_of("b", "", {})}));
  CHECK(refused({node_of("", "", {})}));
  CHECK(refused({node_of(std::string(65, 'x'), "", {})}));
  CHECK(refused({leaf_of(number(1))}));
  Shape odd = node_of("a", "", {});
  std::get<ShapeMap>(odd.node)["more"] = leaf_of(number(1));
  CHECK(refused({odd}));
}
