// SPDX-License-Identifier: Apache-2.0
//
// Taking back what one author did while others wrote at the same places.
#include "tests/protocol/history/authors.h"

namespace syncline::history::taking_back {
namespace {

struct Case {
  const char* name;
  Ops first;  // both have
  Ops own, others;
  const char* undone;  // reads as what others did alone
  const char* redone;
};

const Path field{std::string("map"), std::string("in")};
const Path leaf{std::string("tree"), crdt::NodeStep{"a"}};

std::vector<Case> values() {
  return {
      {"a value", {put("k", 0)}, {put("k", 1)}, {put("k", 2)}, "{k: 2 }", "{k: 1 }"},
      {"the same value", {put("k", 0)}, {put("k", 1)}, {put("k", 1)}, "{k: 1 }", "{k: 1 }"},
      {"a new key", {}, {put("k", 1)}, {put("k", 2)}, "{k: 2 }", "{k: 1 }"},
      {"a key others removed",
       {put("k", 0)},
       {put("k", 1)},
       {op(crdt::MapRemove{"k"})},
       "{}",
       "{k: 1 }"},
      {"a removal, others wrote",
       {put("k", 0)},
       {op(crdt::MapRemove{"k"})},
       {put("k", 2)},
       "{k: 2 }",
       "{}"},
      {"a removal, others removed",
       {put("k", 0)},
       {op(crdt::MapRemove{"k"})},
       {op(crdt::MapRemove{"k"})},
       "{}",
       "{}"},
      {"a value in a nested map",
       {make("map", Kind::map), op(crdt::MapSet{"in", Kind::map}, at("map"))},
       {put("k", 1, field)},
       {put("k", 2, field), put("l", 3, field)},
       "{map: {in: {k: 2 l: 3 } } }",
       "{map: {in: {k: 1 l: 3 } } }"},
      {"a leaf where others put a map",
       {},
       {put("k", 1)},
       {make("k", Kind::map), put("x", 2, at("k"))},
       "{k: {x: 2 } }",
       "{k: 1 }"},
      {"a counter",
       {make("n", Kind::counter)},
       {op(crdt::CounterAdd{5, 0}, at("n"))},
       {op(crdt::CounterAdd{2, 0}, at("n"))},
       "{n: 2 }",
       "{n: 7 }"},
      {"elements that both added",
       {make("s", Kind::set)},
       {op(crdt::SetAdd{Scalar(std::int64_t{1})}, at("s"))},
       {op(crdt::SetAdd{Scalar(std::int64_t{1})}, at("s"))},
       "{s: [1 ] }",
       "{s: [1 ] }"},
      {"characters that both removed",
       {make("text", Kind::text), op(crdt::TextInsert{0, "hello world"}, at("text"))},
       {op(crdt::TextRemove{0, 6}, at("text")), op(crdt::TextInsert{5, "!"}, at("text"))},
       {op(crdt::TextRemove{3, 4}, at("text"))},
       "{text: \"helorld\" }",
       "{text: \"orld!\" }"},
  };
}

std::vector<Case> items() {
  const Op list = make("l", Kind::list);
  const Op three = op(crdt::ListInsert{0, {number(7), number(8), number(9)}}, at("l"));
  return {
      {"an item",
       {list, three},
       {op(crdt::ListSet{1, number(1)}, at("l"))},
       {op(crdt::ListSet{1, number(2)}, at("l"))},
       "{l: [7 2 9 ] }",
       "{l: [7 1 9 ] }"},
      {"an item that both removed",
       {list, three},
       {op(crdt::ListRemove{1, 2}, at("l"))},
       {op(crdt::ListRemove{0, 2}, at("l"))},
       "{l: [9 ] }",
       "{l: [] }"},
      {"an item that others removed",
       {list, three},
       {op(crdt::ListSet{1, number(1)}, at("l"))},
       {op(crdt::ListRemove{1, 1}, at("l"))},
       "{l: [7 9 ] }",
       "{l: [7 1 9 ] }"},
      {"a removed item in which others wrote",
       {list, three},
       {op(crdt::ListRemove{1, 1}, at("l"))},
       {op(crdt::ListSet{1, number(2)}, at("l"))},
       "{l: [7 2 9 ] }",
       "{l: [7 9 ] }"},
      {"an item that both moved",
       {list, three},
       {op(crdt::ListMove{0, 2}, at("l"))},
       {op(crdt::ListMove{0, 1}, at("l"))},
       "{l: [8 7 9 ] }",
       "{l: [8 9 7 ] }"},
      {"a value of a node",
       {make("tree", Kind::tree), plant("a")},
       {put("k", 1, leaf)},
       {put("k", 2, leaf)},
       "{tree: [{id: \"a\" parent: null value: {k: 2 } } ] }",
       "{tree: [{id: \"a\" parent: null value: {k: 1 } } ] }"},
      {"a node that both removed",
       {make("tree", Kind::tree), plant("a")},
       {op(crdt::TreeRemove{"a"}, at("tree"))},
       {op(crdt::TreeRemove{"a"}, at("tree"))},
       "{tree: [] }",
       "{tree: [] }"},
      {"a node that others removed",
       {make("tree", Kind::tree), plant("a")},
       {put("k", 1, leaf)},
       {op(crdt::TreeRemove{"a"}, at("tree"))},
       "{tree: [] }",
       "{tree: [{id: \"a\" parent: null value: {k: 1 } } ] }"},
      {"a removed node in which others wrote",
       {make("tree", Kind::tree), plant("a")},
       {op(crdt::TreeRemove{"a"}, at("tree"))},
       {put("k", 2, leaf)},
       "{tree: [{id: \"a\" parent: null value: {k: 2 } } ] }",
       "{tree: [] }"},
      {"a node that both moved",
       {make("tree", Kind::tree), plant("a"), plant("b"),
        op(crdt::TreeInsert{"c", "", top + "~"}, at("tree"))},
       {shift("a", "b")},
       {shift("a", "c")},
       nullptr,
       nullptr},
  };
}

enum class Highest { own, others };

// `own` is to rank higher or lower.
void run(const Case& each, Highest highest) {
  CAPTURE(each.name);
  CAPTURE(int(highest));
  Author a(highest == Highest::own ? 1 : 0), b(highest == Highest::own ? 0 : 1);
  a.edit(each.first);
  b.receive(a);
  const EventSpan change = a.edit(each.own);
  b.edit(each.others);
  const std::string apart = b.reads();
  meet(a, b);
  const EventSpan undoing = a.undo(change);
  if (each.undone != nullptr) CHECK(a.reads() == each.undone);
  CHECK(a.reads() == apart);
  CHECK(a.document.conflicts().empty());
  const EventSpan redoing = a.redo(undoing, change);
  if (each.redone != nullptr) CHECK(a.reads() == each.redone);
  CHECK(a.document.conflicts().empty());
  a.undo(redoing);
  CHECK(a.reads() == apart);
  meet(a, b);
  CHECK(b.reads() == a.reads());
}

}  // namespace

TEST_CASE("what is taken back leaves what others did at the same place, whoever ranks higher") {
  for (const auto& table : {values(), items()})
    for (const Case& each : table)
      for (const Highest highest : {Highest::own, Highest::others}) run(each, highest);
}

TEST_CASE("whatever a change was, while nothing builds upon it all reads as it does without it") {
  using crdt::test::Flavour;
  for (const Flavour flavour : {Flavour::map, Flavour::list, Flavour::text, Flavour::counter,
                                Flavour::set, Flavour::tree, Flavour::nested}) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      CAPTURE(std::string(crdt::test::name_of(flavour)));
      CAPTURE(seed);
      auto events = test::past_events(seed, flavour, 25);
      SegmentWriter writer;
      crdt::VersionVector all, known;
      for (PastEvent& event : events) {
        event.lamport = event.past.sum() + 1;
        writer.add(view_of(event));
        all.raise(event.id.log, event.id.seq);
        known.merge(event.past);
      }
      const std::vector<Buffer> segments{writer.take()};
      crdt::LogTable table(crdt::test::log_count);
      for (std::size_t i = 0; i < table.size(); ++i) table[i].bytes[0] = std::uint8_t(i + 1);
      for (const PastEvent& event : events) {
        if (known.covers(event.id)) continue;
        CAPTURE(event.id.log);
        auto now = replay(segments, table, all);
        crdt::VersionVector others = all;
        others.set(event.id.log, event.id.seq - 1);
        const auto apart = replay(segments, table, others);
        REQUIRE(now);
        REQUIRE(apart);
        const EventSpan change{event.id.log, event.id.seq, event.id.seq};
        const auto ops = ops_to_take_back(segments, {*now, all, table, {}}, {change, {}});
        CAPTURE(ops ? std::string() : ops.error().context);
        CHECK(ops);
        if (!ops) continue;
        const crdt::EventContext context{event.id.log, event.id.seq + 1, all, {}, table};
        now->apply(context, *ops);
        const std::string read = crdt::test::describe(now->read());
        CAPTURE(read);
        CAPTURE(crdt::test::describe(apart->read()));
        const auto left = now->shape(), wanted = apart->shape();
        REQUIRE(left.has_value() == wanted.has_value());
        if (left) CHECK(crdt::reads_as(*left, *wanted));
      }
    }
  }
}

TEST_CASE("of several values of others the highest is left") {
  for (crdt::LogIndex own = 0; own < 3; ++own) {
    CAPTURE(own);
    std::vector<Author> authors;
    for (crdt::LogIndex log = 0; log < 3; ++log) authors.emplace_back(log);
    std::vector<EventSpan> changes;
    for (crdt::LogIndex log = 0; log < 3; ++log)
      changes.push_back(authors[log].edit({put("k", log)}));
    for (Author& each : authors) authors[own].receive(each);
    authors[own].undo(changes[own]);
    const bool is_highest = own == 2;
    CHECK(authors[own].reads() == (is_highest ? "{k: 1 }" : "{k: 2 }"));
    CHECK(authors[own].document.conflicts().empty());
  }
}

TEST_CASE("two who take back what they wrote at once are back where they were") {
  for (const crdt::LogIndex first : {0U, 1U}) {
    CAPTURE(first);
    Author a(first), b(1 - first);
    const Op list = op(crdt::ListInsert{0, {number(7), number(0)}}, at("l"));
    a.edit({put("k", 0), make("l", Kind::list), list});
    b.receive(a);
    const auto both = [](std::int64_t value) {
      return Ops{put("k", value), op(crdt::ListSet{1, number(value)}, at("l"))};
    };
    const EventSpan own = a.edit(both(1)), other = b.edit(both(2));
    meet(a, b);
    a.undo(own);
    meet(a, b);
    CHECK(b.reads() == "{k: 2 l: [7 2 ] }");
    b.undo(other);
    CHECK(b.reads() == "{k: 0 l: [7 0 ] }");
  }
}

TEST_CASE("changes of one author are taken back one by one beside a value of another") {
  for (const crdt::LogIndex first : {0U, 1U}) {
    CAPTURE(first);
    Author a(first), b(1 - first);
    a.edit({put("k", 0)});
    b.receive(a);
    const EventSpan one = a.edit({put("k", 1)}), two = a.edit({put("k", 5)});
    b.edit({put("l", 0)});
    b.edit({put("k", 2)});
    meet(a, b);
    a.undo(two);
    a.undo(one);
    CHECK(a.reads() == "{k: 2 l: 0 }");
    CHECK(a.document.conflicts().empty());
  }
}

TEST_CASE("a later change inside of a contested map takes back no more than itself") {
  Author a(1), b(0);
  a.edit({make("k", Kind::map)});
  const EventSpan inside = a.edit({put("x", 1, at("k"))});
  b.edit({put("k", 2)});
  meet(a, b);
  a.undo(inside);
  const auto conflicts = a.document.conflicts();
  REQUIRE(conflicts.size() == 1);
  CHECK(crdt::test::describe(conflicts[0].values[0].value) == "{}");
}

TEST_CASE("what is shown stays when a change inside of what is not shown is taken back") {
  for (const bool raised : {false, true}) {
    CAPTURE(raised);
    Author a(0), b(1), c(2);
    a.edit({make("k", Kind::map)});
    b.receive(a);
    c.receive(a);
    b.edit({put("x", 2, at("k"))});
    c.edit({put("l", 0)});
    c.edit({put("k", 5)});
    // Later ones rank higher.
    if (raised)
      for (std::int64_t i = 0; i < 4; ++i) a.edit({put("m", i)});
    const EventSpan change = a.edit({put("x", 1, at("k"))});
    a.receive(b);
    a.receive(c);
    const std::string rest = raised ? "l: 0 m: 3 }" : "l: 0 }";
    CHECK(a.reads() == (raised ? "{k: {x: 1 } " : "{k: 5 ") + rest);
    a.undo(change);
    CHECK(a.reads() == "{k: 5 " + rest);
  }
}

TEST_CASE("siblings with one position keep their order when a conflict about one is settled") {
  for (const crdt::LogIndex first : {0U, 1U}) {
    CAPTURE(first);
    Author a(first), b(1 - first), c(2);
    a.edit({make("tree", Kind::tree), plant("x"), plant("y"), plant("z")});
    b.receive(a);
    c.receive(a);
    const EventSpan change = a.edit({shift("x", "z")});
    b.edit({op(crdt::TreeMove{"x", "", top}, at("tree"))});
    c.edit({op(crdt::TreeMove{"y", "", top}, at("tree"))});
    b.receive(c);
    const std::string apart = b.reads();
    a.receive(b);
    a.receive(c);
    a.undo(change);
    CHECK(a.reads() == apart);
    CHECK(a.document.conflicts().empty());
  }
}

TEST_CASE("what others wrote after they had seen the change stays") {
  Author a(0), b(1);
  const EventSpan change = a.edit({put("k", 1)});
  b.edit({put("k", 2)});
  meet(a, b);
  b.edit({put("k", 3)});
  a.receive(b);
  a.undo(change);
  CHECK(a.reads() == "{k: 3 }");
}

TEST_CASE("a mark is taken back alone where others marked the same range") {
  for (const crdt::LogIndex first : {0U, 1U}) {
    CAPTURE(first);
    Author a(first), b(1 - first);
    a.edit(hello);
    b.receive(a);
    const EventSpan change = a.edit({mark(0, 4, Scalar(std::int64_t{1}))});
    b.edit({mark(2, 3, Scalar(std::int64_t{2}))});
    meet(a, b);
    const EventSpan undoing = a.undo(change);
    CHECK(a.marks() == "bold 2-5 2");
    a.redo(undoing, change);
    CHECK(a.marks() == "bold 0-4 1 bold 4-5 2");

    Author c(first), d(1 - first);
    c.edit(hello);
    d.receive(c);
    const EventSpan mine = c.edit({mark(0, 4, Scalar(true))});
    const EventSpan theirs = d.edit({mark(0, 4, Scalar(crdt::Null{}))});
    meet(c, d);
    c.undo(mine);
    CHECK(c.marks() == "");
    meet(c, d);
    d.undo(theirs);
    CHECK(d.marks() == "");
  }
}

TEST_CASE("two who take back their marks of one range leave none") {
  for (const crdt::LogIndex first : {0U, 1U}) {
    CAPTURE(first);
    Author a(first), b(1 - first);
    a.edit(hello);
    b.receive(a);
    const EventSpan own = a.edit({mark(0, 5, Scalar(std::int64_t{1}))});
    const EventSpan other = b.edit({mark(0, 5, Scalar(std::int64_t{2}))});
    meet(a, b);
    a.undo(own);
    meet(a, b);
    CHECK(b.marks() == "bold 0-5 2");
    b.undo(other);
    CHECK(b.marks() == "");
  }
}

TEST_CASE("restoring makes what a rule shows read as it did, also where it stands below the rule") {
  crdt::RuleSet rules;
  REQUIRE(rules.add("/y", crdt::Rule::as_text));
  REQUIRE(rules.add("/m/*", crdt::Rule::max));
  const auto line = [](const char* text) {
    return op(crdt::MapSet{"y", Scalar(std::string(text))});
  };
  Author a(0), b(1);
  a.edit({line("line"), make("m", Kind::map), put("k", 1, at("m"))});
  b.receive(a);
  a.edit({line("A"), put("k", 4, at("m"))});
  b.edit({line("B"), put("k", 5, at("m"))});
  const crdt::VersionVector of_a = a.seen(), of_b = b.seen();
  meet(a, b);
  const crdt::VersionVector both = a.seen();
  const auto reads = [&] {
    return crdt::test::describe(crdt::value_of(*crdt::shape_under(&rules, a.document, {})));
  };
  const std::string shown = reads();
  CHECK(shown.find("A") != std::string::npos);
  CHECK(shown.find("B") != std::string::npos);
  CHECK(a.restore(both, &rules) == 0);
  CHECK(a.restore(of_a, &rules) > 0);
  CHECK(reads() == "{m: {k: 4 } y: \"A\" }");
  CHECK(a.restore(both, &rules) > 0);
  CHECK(reads() == shown);
  CHECK(a.restore(of_b, &rules) > 0);
  CHECK(reads() == "{m: {k: 5 } y: \"B\" }");
  CHECK(b.restore(of_b, &rules) > 0);
  CHECK(b.reads() == "{m: {k: 5 } y: \"B\" }");
  CHECK(b.restore(of_b, &rules) == 0);
}

}  // namespace syncline::history::taking_back
