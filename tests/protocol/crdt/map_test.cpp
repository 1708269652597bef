// SPDX-License-Identifier: Apache-2.0
#include "tests/protocol/crdt/device.h"

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::crdt;
using namespace syncline::crdt::test;

TEST_CASE("C10: concurrent values are all kept, one is shown, a later one replaces what it saw") {
  Device a(0), b(1);
  a.edit({}, MapSet{"title", words("from a")});
  b.edit({}, MapSet{"title", words("from b")});
  meet(a, b);
  CHECK(a.reads() == b.reads());
  const auto conflicts = a.document().conflicts();
  REQUIRE(conflicts.size() == 1);
  CHECK(conflicts[0].kind == ConflictKind::concurrent_values);
  CHECK(conflicts[0].path == at("title"));
  REQUIRE(conflicts[0].values.size() == 2);
  CHECK(a.reads(at("title")) == describe(conflicts[0].values[0].value));
  for (const ConflictValue& value : conflicts[0].values) {
    CHECK(describe(value.value) == (a.author(value) == 0 ? "\"from a\"" : "\"from b\""));
    CHECK(value.seq == 1);
    CHECK(value.wall.unix_ms == static_cast<std::int64_t>(1000 + a.author(value)));
  }

  b.edit({}, MapSet{"title", words("settled")});
  meet(a, b);
  CHECK(a.reads() == "{title: \"settled\" }");
  CHECK(a.document().conflicts().empty());
  CHECK(a.replica().canonical() == b.replica().canonical());
}

TEST_CASE("C13: the same value from two devices is no conflict") {
  Device a(0), b(1);
  a.edit({}, MapSet{"done", true});
  b.edit({}, MapSet{"done", true});
  meet(a, b);
  CHECK(a.document().conflicts().empty());
}

TEST_CASE("C10 C13: a value that its remover did not know survives, flagged") {
  Device a(0), b(1);
  a.edit({}, MapSet{"title", words("old")});
  meet(a, b);
  a.edit({}, MapRemove{"title"});
  b.edit({}, MapSet{"title", words("new")});
  meet(a, b);
  CHECK(a.reads() == "{title: \"new\" }");
  const auto conflicts = b.document().conflicts();
  REQUIRE(conflicts.size() == 1);
  CHECK(conflicts[0].kind == ConflictKind::edited_and_deleted);
  REQUIRE(conflicts[0].removals.size() == 1);
  CHECK(b.replica().log_of(conflicts[0].removals[0].log) == 0);
  CHECK(conflicts[0].removals[0].seq == 2);
}

TEST_CASE("C12: the value of the higher Lamport time is shown, then that of the higher log id") {
  // Log 0 has the higher id, whatever number each device gives it.
  for (const bool b_knows_more : {false, true}) {
    Device a(0), b(1);
    if (b_knows_more) b.edit({}, MapSet{"other", Null{}});
    a.edit({}, MapSet{"title", words("from a")});
    b.edit({}, MapSet{"title", words("from b")});
    meet(a, b);
    const std::string shown = b_knows_more ? "\"from b\"" : "\"from a\"";
    CHECK(a.reads(at("title")) == shown);
    CHECK(b.reads(at("title")) == shown);
    CHECK(a.document().conflicts().at(0).values.size() == 2);
  }
}

TEST_CASE("C12: of two containers put by one event that of the later op is shown") {
  Device a(0);
  a.edit({Op{at("x"), CounterAdd{7}}, Op{at("x"), TextInsert{0, "t"}}});
  CHECK(a.reads(at("x")) == "\"t\"");
  a.edit({Op{at("y"), TextInsert{0, "t"}}, Op{at("y"), CounterAdd{7}}});
  CHECK(a.reads(at("y")) == "7");
}

TEST_CASE("C9: an op makes the containers on its way, beside whatever their slots hold") {
  Device a(0);
  const Path tags{Step{std::string("meta")}, Step{std::string("tags")}};
  a.edit(tags, SetAdd{words("x")});
  CHECK(a.reads() == "{meta: {tags: [\"x\" ] } }");
  CHECK(a.document().kind_at(tags) == Kind::set);

  a.edit({}, MapSet{"body", words("a leaf")});
  a.edit(at("body"), TextInsert{0, "a text"});
  CHECK(a.reads(at("body")) == "\"a text\"");
  REQUIRE(a.document().conflicts().size() == 1);
  CHECK(describe(a.document().conflicts()[0].values.at(1).value) == "\"a leaf\"");
}

TEST_CASE("C11: two devices that create one field's container create one container") {
  Device a(0), b(1);
  a.edit({}, MapSet{"body", Kind::text});
  a.edit(at("body"), TextInsert{0, "from a. "});
  b.edit(at("body"), TextInsert{0, "from b. "});
  meet(a, b);
  const std::string both = a.reads(at("body"));
  CHECK((both == "\"from a. from b. \"" || both == "\"from b. from a. \""));
  CHECK(a.document().conflicts().empty());
  CHECK(a.document().kind_at(at("body")) == Kind::text);
}

TEST_CASE("C10: an edit inside a container survives its concurrent removal, flagged, and alone") {
  Device a(0), b(1);
  a.edit({Op{at("note"), MapSet{"title", words("t")}}, Op{at("note"), MapSet{"tag", words("x")}}});
  meet(a, b);
  a.edit({}, MapRemove{"note"});
  b.edit(at("note"), MapSet{"title", words("t2")});
  meet(a, b);
  CHECK(a.reads() == "{note: {title: \"t2\" } }");
  REQUIRE(a.document().conflicts().size() == 1);
  CHECK(a.document().conflicts()[0].path == at("note"));
  CHECK(a.document().conflicts()[0].kind == ConflictKind::edited_and_deleted);
  // Going on editing settles nothing; saying so does.
  b.edit(at("note"), MapSet{"title", words("t3")});
  meet(a, b);
  CHECK(a.document().conflicts().size() == 1);
  a.edit(*a.document().ops_to_resolve(at("note"), 0));
  meet(a, b);
  CHECK(b.reads() == "{note: {title: \"t3\" } }");
  CHECK(b.document().conflicts().empty());
}

TEST_CASE("C11: a container that is created again starts empty") {
  Device a(0);
  a.edit(at("body"), TextInsert{0, "old"});
  a.edit({}, MapRemove{"body"});
  CHECK(a.reads() == "{}");
  CHECK_FALSE(a.document().kind_at(at("body")));
  a.edit(at("body"), TextInsert{0, "new"});
  CHECK(a.reads(at("body")) == "\"new\"");
  a.edit({}, MapSet{"body", Kind::text});
  CHECK(a.reads(at("body")) == "\"\"");
  CHECK(a.edit(at("body"), TextInsert{1, "x"}).adapted_ops == 1);
  CHECK(a.reads(at("body")) == "\"x\"");
}

TEST_CASE("C13: containers of different kinds under one key are kept beside each other") {
  Device a(0), b(1);
  a.edit(at("x"), TextInsert{0, "text"});
  b.edit(at("x"), CounterAdd{7});
  meet(a, b);
  const auto conflicts = a.document().conflicts();
  REQUIRE(conflicts.size() == 1);
  REQUIRE(conflicts[0].values.size() == 2);
  CHECK(conflicts[0].values[0].container);
  // The text wins; what is typed into it meanwhile stays.
  const std::size_t keep = *conflicts[0].values[0].container == Kind::text ? 0 : 1;
  b.edit(at("x"), TextInsert{4, "!"});
  a.edit(*a.document().ops_to_resolve(at("x"), keep));
  meet(a, b);
  CHECK(b.reads() == "{x: \"text!\" }");
  CHECK(b.document().conflicts().empty());
}

TEST_CASE("C13: a conflict can be settled for any of its values or for none") {
  for (const std::optional<std::size_t> keep :
       {std::optional<std::size_t>(0), std::optional<std::size_t>(1),
        std::optional<std::size_t>()}) {
    Device a(0), b(1);
    a.edit(at("inner"), MapSet{"title", words("from a")});
    b.edit(at("inner"), MapSet{"title", number(5)});
    meet(a, b);
    const Path path{Step{std::string("inner")}, Step{std::string("title")}};
    const auto before = a.document().conflicts();
    REQUIRE(before.size() == 1);
    CHECK(before[0].path == path);
    const auto ops = a.document().ops_to_resolve(path, keep);
    REQUIRE(ops);
    a.edit(*ops);
    meet(a, b);
    CHECK(b.document().conflicts().empty());
    CHECK(b.reads(path) == (keep ? describe(before[0].values[*keep].value) : "nothing"));
  }
}

TEST_CASE("there is nothing to settle where there is no conflict") {
  Device a(0), b(1);
  a.edit({}, MapSet{"x", Null{}});
  CHECK(a.document().ops_to_resolve(at("x"), 0).error().code == Errc::not_found);
  CHECK(a.document().ops_to_resolve(at("y"), 0).error().code == Errc::not_found);
  CHECK(a.document().ops_to_resolve({}, 0).error().code == Errc::not_found);
  b.edit({}, MapSet{"x", true});
  meet(a, b);
  CHECK(a.document().ops_to_resolve(at("x"), 2).error().code == Errc::invalid);
}
