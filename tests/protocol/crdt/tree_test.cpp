// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/tree_place.h"
#include "tests/protocol/crdt/device.h"

#include <functional>

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::crdt;
using namespace syncline::crdt::test;

namespace {

const Path folders = at("t");
Path node(const std::string& id) { return {Step{std::string("t")}, NodeStep{id}}; }

// Where each node is: "b<a" for b below a.
std::string parents(const Document& document) {
  const auto value = document.read(folders);
  std::string out;
  for (const Value& each : std::get<ValueList>(value->node)) {
    const auto& fields = std::get<ValueMap>(each.node);
    const auto& parent = std::get<Scalar>(fields.at("parent").node);
    if (!out.empty()) out += " ";
    out += std::get<std::string>(std::get<Scalar>(fields.at("id").node));
    if (const auto* above = std::get_if<std::string>(&parent)) out += "<" + *above;
  }
  return out;
}

void put(Device& device, const std::string& id, const std::string& parent, std::uint16_t salt = 0) {
  const auto ops = ops_to_place(device.document(), folders, id, {parent, TreeSpot::Last{}}, salt);
  REQUIRE(ops);
  REQUIRE(device.edit(*ops).void_ops == 0);
}

// a(b c(d)) e, known to everybody.
void plant(Device& a, Device& b) {
  put(a, "a", "");
  put(a, "b", "a");
  put(a, "c", "a");
  put(a, "d", "c");
  put(a, "e", "");
  meet(a, b);
}

ConflictKind only_conflict(const Device& device, const std::string& id) {
  const auto conflicts = device.document().conflicts();
  REQUIRE(conflicts.size() == 1);
  REQUIRE(conflicts[0].path == node(id));
  return conflicts[0].kind;
}

}  // namespace

TEST_CASE("C32: nodes are read in order, each after its parent, with what they hold") {
  Device a(0), b(1);
  plant(a, b);
  CHECK(parents(b.document()) == "a b<a c<a d<c e");
  a.edit(node("d"), MapSet{"title", words("t")});
  CHECK(a.reads(node("d")) == "{title: \"t\" }");
  CHECK(a.reads(node("b")) == "{}");
  CHECK(a.reads(node("x")) == "nothing");
  CHECK(a.document().kind_at(folders) == Kind::tree);
  CHECK(a.document().kind_at(node("d")) == Kind::map);
  Path title = node("d");
  title.push_back(Step{std::string("title")});
  CHECK(a.reads(title) == "\"t\"");
  title.back() = Step{std::string("list")};
  a.edit(title, ListInsert{0, {number(1)}});
  CHECK(a.reads(title) == "[1 ]");
}

TEST_CASE("C32: a node that two make under one id is one node with what both put there") {
  Device a(0), b(1);
  put(a, "inbox", "", 1);
  put(b, "inbox", "", 2);
  a.edit(node("inbox"), MapSet{"x", number(1)});
  b.edit(node("inbox"), MapSet{"y", number(2)});
  meet(a, b);
  CHECK(a.reads(folders) == "[{id: \"inbox\" parent: null value: {x: 1 y: 2 } } ]");
  CHECK(a.document().conflicts().empty());
  CHECK(a.replica().canonical() == b.replica().canonical());
}

TEST_CASE(
    "C33: moves that would together put nodes below each other leave one out, the same "
    "everywhere") {
  Device a(0), b(1);
  plant(a, b);
  put(a, "a", "e");
  put(b, "e", "a");
  meet(a, b);
  CHECK(a.reads() == b.reads());
  const std::string where = parents(a.document());
  CHECK((where == "e a<e b<a c<a d<c" || where == "a b<a c<a e<a d<c" ||
         where == "a b<a c<a d<c e<a"));
  const bool a_won = where[0] == 'e';
  const std::string loser = a_won ? "e" : "a";
  CHECK(only_conflict(a, loser) == ConflictKind::move_lost);
  const auto conflict = a.document().conflicts()[0];
  REQUIRE(conflict.values.size() == 2);
  CHECK(describe(conflict.values[1].value).find(a_won ? "\"a\"" : "\"e\"") != std::string::npos);
  CHECK(a.author(conflict.values[1]) == (a_won ? 1u : 0u));
  // The lost move cannot be chosen as long as it makes no sense; the place it has can.
  CHECK(a.document().ops_to_resolve(node(loser), 1).error().code == Errc::invalid);
  CHECK(a.document().ops_to_resolve(node(loser), std::nullopt).error().code == Errc::invalid);
  a.edit(*a.document().ops_to_resolve(node(loser), 0));
  meet(a, b);
  CHECK(b.document().conflicts().empty());
  CHECK(parents(b.document()) == where);
}

TEST_CASE("C33 C36: of two moves of one node one wins, and the other is told until it is settled") {
  for (const std::size_t choice : {0u, 1u}) {
    Device a(0), b(1), c(2);
    plant(a, b);
    meet(a, c);
    put(a, "d", "b");
    put(b, "d", "e");
    meet(a, b);
    CHECK(a.reads() == b.reads());
    CHECK(only_conflict(a, "d") == ConflictKind::move_lost);
    const auto conflict = b.document().conflicts()[0];
    const auto parent_of = [](const ConflictValue& place) {
      const auto& parent = std::get<ValueMap>(place.value.node).at("parent");
      return std::get<std::string>(std::get<Scalar>(parent.node));
    };
    const std::string chosen = parent_of(conflict.values.at(choice));
    // A later move by somebody who knows of one only settles nothing.
    c.receive(a);
    b.edit(*b.document().ops_to_resolve(node("d"), choice));
    meet(a, b);
    CHECK(a.document().conflicts().empty());
    CHECK(parents(a.document()).find("d<" + chosen) != std::string::npos);
    meet(a, c);
    CHECK(c.replica().canonical() == a.replica().canonical());
  }
}

TEST_CASE("C34: a removal takes what is below, and a node made anew is empty") {
  Device a(0), b(1);
  plant(a, b);
  a.edit(node("d"), MapSet{"title", words("t")});
  a.edit(folders, TreeRemove{"a"});
  CHECK(parents(a.document()) == "e");
  meet(a, b);
  CHECK(parents(b.document()) == "e");
  CHECK(b.document().conflicts().empty());
  b.edit(folders, TreeInsert{"d", "", "\x90"});
  CHECK(b.reads(node("d")) == "{}");
  CHECK(parents(b.document()) == "e d");
  b.edit(folders, TreeInsert{"a", "d", "\x90"});
  CHECK(parents(b.document()) == "e d a<d");
  meet(a, b);
  CHECK(a.replica().canonical() == b.replica().canonical());
  CHECK(a.document().conflicts().empty());
}

TEST_CASE(
    "C34 C35: what somebody used without knowing of the removal stays, and so does what it is "
    "below") {
  struct Case {
    const char* name;
    std::function<void(Device&)> use;
    const char* left;
  };
  const std::vector<Case> cases = {
      {"edited",
       [](Device& b) {
         b.edit(node("d"), MapSet{"x", number(1)});
       },
       "a c<a d<c e"},
      {"moved within", [](Device& b) { put(b, "d", "b"); }, "a b<a d<b e"},
      {"a child put below", [](Device& b) { put(b, "e", "c"); }, "a c<a e<c"},
      {"a child made below", [](Device& b) { put(b, "new", "b"); }, "a b<a new<b e"},
      {"moved out", [](Device& b) { put(b, "c", "e"); }, "e c<e d<c"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.name);
    Device a(0), b(1);
    plant(a, b);
    a.edit(node("a"), MapSet{"title", words("photos")});
    meet(a, b);
    a.edit(folders, TreeRemove{"a"});
    each.use(b);
    meet(a, b);
    CHECK(a.reads() == b.reads());
    CHECK(parents(a.document()) == each.left);
    if (std::string(each.name) == "moved out") {
      // What is below goes with a node; nothing of "a" is left to flag.
      CHECK(a.document().conflicts().empty());
      continue;
    }
    CHECK(only_conflict(a, "a") == ConflictKind::edited_and_deleted);
    CHECK(a.reads(node("a")) == "{title: \"photos\" }");
    Device removing(2), keeping(2);
    removing.receive(a);
    keeping.receive(a);
    keeping.edit(*keeping.document().ops_to_resolve(node("a"), 0));
    CHECK(keeping.document().conflicts().empty());
    CHECK(parents(keeping.document()) == each.left);
    removing.edit(*removing.document().ops_to_resolve(node("a"), std::nullopt));
    CHECK(removing.document().conflicts().empty());
    CHECK(removing.reads(node("a")) == "nothing");
  }
}

TEST_CASE("C34: what is put below a node that was removed before keeps what is below it") {
  Device a(0), b(1);
  plant(a, b);
  a.edit(folders, TreeRemove{"e"});
  a.edit(folders, TreeInsert{"e", "", "\x90"});
  a.edit(folders, TreeMove{"a", "e", "\x80"});
  CHECK(parents(a.document()) == "e a<e b<a c<a d<c");
  // Of two who did not know, one moves it there and the other removes: it stays whole.
  meet(a, b);
  a.edit(folders, TreeMove{"c", "", "\x80"});
  meet(a, b);
  a.edit(folders, TreeRemove{"e"});
  b.edit(folders, TreeMove{"c", "e", "\x80"});
  meet(a, b);
  CHECK(parents(a.document()) == "e c<e d<c");
  CHECK(parents(b.document()) == "e c<e d<c");
}

TEST_CASE("C34: a tree that is removed as a whole keeps what others put there meanwhile") {
  Device a(0), b(1);
  plant(a, b);
  a.edit({}, MapRemove{"t"});
  CHECK(a.reads(folders) == "nothing");
  put(b, "new", "c");
  meet(a, b);
  CHECK(parents(a.document()) == "a c<a new<c");
  CHECK(a.replica().canonical() == b.replica().canonical());
  a.edit({}, MapSet{"t", Kind::tree});
  CHECK(a.reads(folders) == "[]");
  meet(a, b);
  CHECK(b.reads(folders) == "[]");
}

TEST_CASE("C8 C32: ops on nodes that nobody made are void and leave no trace") {
  Device a(0);
  put(a, "a", "");
  const Buffer before = a.replica().canonical();
  Path list = node("a");
  for (const Op& op :
       {Op{folders, TreeInsert{"x", "y", "\x80"}}, Op{folders, TreeMove{"x", "", "\x80"}},
        Op{folders, TreeMove{"a", "y", "\x80"}}, Op{folders, TreeRemove{"x"}},
        Op{node("x"), MapSet{"k", Null{}}}, Op{node("a"), ListInsert{0, {Null{}}}},
        Op{node("a"), TreeRemove{"a"}}, Op{{NodeStep{"a"}}, MapSet{"k", Null{}}},
        Op{at("other"), TreeMove{"a", "", "\x80"}}, Op{{}, TreeInsert{"x", "", "\x80"}}}) {
    CAPTURE(describe({TestEvent{0, 1, {}, {op}}}));
    CHECK(a.edit({op}).void_ops == 1);
  }
  CHECK(a.reads() == "{t: [{id: \"a\" parent: null value: {} } ] }");
  // Of the event itself only its number and time are left.
  Device fresh(0);
  put(fresh, "a", "");
  CHECK(fresh.replica().canonical() == before);
  CHECK(fresh.document().size_estimate_bytes() == a.document().size_estimate_bytes());
}

TEST_CASE(
    "C19 C33: many nodes moved about by three devices end in one tree, in any order and from a "
    "snapshot") {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    Dice dice(seed + 40);
    std::vector<Device> devices;
    for (std::size_t i = 0; i < log_count; ++i) devices.emplace_back(i);
    for (int i = 0; i < 40; ++i)
      put(devices[0], "n" + std::to_string(i), i < 4 ? "" : "n" + std::to_string(dice.pick(4)));
    for (int round = 0; round < 240; ++round) {
      Device& self = devices[dice.pick(log_count)];
      if (dice.one_in(8)) self.receive(devices[dice.pick(log_count)]);
      const auto value = self.document().read(folders);
      if (!value) continue;
      const auto& nodes = std::get<ValueList>(value->node);
      if (nodes.empty()) continue;
      const auto id = [&] {
        const auto& fields = std::get<ValueMap>(nodes[dice.pick(nodes.size())].node);
        return std::get<std::string>(std::get<Scalar>(fields.at("id").node));
      };
      if (dice.one_in(10)) {
        self.edit(folders, TreeRemove{id()});
      } else if (dice.one_in(6)) {
        self.edit(node(id()), MapSet{"k", number(round)});
      } else {
        const std::string placed = dice.one_in(4) ? "m" + std::to_string(round) : id();
        const auto ops = ops_to_place(self.document(), folders, placed,
                                      {dice.one_in(4) ? "" : id(), TreeSpot::Index{0}},
                                      static_cast<std::uint16_t>(round));
        if (ops) self.edit(*ops);
      }
    }
    for (int i = 0; i < 2; ++i) {
      meet(devices[0], devices[1]);
      meet(devices[1], devices[2]);
      meet(devices[2], devices[0]);
    }
    CAPTURE(seed);
    wire::Writer out;
    devices[0].document().encode(out);
    wire::Reader in(out.view());
    const auto again = Document::decode(in);
    REQUIRE(again);
    REQUIRE(again->canonical(devices[0].replica().logs()) == devices[0].replica().canonical());
    REQUIRE(describe(again->read()) == devices[0].reads());
    for (const Device& device : devices) {
      REQUIRE_FALSE(device.document().check());
      REQUIRE(device.reads() == devices[0].reads());
      REQUIRE(device.replica().canonical() == devices[0].replica().canonical());
      REQUIRE(device.document().conflicts().size() == devices[0].document().conflicts().size());
    }
  }
}
