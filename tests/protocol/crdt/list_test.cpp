// SPDX-License-Identifier: Apache-2.0
#include "tests/protocol/crdt/device.h"

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::crdt;
using namespace syncline::crdt::test;

namespace {

Path item(std::uint64_t index) { return {Step{std::string("l")}, Step{index}}; }

}  // namespace

TEST_CASE("C7: items are inserted, replaced and removed by their index at the author's version") {
  Device a(0), b(1);
  a.edit(at("l"), ListInsert{0, {number(1), number(2), number(3)}});
  meet(a, b);
  a.edit(at("l"), ListRemove{0, 2});
  b.edit(at("l"), ListSet{2, number(30)});
  b.edit(at("l"), ListInsert{3, {number(4)}});
  meet(a, b);
  CHECK(a.reads(at("l")) == "[30 4 ]");
  CHECK(b.reads(at("l")) == "[30 4 ]");
  CHECK(a.reads(item(1)) == "4");
  CHECK(a.reads(item(2)) == "nothing");
}

TEST_CASE("C13 C15: an item edited by one and removed by another stays, flagged, until settled") {
  for (const std::optional<std::size_t> keep :
       {std::optional<std::size_t>(0), std::optional<std::size_t>()}) {
    Device a(0), b(1);
    a.edit(at("l"), ListInsert{0, {number(1), Kind::map, number(3)}});
    a.edit(item(1), MapSet{"title", words("t")});
    meet(a, b);
    a.edit(at("l"), ListRemove{1, 1});
    CHECK(a.reads(at("l")) == "[1 3 ]");
    b.edit(item(1), MapSet{"done", true});
    meet(a, b);
    CHECK(a.reads(at("l")) == "[1 {done: true title: \"t\" } 3 ]");
    REQUIRE(a.document().conflicts().size() == 1);
    CHECK(a.document().conflicts()[0].path == item(1));
    CHECK(a.document().conflicts()[0].kind == ConflictKind::edited_and_deleted);
    b.edit(*b.document().ops_to_resolve(item(1), keep));
    meet(a, b);
    CHECK(a.document().conflicts().empty());
    const std::string kept = "[1 {done: true title: \"t\" } 3 ]";
    CHECK(a.reads(at("l")) == (keep ? kept : "[1 3 ]"));
    CHECK(a.replica().canonical() == b.replica().canonical());
  }
}

TEST_CASE("concurrent values of an item are a conflict with its index") {
  Device a(0), b(1);
  a.edit(at("l"), ListInsert{0, {number(1), number(2)}});
  meet(a, b);
  a.edit(at("l"), ListSet{1, number(20)});
  b.edit(at("l"), ListSet{1, Kind::text});
  b.edit(item(1), TextInsert{0, "two"});
  b.edit(at("l"), ListInsert{0, {number(0)}});
  meet(a, b);
  const auto conflicts = a.document().conflicts();
  REQUIRE(conflicts.size() == 1);
  CHECK(conflicts[0].path == item(2));
  std::size_t the_text = 0;
  while (!conflicts[0].values.at(the_text).container) ++the_text;
  a.edit(*a.document().ops_to_resolve(item(2), the_text));
  meet(a, b);
  CHECK(b.reads(at("l")) == "[0 1 \"two\" ]");
  CHECK(b.document().conflicts().empty());
}

TEST_CASE("lists in lists keep to themselves") {
  Device a(0), b(1);
  a.edit(at("l"), ListInsert{0, {Kind::list, Kind::list}});
  meet(a, b);
  a.edit(item(0), ListInsert{0, {number(1)}});
  b.edit(item(1), ListInsert{0, {number(2)}});
  b.edit(item(0), ListInsert{0, {Kind::set}});
  b.edit({Step{std::string("l")}, Step{std::uint64_t{0}}, Step{std::uint64_t{0}}}, SetAdd{Null{}});
  meet(a, b);
  CHECK(a.reads() == b.reads());
  CHECK(a.reads(item(1)) == "[2 ]");
  CHECK((a.reads(item(0)) == "[1 [null ] ]" || a.reads(item(0)) == "[[null ] 1 ]"));
}

TEST_CASE("C8: indices out of range are void and leave no trace") {
  Device a(0);
  a.edit(at("l"), ListInsert{0, {number(1)}});
  const auto size = a.document().size_estimate_bytes();
  for (const Op& op : {Op{at("l"), ListInsert{2, {number(2)}}}, Op{at("l"), ListRemove{0, 2}},
                       Op{at("l"), ListRemove{1, 1}}, Op{at("l"), ListSet{1, Null{}}},
                       Op{at("l"), ListKeep{1, Kind::map}}, Op{at("l"), ListMove{0, 1}},
                       Op{at("l"), ListMove{1, 0}}, Op{item(1), MapSet{"x", Null{}}},
                       Op{at("other"), ListRemove{0, 1}}, Op{at("l"), ListRemove{UINT64_MAX, 1}},
                       Op{at("l"), ListRemove{1, UINT64_MAX}}, Op{at("l"), ListInsert{0, {}}}}) {
    const Applied applied = a.edit({op});
    CHECK(applied.effect == Effect::none);
    CHECK(applied.void_ops == 1);
  }
  CHECK(a.reads() == "{l: [1 ] }");
  CHECK(a.document().size_estimate_bytes() == size);
}

TEST_CASE(
    "C15 C19: who removed an item without knowing its newest uses leaves the same in any order") {
  // Log 0 uses the item at 2, 3, 5 and 6; log 1 removes it having seen 2.
  const auto use = [](std::uint64_t seq, std::vector<std::uint64_t> past) {
    return TestEvent{0, seq, std::move(past), {Op{item(0), MapSet{"x", number(5)}}}};
  };
  const TestEvent made{0, 1, {0, 0, 0}, {Op{at("l"), ListInsert{0, {Kind::map}}}}};
  const TestEvent elsewhere{0, 4, {3, 0, 0}, {Op{{}, MapSet{"y", number(1)}}}};
  const TestEvent removal{1, 1, {2, 0, 0}, {Op{at("l"), ListRemove{0, 1}}}};
  const History uses = {made,      use(2, {1, 0, 0}), use(3, {2, 0, 0}),
                        elsewhere, use(5, {4, 0, 0}), use(6, {5, 0, 0})};
  std::vector<Buffer> outcomes;
  for (std::size_t before = 2; before <= uses.size(); ++before) {
    Replica replica(before % 6);
    for (std::size_t i = 0; i <= uses.size(); ++i) {
      if (i == before) replica.apply(removal);
      if (i < uses.size()) replica.apply(uses[i]);
    }
    CHECK(replica.document.check() == std::nullopt);
    outcomes.push_back(replica.canonical());
  }
  CHECK(outcomes == std::vector<Buffer>(outcomes.size(), outcomes.front()));
}
