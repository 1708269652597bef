// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/patch.h"

#include "protocol/crdt/value_diff.h"
#include "tests/protocol/crdt/device.h"
#include "tests/protocol/crdt/shapes.h"

#include <doctest/doctest.h>

namespace syncline::crdt::test {
namespace {

using Verb = PatchStep::Verb;

Shape ints(std::initializer_list<int> values) {
  ShapeList items;
  for (const int value : values) items.push_back(leaf(value));
  return list(std::move(items));
}

Document document_of(const Shape& root) {
  Replica replica;
  const auto ops = ops_to_put(replica.document, {}, root);
  REQUIRE(ops);
  REQUIRE(replica.apply({0, 1, replica.seen(), *ops}).void_ops == 0);
  return std::move(replica.document);
}

// A document under one author, and what was tried on it.
struct Bench {
  explicit Bench(const Shape& root) : document(document_of(root)) { past.set(0, 1); }

  Status run(std::vector<PatchStep> steps) {
    Rehearsal rehearsal({document, past, logs, WallTime{}});
    for (const PatchStep& step : steps)
      if (Status done = run_step(rehearsal, step); !done) return done;
    ops = rehearsal.take();
    document.apply({0, 2, past, WallTime{}, logs}, ops);
    return {};
  }
  std::string reads() const { return describe(document.read()); }

  Document document;
  VersionVector past;
  LogTable logs = Replica().logs();
  std::vector<Op> ops;
};

std::string after(const Shape& root, std::vector<PatchStep> steps) {
  Bench bench(root);
  const Status done = bench.run(std::move(steps));
  return done ? bench.reads() : done.error().context;
}

std::string merged(const Shape& original, const Shape& patch) {
  const Document document = document_of(fields({{"v", original}}));
  const auto ops = ops_of_merge_patch(document, fields({{"v", patch}}));
  if (!ops) return ops.error().context;
  Bench bench(fields({{"v", original}}));
  bench.document.apply({0, 2, bench.past, WallTime{}, bench.logs}, *ops);
  return bench.reads();
}

TEST_CASE("a merge patch does what the examples of RFC 7386 say") {
  const Shape a_b = fields({{"a", leaf("b")}}), a_c = fields({{"a", leaf("c")}});
  CHECK(merged(a_b, a_c) == "{v: {a: \"c\" } }");
  CHECK(merged(a_b, fields({{"b", leaf("c")}})) == "{v: {a: \"b\" b: \"c\" } }");
  CHECK(merged(a_b, fields({{"a", null()}})) == "{v: {} }");
  CHECK(merged(fields({{"a", leaf("b")}, {"b", leaf("c")}}), fields({{"a", null()}})) ==
        "{v: {b: \"c\" } }");
  CHECK(merged(fields({{"a", list({leaf("b")})}}), a_c) == "{v: {a: \"c\" } }");
  CHECK(merged(a_c, fields({{"a", list({leaf("b")})}})) == "{v: {a: [\"b\" ] } }");
  CHECK(merged(fields({{"a", a_b}}), fields({{"a", fields({{"b", leaf("d")}, {"c", null()}})}})) ==
        "{v: {a: {a: \"b\" b: \"d\" } } }");
  CHECK(merged(fields({{"a", list({a_b})}}), fields({{"a", ints({1})}})) == "{v: {a: [1 ] } }");
  CHECK(merged(list({leaf("a"), leaf("b")}), list({leaf("c"), leaf("d")})) ==
        "{v: [\"c\" \"d\" ] }");
  CHECK(merged(a_b, list({leaf("c")})) == "{v: [\"c\" ] }");
  CHECK(merged(fields({{"a", leaf("foo")}}), null()) == "{}");
  CHECK(merged(fields({{"a", leaf("foo")}}), leaf("bar")) == "{v: \"bar\" }");
  CHECK(merged(fields({{"e", null()}}), fields({{"a", leaf(1)}})) == "{v: {a: 1 e: null } }");
  CHECK(merged(ints({1, 2}), fields({{"a", leaf("b")}, {"c", null()}})) == "{v: {a: \"b\" } }");
  CHECK(merged(fields({}), fields({{"a", fields({{"bb", fields({{"ccc", null()}})}})}})) ==
        "{v: {a: {bb: {} } } }");
  // What is inside a list is put as it is.
  CHECK(merged(leaf(1), list({null(), fields({{"a", null()}})})) == "{v: [null {a: null } ] }");
}

TEST_CASE("a merge patch edits texts and counters, and names what it settles") {
  Device a(0), b(1);
  const auto first = ops_to_put(
      a.document(), {},
      fields({{"body", text_of("Hello")}, {"n", {Kind::counter, Scalar(std::int64_t{2}), {}}}}));
  a.edit(*first);
  b.receive(a);
  const auto ops =
      ops_of_merge_patch(a.document(), fields({{"body", leaf("Hello!")}, {"n", leaf(5)}}));
  REQUIRE(ops);
  CHECK(*ops == std::vector<Op>{{at("body"), TextInsert{5, "!"}}, {at("n"), CounterAdd{3}}});
  a.edit({}, MapSet{"x", number(1)});
  b.edit({}, MapSet{"x", number(2)});
  meet(a, b);
  REQUIRE(a.document().conflicts().size() == 1);
  const auto shown = a.document().shape(at("x"));
  a.edit(*ops_of_merge_patch(a.document(), fields({{"x", {std::nullopt, shown->node, {}}}})));
  CHECK(a.document().conflicts().empty());
  CHECK_FALSE(ops_of_merge_patch(a.document(), leaf(1)));
}

TEST_CASE("each step of a JSON Patch does what RFC 6902 says") {
  const Shape foo = fields({{"foo", leaf("bar")}});
  const Shape lists = fields({{"foo", list({leaf("bar"), leaf("baz")})}});
  CHECK(after(foo, {{Verb::add, {"baz"}, {}, leaf("qux")}}) == "{baz: \"qux\" foo: \"bar\" }");
  CHECK(after(lists, {{Verb::add, {"foo", "1"}, {}, leaf("qux")}}) ==
        "{foo: [\"bar\" \"qux\" \"baz\" ] }");
  CHECK(after(lists, {{Verb::add, {"foo", "-"}, {}, list({leaf("abc")})}}) ==
        "{foo: [\"bar\" \"baz\" [\"abc\" ] ] }");
  CHECK(after(lists, {{Verb::add, {"foo", "2"}, {}, leaf(1)}}) == "{foo: [\"bar\" \"baz\" 1 ] }");
  CHECK(after(lists, {{Verb::remove, {"foo", "0"}, {}, {}}}) == "{foo: [\"baz\" ] }");
  CHECK(after(foo, {{Verb::remove, {"foo"}, {}, {}}}) == "{}");
  CHECK(after(foo, {{Verb::replace, {"foo"}, {}, leaf("boo")}}) == "{foo: \"boo\" }");
  CHECK(after(lists, {{Verb::replace, {"foo", "1"}, {}, leaf(3)}}) == "{foo: [\"bar\" 3 ] }");
  CHECK(after(fields({{"foo", fields({{"bar", leaf("baz")}, {"waldo", leaf("fred")}})},
                      {"qux", fields({{"corge", leaf("grault")}})}}),
              {{Verb::move, {"qux", "thud"}, {"foo", "waldo"}, {}}}) ==
        "{foo: {bar: \"baz\" } qux: {corge: \"grault\" thud: \"fred\" } }");
  CHECK(after(fields({{"foo", ints({1, 2, 3, 4})}}),
              {{Verb::move, {"foo", "3"}, {"foo", "1"}, {}}}) == "{foo: [1 3 4 2 ] }");
  CHECK(after(foo, {{Verb::copy, {"child"}, {"foo"}, {}}}) == "{child: \"bar\" foo: \"bar\" }");
  CHECK(after(foo, {{Verb::add, {"child"}, {}, fields({})},
                    {Verb::add, {"child", "x"}, {}, leaf(1)}}) == "{child: {x: 1 } foo: \"bar\" }");
  // The whole document.
  CHECK(after(foo, {{Verb::add, {}, {}, fields({{"a", leaf(1)}})}}) == "{a: 1 }");
  CHECK(after(foo, {{Verb::replace, {}, {}, fields({})}}) == "{}");
  CHECK(after(foo, {{Verb::copy, {"inner"}, {}, {}}}) == "{foo: \"bar\" inner: {foo: \"bar\" } }");
  // Keys like indices, empty keys, escaped keys.
  CHECK(after(fields({{"0", leaf(1)}, {"", leaf(2)}, {"a/b", leaf(3)}}),
              {{Verb::remove, {"0"}, {}, {}},
               {Verb::remove, {""}, {}, {}},
               {Verb::remove, {"a/b"}, {}, {}}}) == "{}");
}

TEST_CASE("a test of a JSON Patch compares what is read") {
  const Shape root = fields({{"n", leaf(10)},
                             {"s", leaf("10")},
                             {"t", text_of("text")},
                             {"l", ints({1, 2})},
                             {"tags", {Kind::set, ShapeList{leaf("a"), leaf("b")}, {}}},
                             {"z", null()}});
  const auto holds = [&](Pointer path, Shape value) {
    Bench bench(root);
    const Status done = bench.run({{Verb::test, std::move(path), {}, std::move(value)}});
    CHECK((done || done.error().code == Errc::conflict));
    return done.has_value();
  };
  CHECK(holds({"n"}, leaf(10)));
  CHECK(holds({"n"}, {std::nullopt, Scalar(10.0), {}}));
  CHECK_FALSE(holds({"s"}, leaf(10)));
  CHECK_FALSE(holds({"n"}, leaf("10")));
  CHECK(holds({"t"}, leaf("text")));
  CHECK(holds({"l"}, ints({1, 2})));
  CHECK_FALSE(holds({"l"}, ints({2, 1})));
  CHECK(holds({"l", "1"}, leaf(2)));
  CHECK(holds({"tags"}, list({leaf("b"), leaf("a")})));
  CHECK(holds({"tags", "0"}, leaf("a")));
  CHECK(holds({"z"}, null()));
  CHECK_FALSE(holds({"z"}, leaf(0)));
  CHECK(holds({}, root));
}

TEST_CASE("a step that cannot be done says what is missing, and nothing is done") {
  const Shape root = fields({{"a", leaf(1)},
                             {"l", ints({1, 2})},
                             {"t", text_of("text")},
                             {"tags", {Kind::set, ShapeList{leaf("x")}, {}}}});
  const std::string untouched = Bench(root).reads();
  const auto refused = [&](std::vector<PatchStep> steps) {
    Bench bench(root);
    const Status done = bench.run(std::move(steps));
    CHECK(bench.reads() == untouched);
    return done ? std::string() : done.error().context;
  };
  CHECK(refused({{Verb::add, {"b", "c"}, {}, leaf(1)}}) == "/b is not there");
  CHECK(refused({{Verb::add, {"a", "c"}, {}, leaf(1)}}) == "/a is a leaf: nothing is inside");
  CHECK(refused({{Verb::add, {"l", "3"}, {}, leaf(1)}}) == "/l/3 is beyond the end, which is at 2");
  CHECK(refused({{Verb::add, {"l", "01"}, {}, leaf(1)}}) ==
        "/l is a list, and \"01\" is no index in it");
  CHECK(refused({{Verb::add, {"l", "-1"}, {}, leaf(1)}}) ==
        "/l is a list, and \"-1\" is no index in it");
  CHECK(refused({{Verb::remove, {"l", "-"}, {}, {}}}) == "/l/- is not there");
  CHECK(refused({{Verb::replace, {"b"}, {}, leaf(1)}}) == "/b is not there");
  CHECK(refused({{Verb::remove, {"l", "2"}, {}, {}}}) == "/l/2 is not there");
  CHECK(refused({{Verb::test, {"b"}, {}, null()}}) == "/b is not there");
  CHECK(refused({{Verb::test, {"a"}, {}, leaf(2)}}) == "/a has another value");
  CHECK(refused({{Verb::move, {"l", "0"}, {"l"}, {}}}) == "nothing can be moved into itself");
  CHECK(refused({{Verb::move, {"b"}, {"nope"}, {}}}) == "/nope is not there");
  CHECK(refused({{Verb::copy, {"t", "0"}, {"a"}, {}}}) ==
        "/t is a text: a path does not lead through it");
  CHECK(refused({{Verb::add, {"tags", "-"}, {}, ints({})}}).find("a set holds") == 0);
  CHECK(refused({{Verb::remove, {"tags", "1"}, {}, {}}}) == "/tags/1 is not there");
  CHECK(refused({{Verb::remove, {}, {}, {}}}).find("the document itself stays") == 0);
  CHECK(refused({{Verb::replace, {}, {}, leaf(1)}}).find("the document itself is a map") == 0);
  CHECK(refused({{Verb::remove, {"a"}, {}, {}}, {Verb::test, {"a"}, {}, leaf(1)}}) ==
        "/a is not there");
  CHECK(refused({{Verb::add, Pointer(50, "x"), {}, leaf(1)}}) == "the path has too many steps");
}

TEST_CASE("a patch reaches into sets") {
  const Shape root = fields({{"tags", {Kind::set, ShapeList{leaf("x"), leaf("y")}, {}}}});
  CHECK(after(root, {{Verb::add, {"tags", "-"}, {}, leaf("z")}}) ==
        "{tags: [\"x\" \"y\" \"z\" ] }");
  CHECK(after(root, {{Verb::remove, {"tags", "0"}, {}, {}}}) == "{tags: [\"y\" ] }");
  CHECK(after(root, {{Verb::replace, {"tags", "1"}, {}, leaf("a")}}) == "{tags: [\"a\" \"x\" ] }");
}

TEST_CASE("a replaced text is edited, a moved one stays a text") {
  Bench bench(fields({{"body", text_of("Hello world")}}));
  REQUIRE(bench.run({{Verb::replace, {"body"}, {}, leaf("Hello, world")}}));
  CHECK(bench.ops == std::vector<Op>{{at("body"), TextInsert{5, ","}}});
  Bench other(fields({{"body", text_of("Hello")}}));
  REQUIRE(other.run({{Verb::move, {"text"}, {"body"}, {}}}));
  CHECK(other.document.kind_at(at("text")) == Kind::text);
  CHECK(other.reads() == "{text: \"Hello\" }");
}

TEST_CASE(
    "C30: an item that is moved within its list is the same item, beside others written anew") {
  const Shape both = fields({{"l", ints({1, 2, 3})}, {"m", ints({})}});
  Bench bench(both);
  REQUIRE(bench.run({{Verb::move, {"l", "0"}, {"l", "2"}, {}},
                     {Verb::move, {"l", "-"}, {"l", "0"}, {}},
                     {Verb::move, {"l", "1"}, {"l", "1"}, {}}}));
  CHECK(bench.ops == std::vector<Op>{{at("l"), ListMove{2, 0}}, {at("l"), ListMove{0, 2}}});
  CHECK(after(both, {{Verb::move, {"m", "0"}, {"l", "1"}, {}}}) == "{l: [1 3 ] m: [2 ] }");
  CHECK(after(both, {{Verb::move, {"l", "3"}, {"l", "1"}, {}}}) ==
        "/l/3 is beyond the end, which is at 2 without the item");
}

PatchStep random_step(Dice& dice) {
  const auto pointer = [&dice] {
    Pointer made;
    for (std::size_t i = dice.pick(4); i > 0; --i)
      made.push_back(std::vector<std::string>{"x", "y", "z", "0", "1", "-"}[dice.pick(6)]);
    return made;
  };
  Shape value = random_shape(dice, 1);
  if (dice.one_in(2)) value = leaf(static_cast<int>(dice.pick(3)));
  return {static_cast<Verb>(dice.pick(6)), pointer(), pointer(), std::move(value)};
}

TEST_CASE("whatever the patch, its ops do together what its steps did one by one") {
  Dice dice(21);
  std::size_t done = 0;
  for (int round = 0; round < 2000; ++round) {
    CAPTURE(round);
    Bench bench(random_shape(dice, 3));
    Rehearsal rehearsal({bench.document, bench.past, bench.logs, WallTime{}});
    for (int i = 0; i < 4; ++i) done += run_step(rehearsal, random_step(dice)) ? 1 : 0;
    const std::string tried = describe(rehearsal.document().read());
    const auto ops = rehearsal.take();
    REQUIRE(check_ops(ops));
    CHECK(bench.document.apply({0, 2, bench.past, WallTime{}, bench.logs}, ops).void_ops == 0);
    CHECK(bench.reads() == tried);
    CHECK(bench.document.conflicts().empty());
  }
  CHECK(done > 500);
}

}  // namespace
}  // namespace syncline::crdt::test
