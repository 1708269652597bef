// SPDX-License-Identifier: Apache-2.0
#include "protocol/history/comparison.h"

#include <doctest/doctest.h>

namespace syncline::history {
namespace {

using crdt::Kind;
using crdt::Scalar;
using crdt::Shape;
using crdt::ShapeList;
using crdt::ShapeMap;

Shape leaf(std::int64_t number) { return {std::nullopt, Scalar(number), {}}; }
Shape text(const char* content) { return {Kind::text, Scalar(std::string(content)), {}}; }
Shape map(ShapeMap fields) { return {Kind::map, std::move(fields), {}}; }

}  // namespace

TEST_CASE("what two versions differ in reads as a JSON Patch from one to the other") {
  const Shape from = map({{"gone", leaf(1)}, {"kept", leaf(2)}, {"number", leaf(3)}});
  const Shape to = map({{"kept", leaf(2)}, {"new", leaf(5)}, {"number", leaf(4)}});
  const std::vector<Change> changes = compare(from, to);
  REQUIRE(changes.size() == 3);
  CHECK(changes[0].kind == ChangeKind::remove);
  CHECK(changes[0].path == crdt::Path{std::string("gone")});
  CHECK(changes[1].kind == ChangeKind::add);
  CHECK(changes[1].value == crdt::Value{Scalar(std::int64_t{5})});
  CHECK(changes[2].kind == ChangeKind::replace);
  CHECK(compare(from, from).empty());
}

TEST_CASE("changes of a text are splices, each at the text as the one before left it") {
  const Shape from = map({{"t", text("one two three")}});
  const Shape to = map({{"t", text("\xc3\xa9! one three four")}});
  const std::vector<Change> changes = compare(from, to);
  std::string current = "one two three";
  std::u32string made(current.begin(), current.end());
  for (const Change& change : changes) {
    REQUIRE(change.kind == ChangeKind::text);
    std::u32string inserted;
    for (std::size_t i = 0; i < change.inserted.size(); ++i) {
      const bool is_accent = change.inserted[i] == '\xc3';
      inserted.push_back(is_accent ? U'\u00e9' : static_cast<char32_t>(change.inserted[i]));
      if (is_accent) ++i;
    }
    made.replace(change.position, change.removed, inserted);
  }
  CHECK(made == U"\u00e9! one three four");
}

TEST_CASE("items of a list are added and removed at the index they have by then") {
  const Shape from = map({{"l", {Kind::list, ShapeList{leaf(1), leaf(2), leaf(3)}, {}}}});
  const Shape to = map({{"l", {Kind::list, ShapeList{leaf(2), leaf(3), leaf(4)}, {}}}});
  const std::vector<Change> changes = compare(from, to);
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].kind == ChangeKind::remove);
  CHECK(changes[0].path == crdt::Path{std::string("l"), std::uint64_t{0}});
  CHECK(changes[1].kind == ChangeKind::add);
  CHECK(changes[1].path == crdt::Path{std::string("l"), std::uint64_t{2}});
}

TEST_CASE("nodes of a tree are added, moved and removed, and changed inside where they are") {
  const auto node = [](const char* id, const char* parent, const char* place, ShapeMap value) {
    ShapeMap fields;
    fields["id"].node = Scalar(std::string(id));
    fields["parent"].node = *parent == 0 ? Scalar(crdt::Null{}) : Scalar(std::string(parent));
    fields["value"] = map(std::move(value));
    return Shape{std::nullopt, std::move(fields), {}, place};
  };
  const auto tree = [](ShapeList nodes) {
    return map({{"o", {Kind::tree, std::move(nodes), {}}}});
  };
  const auto at = [](const char* id) { return crdt::Path{std::string("o"), crdt::NodeStep{id}}; };
  const Shape from = tree({node("a", "", "b", {{"n", leaf(1)}}), node("b", "a", "b", {}),
                           node("c", "a", "d", {{"t", text("abc")}}), node("d", "", "d", {})});
  CHECK(compare(from, from).empty());
  const Shape to =
      tree({node("a", "", "b", {{"n", leaf(2)}}), node("e", "a", "a", {{"n", leaf(5)}}),
            node("b", "a", "b", {}), node("c", "", "c", {{"t", text("abcd")}})});
  const std::vector<Change> changes = compare(from, to);
  REQUIRE(changes.size() == 5);
  CHECK(changes[0].kind == ChangeKind::add);
  CHECK(changes[0].path == at("e"));
  CHECK(changes[0].parent == "a");
  CHECK(changes[0].position == 0);
  CHECK(changes[0].value == crdt::Value{crdt::ValueMap{{"n", {Scalar(std::int64_t{5})}}}});
  CHECK(changes[1].kind == ChangeKind::move);
  CHECK(changes[1].path == at("c"));
  CHECK(changes[1].parent.empty());
  CHECK(changes[1].position == 1);
  CHECK(changes[2].kind == ChangeKind::remove);
  CHECK(changes[2].path == at("d"));
  crdt::Path inner = at("a");
  inner.emplace_back(std::string("n"));
  CHECK(changes[3].kind == ChangeKind::replace);
  CHECK(changes[3].path == inner);
  CHECK(changes[4].kind == ChangeKind::text);
  CHECK(changes[4].inserted == "d");
  // Another position in the same place is no difference.
  CHECK(compare(tree({node("a", "", "b", {}), node("b", "", "c", {})}),
                tree({node("a", "", "e", {}), node("b", "", "f", {})}))
            .empty());
}

}  // namespace syncline::history
