// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/tree_place.h"

#include "protocol/base/limits.h"
#include "protocol/crdt/tree.h"
#include "protocol/crdt/tree_position.h"
#include "tests/protocol/crdt/device.h"

#include <algorithm>

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::crdt;
using namespace syncline::crdt::test;

namespace {

const Path tree = at("t");

std::vector<std::string> ids(const Document& document) {
  std::vector<std::string> out;
  const auto value = document.read(tree);
  if (!value) return out;
  for (const Value& each : std::get<ValueList>(value->node))
    out.push_back(
        std::get<std::string>(std::get<Scalar>(std::get<ValueMap>(each.node).at("id").node)));
  return out;
}

std::string random_position(Dice& dice) {
  std::string out;
  for (std::size_t i = 1 + dice.pick(4); i > 0; --i)
    out += static_cast<char>(dice.one_in(3) ? dice.pick(2) * 255 : dice.pick(256));
  if (out.back() == '\0') out.back() = '\x01';
  return out;
}

}  // namespace

TEST_CASE("between any two positions there is one that is valid and not longer than it must be") {
  Dice dice(9);
  for (int i = 0; i < 50'000; ++i) {
    std::string low = dice.one_in(8) ? "" : random_position(dice);
    std::string high = dice.one_in(8) ? "" : random_position(dice);
    if (!low.empty() && !high.empty() && !(low < high)) continue;
    const std::string made =
        tree_position_between(low, high, static_cast<std::uint16_t>(dice.pick(65536)));
    CAPTURE(to_hex(as_bytes(low)));
    CAPTURE(to_hex(as_bytes(high)));
    REQUIRE(is_tree_position(made));
    REQUIRE((low.empty() || low < made));
    REQUIRE((high.empty() || made < high));
    REQUIRE(made.size() <= std::max(low.size(), high.size()) + 7);
  }
  CHECK_FALSE(is_tree_position(""));
  CHECK_FALSE(is_tree_position(std::string("a\0", 2)));
  CHECK_FALSE(is_tree_position(std::string(limits::tree_position_size_max + 1, 'a')));
}

TEST_CASE("positions at the ends stay short, and two devices never make the same") {
  std::string last, first;
  for (int i = 0; i < 100'000; ++i) {
    const std::string after = tree_position_between(last, "", 7);
    const std::string before = tree_position_between("", first, 7);
    REQUIRE(last < after);
    REQUIRE((first.empty() || before < first));
    last = after;
    first = before;
  }
  CHECK(last.size() == 5);
  CHECK(first.size() == 5);
  CHECK(tree_position_between("", "", 1) != tree_position_between("", "", 2));
}

TEST_CASE("many positions between two ascend and are about as long as their number needs") {
  const auto made = tree_positions_between("\x80\x01", "\x81\x01", 10'000, 3);
  REQUIRE(std::is_sorted(made.begin(), made.end()));
  REQUIRE(std::adjacent_find(made.begin(), made.end()) == made.end());
  for (const std::string& position : made) REQUIRE(position.size() <= 8);
}

TEST_CASE("a node is placed at an index, beside a sibling or last, also among its own siblings") {
  Device a(0);
  const auto place = [&](const std::string& id, TreeSpot spot) {
    const auto ops = ops_to_place(a.document(), tree, id, spot, 5);
    REQUIRE(ops);
    REQUIRE(a.edit(*ops).void_ops == 0);
  };
  using Ids = std::vector<std::string>;
  place("b", {"", TreeSpot::Last{}});
  place("c", {"", TreeSpot::Last{}});
  place("a", {"", TreeSpot::Index{0}});
  CHECK(ids(a.document()) == Ids{"a", "b", "c"});
  place("a", {"", TreeSpot::Index{2}});
  CHECK(ids(a.document()) == Ids{"b", "c", "a"});
  place("a", {"", TreeSpot::After{"b"}});
  CHECK(ids(a.document()) == Ids{"b", "a", "c"});
  place("c", {"", TreeSpot::Before{"b"}});
  CHECK(ids(a.document()) == Ids{"c", "b", "a"});
  place("x", {"b", TreeSpot::Last{}});
  place("y", {"", TreeSpot::Before{"x"}});
  CHECK(ids(a.document()) == Ids{"c", "b", "y", "x", "a"});
  place("c", {"b", TreeSpot::After{"y"}});
  CHECK(ids(a.document()) == Ids{"b", "y", "c", "x", "a"});
}

TEST_CASE("a place that makes no sense is refused with the reason") {
  Device a(0);
  for (const char* id : {"a", "b"}) {
    const auto made = ops_to_place(a.document(), tree, id, {"", TreeSpot::Last{}}, 0);
    a.edit(*made);
  }
  a.edit(*ops_to_place(a.document(), tree, "c", {"a", TreeSpot::Last{}}, 0));
  const auto refused = [&](const std::string& id, TreeSpot spot) {
    const auto ops = ops_to_place(a.document(), tree, id, spot, 0);
    return ops ? std::string("accepted") : ops.error().context;
  };
  CHECK(refused("x", {"y", TreeSpot::Last{}}) == "the tree has no node \"y\"");
  CHECK(refused("x", {"", TreeSpot::After{"y"}}) == "the tree has no node \"y\"");
  const std::string below = "the node \"a\" cannot be moved below itself; ";
  CHECK(refused("a", {"c", TreeSpot::Last{}}).find(below) == 0);
  CHECK(refused("a", {"a", TreeSpot::Last{}}).find(below) == 0);
  CHECK(refused("a", {"", TreeSpot::Before{"a"}}).find("beside itself") != std::string::npos);
  CHECK(refused("b", {"a", TreeSpot::After{"a"}}).find("leave out the parent") !=
        std::string::npos);
  CHECK(refused("a", {"", TreeSpot::Index{2}}).find("beyond the end") != std::string::npos);
  CHECK(refused("x", {"", TreeSpot::Index{2}}) == "accepted");
}

TEST_CASE("however many nodes go to one place, no position grows beyond what is wanted") {
  for (const bool forwards : {true, false}) {
    Device a(0);
    a.edit(*ops_to_place(a.document(), tree, "first", {"", TreeSpot::Last{}}, 0));
    a.edit(*ops_to_place(a.document(), tree, "last", {"", TreeSpot::Last{}}, 0));
    std::vector<std::string> expected{"first"};
    std::size_t moved = 0;
    std::string beside = "first";
    for (int i = 0; i < 1500; ++i) {
      const std::string id = "n" + std::to_string(i);
      const auto ops = ops_to_place(a.document(), tree, id, {"", TreeSpot::After{beside}}, 9);
      REQUIRE(ops);
      for (const Op& op : *ops) {
        if (const auto* move = std::get_if<TreeMove>(&op.action)) {
          ++moved;
          REQUIRE(move->position.size() <= limits::tree_position_size_wanted);
        } else {
          REQUIRE(std::get<TreeInsert>(op.action).position.size() <=
                  limits::tree_position_size_wanted);
        }
      }
      REQUIRE(a.edit(*ops).void_ops == 0);
      if (forwards) beside = id;
      expected.insert(forwards ? expected.end() : expected.begin() + 1, id);
    }
    expected.push_back("last");
    CHECK(ids(a.document()) == expected);
    CHECK(moved < 5000);
  }
}

TEST_CASE("between siblings whose positions are the same there is room all the same") {
  Device a(0), b(1);
  a.edit(*ops_to_place(a.document(), tree, "a", {"", TreeSpot::Last{}}, 4));
  b.edit(*ops_to_place(b.document(), tree, "b", {"", TreeSpot::Last{}}, 4));
  meet(a, b);
  const auto before = ids(a.document());
  REQUIRE(before.size() == 2);
  a.edit(*ops_to_place(a.document(), tree, "c", {"", TreeSpot::Index{1}}, 4));
  CHECK(ids(a.document()) == std::vector<std::string>{before[0], "c", before[1]});
  meet(a, b);
  CHECK(ids(b.document()) == ids(a.document()));
}

TEST_CASE("a node that is where it is to be needs no move, unless that settles something") {
  Device a(0), b(1);
  for (const char* id : {"a", "b", "c"})
    a.edit(*ops_to_place(a.document(), tree, id, {"", TreeSpot::Last{}}, 4));
  const auto moves = [](const Device& device, const char* id, const TreeSpot& spot) {
    return ops_to_place(device.document(), tree, id, spot, 4)->size();
  };
  CHECK(moves(a, "b", {"", TreeSpot::Index{1}}) == 0);
  CHECK(moves(a, "b", {"", TreeSpot::After{"a"}}) == 0);
  CHECK(moves(a, "b", {"", TreeSpot::Before{"c"}}) == 0);
  CHECK(moves(a, "c", {"", TreeSpot::Last{}}) == 0);
  CHECK(moves(a, "b", {"", TreeSpot::Last{}}) == 1);
  CHECK(moves(a, "b", {"a", TreeSpot::Index{0}}) == 1);
  meet(a, b);
  a.edit(*ops_to_place(a.document(), tree, "c", {"a", TreeSpot::Last{}}, 4));
  b.edit(*ops_to_place(b.document(), tree, "c", {"b", TreeSpot::Last{}}, 4));
  meet(a, b);
  REQUIRE(a.document().conflicts().size() == 1);
  const std::string parent = a.document().tree_at(tree)->find("c")->at->parent->id->c_str();
  CHECK(moves(a, "c", {parent, TreeSpot::Last{}}) == 1);
}
