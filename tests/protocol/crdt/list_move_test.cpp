// SPDX-License-Identifier: Apache-2.0
#include "tests/protocol/crdt/device.h"

#include <algorithm>

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::crdt;
using namespace syncline::crdt::test;

namespace {

Path moved_item(std::uint64_t index) { return {Step{std::string("l")}, Step{index}}; }

std::vector<ItemValue> counted(std::int64_t count) {
  std::vector<ItemValue> out;
  for (std::int64_t i = 0; i < count; ++i) out.emplace_back(number(i));
  return out;
}

std::int64_t index_of(const ConflictValue& place) {
  const Value& index = std::get<ValueMap>(place.value.node).at("index");
  return std::get<std::int64_t>(std::get<Scalar>(index.node));
}

}  // namespace

TEST_CASE("C30: a moved item is at the index that was named, and the others keep their order") {
  for (std::uint64_t from = 0; from < 5; ++from) {
    for (std::uint64_t to = 0; to < 5; ++to) {
      Device a(0);
      a.edit(at("l"), ListInsert{0, counted(5)});
      REQUIRE(a.edit(at("l"), ListMove{from, to}).void_ops == 0);
      std::vector<std::int64_t> expected{0, 1, 2, 3, 4};
      expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(from));
      expected.insert(expected.begin() + static_cast<std::ptrdiff_t>(to),
                      static_cast<std::int64_t>(from));
      ValueList wanted;
      for (const std::int64_t value : expected) wanted.push_back(Value{number(value)});
      REQUIRE(*a.document().read(at("l")) == Value{wanted});
    }
  }
}

TEST_CASE("C30: whatever is done to an item goes with it when another moves it") {
  Device a(0), b(1);
  a.edit(at("l"), ListInsert{0, {Kind::map, number(1), number(2)}});
  a.edit(moved_item(0), MapSet{"title", words("t")});
  meet(a, b);
  a.edit(at("l"), ListMove{0, 2});
  b.edit(moved_item(0), MapSet{"done", true});
  b.edit(at("l"), ListSet{1, number(10)});
  b.edit(at("l"), ListRemove{2, 1});
  meet(a, b);
  CHECK(a.reads(at("l")) == "[10 {done: true title: \"t\" } ]");
  CHECK(b.reads() == a.reads());
  CHECK(a.document().conflicts().empty());
  b.edit(moved_item(1), MapRemove{"title"});
  meet(a, b);
  CHECK(a.reads(moved_item(1)) == "{done: true }");
  CHECK(a.replica().canonical() == b.replica().canonical());
}

TEST_CASE(
    "C30 C31: an item moved by two is in one place, and the other wish is told until it is "
    "settled") {
  for (const std::size_t choice : {0u, 1u}) {
    Device a(0), b(1), c(2);
    a.edit(at("l"), ListInsert{0, counted(4)});
    meet(a, b);
    meet(a, c);
    a.edit(at("l"), ListMove{0, 3});
    b.edit(at("l"), ListMove{0, 1});
    meet(a, b);
    CHECK(a.reads() == b.reads());
    auto conflicts = a.document().conflicts();
    REQUIRE(conflicts.size() == 1);
    CHECK(conflicts[0].kind == ConflictKind::move_lost);
    REQUIRE(conflicts[0].values.size() == 2);
    const auto& shown = conflicts[0].values[0];
    CHECK(conflicts[0].path == moved_item(static_cast<std::uint64_t>(index_of(shown))));
    CHECK(a.reads(conflicts[0].path) == "0");
    CHECK(a.author(shown) != a.author(conflicts[0].values[1]));
    CHECK(index_of(shown) + index_of(conflicts[0].values[1]) == 4);

    // Who has not seen both settles nothing.
    c.receive(b);
    const auto index = static_cast<std::uint64_t>(index_of(conflicts[0].values[choice]));
    const auto ops = a.document().ops_to_resolve(conflicts[0].path, choice);
    CHECK_FALSE(a.document().ops_to_resolve(conflicts[0].path, std::nullopt));
    CHECK_FALSE(
        a.document().ops_to_resolve(conflicts[0].path, 0, ConflictKind::edited_and_deleted));
    a.edit(*ops);
    meet(a, b);
    CHECK(b.document().conflicts().empty());
    CHECK(b.reads(moved_item(index)) == "0");
    CHECK(a.replica().canonical() == b.replica().canonical());
  }
}

TEST_CASE("C31: two who moved an item to the same index agree") {
  Device a(0), b(1);
  a.edit(at("l"), ListInsert{0, counted(3)});
  meet(a, b);
  a.edit(at("l"), ListMove{2, 0});
  b.edit(at("l"), ListMove{2, 0});
  meet(a, b);
  CHECK(a.reads(at("l")) == "[2 0 1 ]");
  CHECK(a.document().conflicts().empty());
}

TEST_CASE(
    "C15 C30: an item that one moved and another removed stays whole, flagged until settled") {
  Device a(0), b(1);
  a.edit(at("l"), ListInsert{0, {words("x"), Kind::map, number(3)}});
  a.edit(moved_item(1), MapSet{"title", words("t")});
  meet(a, b);
  a.edit(at("l"), ListMove{1, 0});
  a.edit(at("l"), ListMove{1, 2});
  b.edit(at("l"), ListRemove{0, 2});
  meet(a, b);
  CHECK(a.reads(at("l")) == "[{title: \"t\" } 3 \"x\" ]");
  CHECK(b.reads() == a.reads());
  auto conflicts = a.document().conflicts();
  REQUIRE(conflicts.size() == 2);
  CHECK(conflicts[0].path == moved_item(0));
  CHECK(conflicts[0].kind == ConflictKind::edited_and_deleted);
  CHECK(conflicts[1].path == moved_item(2));
  b.edit(at("l"), ListMove{0, 1});
  b.edit(*b.document().ops_to_resolve(moved_item(2), std::nullopt));
  meet(a, b);
  CHECK(a.document().conflicts().empty());
  CHECK(a.reads(at("l")) == "[3 {title: \"t\" } ]");
  CHECK(a.replica().canonical() == b.replica().canonical());
}

TEST_CASE("C19 C30: long lists that three devices change and move about become one") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Dice dice(seed + 100);
    std::vector<Device> devices;
    for (std::size_t i = 0; i < log_count; ++i) devices.emplace_back(i);
    devices[0].edit(at("l"), ListInsert{0, counted(200)});
    for (int round = 0; round < 150; ++round) {
      const std::size_t self = dice.pick(log_count);
      if (dice.one_in(6)) devices[self].receive(devices[dice.pick(log_count)]);
      const auto list = devices[self].document().read(at("l"));
      const std::uint64_t size = list ? std::get<ValueList>(list->node).size() : 0;
      if (size == 0) continue;
      switch (dice.pick(5)) {
        case 0: devices[self].edit(at("l"), ListInsert{dice.below(size), counted(2)}); break;
        case 1:
          devices[self].edit(at("l"), ListRemove{dice.below(size - 1), 1 + dice.below(2)});
          break;
        case 2: devices[self].edit(at("l"), ListSet{dice.below(size), number(round)}); break;
        default: devices[self].edit(at("l"), ListMove{dice.below(size), dice.below(size)});
      }
    }
    for (int i = 0; i < 2; ++i) {
      meet(devices[0], devices[1]);
      meet(devices[1], devices[2]);
      meet(devices[2], devices[0]);
    }
    CAPTURE(seed);
    for (const Device& device : devices) {
      REQUIRE_FALSE(device.document().check());
      REQUIRE(device.reads() == devices[0].reads());
      REQUIRE(device.replica().canonical() == devices[0].replica().canonical());
    }
  }
}

TEST_CASE("C30: an item moved a thousand times is one item, and a snapshot knows it") {
  Device a(0), b(1);
  a.edit(at("l"), ListInsert{0, counted(300)});
  meet(a, b);
  Dice dice(7);
  for (int i = 0; i < 500; ++i) {
    a.edit(at("l"), ListMove{dice.below(300), dice.below(300)});
    b.edit(at("l"), ListMove{dice.below(300), dice.below(300)});
    if (i % 50 == 0) meet(a, b);
  }
  meet(a, b);
  const auto list = std::get<ValueList>(a.document().read(at("l"))->node);
  std::vector<std::int64_t> values;
  for (const Value& value : list)
    values.push_back(std::get<std::int64_t>(std::get<Scalar>(value.node)));
  std::sort(values.begin(), values.end());
  REQUIRE(values.size() == 300);
  for (std::int64_t i = 0; i < 300; ++i) REQUIRE(values[static_cast<std::size_t>(i)] == i);
  CHECK(a.replica().canonical() == b.replica().canonical());
  CHECK_FALSE(a.document().check());
  wire::Writer out;
  b.document().encode(out);
  wire::Reader in(out.view());
  const auto again = Document::decode(in);
  REQUIRE(again);
  CHECK(again->canonical(b.replica().logs()) == a.replica().canonical());
  CHECK(describe(again->read()) == a.reads());
}
