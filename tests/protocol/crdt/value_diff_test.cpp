// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/value_diff.h"

#include "protocol/crdt/list_alignment.h"
#include "protocol/crdt/symbol_diff.h"
#include "tests/protocol/crdt/device.h"
#include "tests/protocol/crdt/shapes.h"

#include <algorithm>

#include <doctest/doctest.h>

namespace syncline::crdt::test {
namespace {

// Everything agreed: what others keep beside it is no part of what is wanted.
Shape agreed(Shape shape) {
  shape.standing = Standing::agreed;
  if (auto* list = std::get_if<ShapeList>(&shape.node)) {
    for (Shape& item : *list) item = agreed(std::move(item));
  } else if (auto* map = std::get_if<ShapeMap>(&shape.node)) {
    for (auto& [key, inner] : *map) inner = agreed(std::move(inner));
  }
  return shape;
}

// As plain values are written: no kinds but those that form tells.
Shape plain(Shape shape) {
  shape.kind.reset();
  if (auto* list = std::get_if<ShapeList>(&shape.node)) {
    for (Shape& item : *list) item = plain(std::move(item));
  } else if (auto* map = std::get_if<ShapeMap>(&shape.node)) {
    for (auto& [key, inner] : *map) inner = plain(std::move(inner));
  }
  return shape;
}

std::vector<Op> put(Device& device, const Shape& wanted, const Path& slot = {}) {
  auto ops = ops_to_put(device.document(), slot, wanted, Naming::in_passing);
  REQUIRE_MESSAGE(ops.has_value(), (ops ? "" : ops.error().context));
  if (ops->empty()) return {};
  REQUIRE(check_ops(*ops));
  CHECK(device.edit(*ops).void_ops == 0);
  return std::move(*ops);
}

TEST_CASE("what is put is what is read, whatever was there before") {
  Dice dice(11);
  for (int round = 0; round < 400; ++round) {
    CAPTURE(round);
    Replica from, to;
    for (const TestEvent& event : random_history(dice, Flavour::nested, 12)) from.apply(event);
    for (const TestEvent& event : random_history(dice, Flavour::nested, 12)) to.apply(event);
    const Shape wanted = agreed(*to.document.shape());
    const auto ops = ops_to_put(from.document, {}, wanted, Naming::in_passing);
    REQUIRE(ops);
    REQUIRE(check_ops(*ops));
    CAPTURE(describe({TestEvent{0, from.seen(0) + 1, from.seen(), *ops}}));
    CHECK(from.apply({0, from.seen(0) + 1, from.seen(), *ops}).void_ops == 0);
    CHECK(reads_as(*from.document.shape(), wanted));
    CHECK(ops_to_put(from.document, {}, wanted, Naming::in_passing)->empty());
    // What was read without kinds and is written back changes nothing.
    CHECK(ops_to_put(from.document, {}, plain(wanted), Naming::in_passing)->empty());
  }
}

TEST_CASE("what two devices put side by side both end in one document") {
  Dice dice(12);
  for (int round = 0; round < 200; ++round) {
    CAPTURE(round);
    Device a(0), b(1);
    put(a, random_shape(dice, 3));
    b.receive(a);
    put(a, random_shape(dice, 3));
    put(b, random_shape(dice, 3));
    meet(a, b);
    CHECK(a.replica().canonical() == b.replica().canonical());
    const Shape last = random_shape(dice, 3);
    put(a, last);
    CHECK(reads_as(*a.document().shape(), last));
  }
}

TEST_CASE("nothing is written where nothing changed") {
  Device a(0);
  put(a, fields({{"title", leaf("Trip")}, {"items", list({leaf(1), leaf(2), leaf(3)})}}));
  CHECK(put(a, fields({{"title", leaf("Trip")}, {"items", list({leaf(1), leaf(2), leaf(3)})}}))
            .empty());
  const auto ops = put(a, fields({{"title", leaf("Trip")}, {"items", list({leaf(1), leaf(3)})}}));
  REQUIRE(ops.size() == 1);
  CHECK(ops[0] == Op{at("items"), ListRemove{1, 1}});
}

TEST_CASE("a text is changed by the characters that differ, also as a plain string") {
  Device a(0), b(1);
  put(a, fields({{"body", text_of("The quick brown fox.")}}));
  b.receive(a);
  put(a, fields({{"body", leaf("The quick red fox.")}}));
  put(b, fields({{"body", leaf("The very quick brown fox!")}}));
  meet(a, b);
  CHECK(a.reads(at("body")) == "\"The very quick red fox!\"");
  CHECK(a.document().kind_at(at("body")) == Kind::text);
  CHECK(a.document().conflicts().empty());
}

TEST_CASE("a number over a counter adds the difference, also a wide one") {
  Device a(0), b(1);
  put(a, fields({{"likes", {Kind::counter, Scalar(std::int64_t{5})}}}));
  b.receive(a);
  CHECK(put(a, fields({{"likes", leaf(8)}})) == std::vector<Op>{{at("likes"), CounterAdd{3}}});
  put(b, fields({{"likes", leaf(4)}}));
  meet(a, b);
  CHECK(a.reads(at("likes")) == "7");
  for (const std::int64_t wanted :
       {INT64_MIN + 1, INT64_MAX - 1, INT64_MAX, INT64_MIN, INT64_MAX}) {
    put(a, fields({{"likes", {Kind::counter, Scalar(wanted)}}}));
    CHECK(a.reads(at("likes")) == std::to_string(wanted));
  }
}

TEST_CASE("an array over a set adds and removes its elements, in any order") {
  Device a(0);
  put(a, fields({{"tags", {Kind::set, ShapeList{leaf("x"), leaf("y")}}}}));
  const auto ops = put(a, fields({{"tags", list({leaf("z"), leaf("y"), leaf("z")})}}));
  CHECK(ops ==
        std::vector<Op>{{at("tags"), SetRemove{words("x")}}, {at("tags"), SetAdd{words("z")}}});
  CHECK(a.document().kind_at(at("tags")) == Kind::set);
  // What a set cannot hold makes it a list.
  put(a, fields({{"tags", list({list({})})}}));
  CHECK(a.document().kind_at(at("tags")) == Kind::list);
}

TEST_CASE("an item that is edited elsewhere keeps the edit when others come before it") {
  Device a(0), b(1);
  const auto task = [](const char* title, bool done) {
    return fields({{"title", leaf(title)}, {"done", {std::nullopt, Scalar(done)}}});
  };
  put(a, fields({{"todo", list({task("milk", false), task("bread", false)})}}));
  b.receive(a);
  put(a, fields({{"todo", list({task("eggs", false), task("milk", false), task("bread", true)})}}));
  const Path milk{Step{std::string("todo")}, Step{std::uint64_t{0}}};
  b.edit(milk, MapSet{"title", words("oat milk")});
  meet(a, b);
  CHECK(a.reads() ==
        "{todo: [{done: false title: \"eggs\" } {done: false title: \"oat milk\" } {done: true "
        "title: \"bread\" } ] }");
}

TEST_CASE("an item that shares nothing with the one in its place is another item") {
  const ShapeList before{fields({{"id", leaf(1)}})}, after{fields({{"name", leaf("x")}})};
  const auto steps = align_lists(before, after);
  REQUIRE(steps.size() == 2);
  CHECK(steps[0].kind != ListStep::Kind::keep);
  CHECK(steps[1].kind != ListStep::Kind::keep);
}

TEST_CASE("C30: items that only changed places are moved, and stay what they are to others") {
  const auto numbers = [](std::vector<int> values) {
    ShapeList items;
    for (const int value : values) items.push_back(fields({{"n", leaf(value)}}));
    return fields({{"l", list(std::move(items))}});
  };
  Device a(0), b(1);
  put(a, numbers({0, 1, 2, 3, 4}));
  b.receive(a);
  CHECK(put(a, numbers({4, 1, 2, 3, 0})).size() == 2);
  b.edit({Step{std::string("l")}, Step{std::uint64_t{0}}}, MapSet{"done", Scalar(true)});
  meet(a, b);
  CHECK(a.reads(at("l")) == "[{n: 4 } {n: 1 } {n: 2 } {n: 3 } {done: true n: 0 } ]");
  CHECK(a.document().conflicts().empty());
  // With others that come and go between them.
  const auto ops = put(a, numbers({7, 3, 2, 8}));
  CHECK(std::count_if(ops.begin(), ops.end(), [](const Op& op) {
          return std::holds_alternative<ListMove>(op.action);
        }) == 1);
  CHECK(reads_as(*a.document().shape(), numbers({7, 3, 2, 8})));
}

TEST_CASE("whatever the order and number of items, what is put is what is read") {
  Dice dice(14);
  for (int round = 0; round < 500; ++round) {
    CAPTURE(round);
    const auto random_list = [&dice] {
      ShapeList items;
      for (std::size_t i = dice.pick(12); i > 0; --i)
        items.push_back(dice.one_in(3) ? fields({{"n", leaf(static_cast<int>(dice.pick(6)))}})
                                       : leaf(static_cast<int>(dice.pick(6))));
      return fields({{"l", list(std::move(items))}});
    };
    Device a(0);
    put(a, random_list());
    const Shape wanted = random_list();
    put(a, wanted);
    REQUIRE(reads_as(*a.document().shape(), wanted));
    REQUIRE_FALSE(a.document().check());
  }
}

TEST_CASE("two long lists without much in common are compared in bounded time") {
  ShapeList before, after;
  for (int i = 0; i < 20000; ++i) {
    before.push_back(leaf(i % 7 == 0 ? i : -1));
    after.push_back(leaf(i % 11 == 0 ? i : -2));
  }
  std::size_t from = 0, to = 0;
  for (const ListStep& step : align_lists(before, after)) {
    if (step.kind != ListStep::Kind::insert) from += step.count;
    if (step.kind != ListStep::Kind::remove) to += step.count;
  }
  CHECK(from == before.size());
  CHECK(to == after.size());
}

TEST_CASE("the hunks of two sequences turn one into the other") {
  Dice dice(13);
  for (int round = 0; round < 300; ++round) {
    const std::uint32_t symbols = round % 3 == 0 ? 2000 : 5;
    const std::size_t length = round % 3 == 0 ? 1500 : 20;
    Symbols from, to, made;
    for (std::size_t i = dice.pick(length); i > 0; --i)
      from.push_back(static_cast<std::uint32_t>(dice.pick(symbols)));
    for (std::size_t i = dice.pick(length); i > 0; --i)
      to.push_back(static_cast<std::uint32_t>(dice.pick(symbols)));
    std::size_t at = 0;
    for (const Hunk& hunk : diff_symbols(from, to, symbols)) {
      REQUIRE(hunk.from_begin >= at);
      for (; at < hunk.from_begin; ++at) made.push_back(from[at]);
      for (std::size_t i = hunk.to_begin; i < hunk.to_end; ++i) made.push_back(to[i]);
      at = hunk.from_end;
    }
    for (; at < from.size(); ++at) made.push_back(from[at]);
    CHECK(made == to);
  }
}

TEST_CASE("whoever writes a value settles what is beside it, whoever passes by does not") {
  const auto conflicting = [](Device& a, Device& b) {
    a.edit({}, MapSet{"title", words("one")});
    b.edit(at("title"), TextInsert{0, "two"});
    meet(a, b);
    REQUIRE(a.document().conflicts().size() == 1);
  };
  {
    Device a(0), b(1);
    conflicting(a, b);
    const Shape now = *a.document().shape();
    put(a, agreed(now));
    CHECK(a.document().conflicts().size() == 1);
    const auto ops =
        ops_to_put(a.document(), at("title"), std::get<ShapeMap>(now.node).at("title"));
    REQUIRE(ops);
    a.edit(*ops);
    CHECK(a.document().conflicts().empty());
    CHECK(agreed(*a.document().shape()) == agreed(now));
  }
  for (const char* wanted : {"three", "two and more"}) {
    Device a(0), b(1);
    conflicting(a, b);
    put(a, fields({{"title", leaf(wanted)}}));
    CHECK(a.document().conflicts().empty());
    CHECK(a.reads(at("title")) == '"' + std::string(wanted) + '"');
  }
}

TEST_CASE("what cannot be is refused before anything is made of it") {
  const Document empty;
  const auto refused = [&](const Shape& wanted) {
    return !ops_to_put(empty, {}, fields({{"a", wanted}})).has_value();
  };
  CHECK(refused({Kind::text, Scalar(std::int64_t{1})}));
  CHECK(refused({Kind::counter, Scalar(std::string("1."))}));
  CHECK(refused({Kind::set, ShapeList{list({})}}));
  CHECK(refused({Kind::map, ShapeList{}}));
  CHECK_FALSE(ops_to_put(empty, {}, leaf(1)).has_value());
  Shape deep = leaf(1);
  for (int i = 0; i < 40; ++i) deep = list({deep});
  CHECK(refused(deep));
}

TEST_CASE("a value is compared by what it reads as") {
  const Shape one = leaf(1), one_exactly{std::nullopt, Scalar(1.0)};
  CHECK(reads_as(one, one_exactly));
  CHECK(reads_as(one_exactly, one));
  CHECK_FALSE(reads_as({std::nullopt, Scalar(INT64_MAX)}, {std::nullopt, Scalar(0x1p63)}));
  CHECK(reads_as(text_of("a"), leaf("a")));
  CHECK_FALSE(reads_as(leaf("a"), text_of("a")));
  const Shape set{Kind::set, ShapeList{leaf("a"), leaf("b")}};
  CHECK(reads_as(set, list({leaf("b"), leaf("a")})));
  CHECK_FALSE(reads_as(list({leaf("a"), leaf("b")}), list({leaf("b"), leaf("a")})));
  CHECK_FALSE(reads_as(set, list({leaf("a"), leaf("b"), list({})})));
}

}  // namespace
}  // namespace syncline::crdt::test
