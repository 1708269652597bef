// SPDX-License-Identifier: Apache-2.0
//
// Taking back one change after another, and beside what others wrote after they had seen it.
#include "tests/protocol/history/authors.h"

#include <algorithm>
#include <functional>
#include <map>

namespace syncline::history::taking_back {
namespace {

crdt::ItemValue words(const char* content) { return Scalar(std::string(content)); }
Op put_words(const char* key, const char* content) { return op(crdt::MapSet{key, words(content)}); }
Op write(const char* key, std::uint64_t position, const char* content) {
  return op(crdt::TextInsert{position, content}, at(key));
}
Op add(std::int64_t amount, std::uint8_t scale = 0) {
  return op(crdt::CounterAdd{amount, scale}, at("n"));
}
Op gather(std::int64_t element) { return op(crdt::SetAdd{Scalar(element)}, at("s")); }
Op drop(std::int64_t element) { return op(crdt::SetRemove{Scalar(element)}, at("s")); }
Op take(const char* key) { return op(crdt::MapRemove{key}); }

// Nodes side by side, in the order in which they are named.
Ops orchard(std::vector<const char*> ids) {
  Ops out{make("tree", Kind::tree)};
  std::string last;
  for (const char* id : ids) {
    last = crdt::tree_position_between(last, {}, 0);
    out.push_back(op(crdt::TreeInsert{id, "", last}, at("tree")));
  }
  return out;
}
// "a b(c d)": what is below a node is in brackets behind it.
std::string forest(const Author& author) {
  const auto shape = author.document.shape(at("tree"));
  if (!shape) return "(none)";
  std::map<std::string, std::vector<std::string>> below;
  for (const crdt::Shape& item : std::get<crdt::ShapeList>(shape->node)) {
    const auto node = crdt::node_of(item);
    below[node->parent].push_back(node->id);
  }
  const std::function<std::string(const std::string&)> tell = [&](const std::string& parent) {
    std::string out;
    for (const std::string& id : below[parent]) {
      out += (out.empty() ? "" : " ") + id;
      if (below.contains(id)) out += "(" + tell(id) + ")";
    }
    return out;
  };
  return tell({});
}
// To the end of those at the top.
Op to_the_end(const Author& author, const char* id) {
  std::string last;
  const auto shape = author.document.shape(at("tree"));
  for (const crdt::Shape& item : std::get<crdt::ShapeList>(shape->node))
    if (crdt::node_of(item)->parent.empty()) last = std::max(last, item.place);
  return op(crdt::TreeMove{id, "", crdt::tree_position_between(last, {}, 0)}, at("tree"));
}

// `a` makes `own`, `b` sees it and makes `others`, one event each, then `a` takes its change back.
struct Later {
  const char* name;
  Ops first, own;
  std::vector<Ops> others;
  const char* undone;
};

void run(const Later& each) {
  CAPTURE(each.name);
  Author a(0), b(1);
  a.edit(each.first);
  const EventSpan change = a.edit(each.own);
  b.receive(a);
  for (const Ops& ops : each.others) b.edit(ops);
  const std::string then = b.reads();
  a.receive(b);
  const EventSpan undoing = a.undo(change);
  CHECK(a.reads() == each.undone);
  CHECK(a.document.conflicts().empty());
  a.redo(undoing, change);
  CHECK(a.reads() == then);
}

}  // namespace

TEST_CASE("a later write of another stays, even one of the same value") {
  const Op list = make("l", Kind::list);
  const Op three = op(crdt::ListInsert{0, {number(7), number(8), number(9)}}, at("l"));
  const auto set_item = [](std::int64_t value) {
    return Ops{op(crdt::ListSet{1, number(value)}, at("l"))};
  };
  for (const Later& each : std::vector<Later>{
           {"a value", {put("k", 0)}, {put("k", 1)}, {{put("k", 2)}, {put("k", 1)}}, "{k: 1 }"},
           {"a removal", {put("k", 0)}, {take("k")}, {{put("k", 2)}, {take("k")}}, "{}"},
           {"a new key", {}, {put("k", 1)}, {{take("k")}, {put("k", 1)}}, "{k: 1 }"},
           {"an item", {list, three}, set_item(1), {set_item(2), set_item(1)}, "{l: [7 1 9 ] }"},
           {"a new item of the same value",
            {list, three},
            {op(crdt::ListInsert{1, {number(1)}}, at("l"))},
            {{op(crdt::ListRemove{1, 1}, at("l"))},
             {op(crdt::ListInsert{1, {number(1)}}, at("l"))}},
            "{l: [7 1 8 9 ] }"},
           {"an item moved away and back",
            {list, three},
            {op(crdt::ListMove{0, 2}, at("l"))},
            {{op(crdt::ListMove{2, 1}, at("l"))}, {op(crdt::ListMove{1, 2}, at("l"))}},
            "{l: [8 9 7 ] }"},
           {"an element",
            {make("s", Kind::set)},
            {gather(1)},
            {{drop(1)}, {gather(1)}},
            "{s: [1 ] }"},
           {"a removed element",
            {make("s", Kind::set), gather(1)},
            {drop(1)},
            {{gather(1)}, {drop(1)}},
            "{s: [] }"},
       })
    run(each);
}

TEST_CASE("equal values that two wrote at once stay for the other while one takes back several") {
  Author a(0), b(1);
  a.edit({put("k", 0)});
  b.receive(a);
  b.edit({put("k", 1)});
  b.edit({put("k", 2)});
  const EventSpan removal = a.edit({take("k")}), value = a.edit({put("k", 2)});
  meet(a, b);
  a.undo(value);
  a.undo(removal);
  CHECK(a.reads() == "{k: 2 }");
}

TEST_CASE("what another put in the place of a container is left as it is") {
  const Ops text{make("text", Kind::text), write("text", 0, "abcdef")};
  const Ops cut{op(crdt::TextRemove{1, 3}, at("text"))};
  const Ops other{make("text", Kind::text), write("text", 0, "other")};
  const Ops counter{make("n", Kind::counter), add(3)};
  const Ops hundred{make("n", Kind::counter), add(100)};
  const Ops made{make("map", Kind::map), put("k", 1, at("map"))};
  for (const Later& each : std::vector<Later>{
           {"a text", text, cut, {other}, "{text: \"other\" }"},
           {"a text removed and made anew",
            text,
            cut,
            {{take("text")}, other},
            "{text: \"other\" }"},
           {"a text that the change made", {}, text, {other}, "{text: \"other\" }"},
           {"a counter", counter, {add(4)}, {hundred}, "{n: 100 }"},
           {"a map",
            made,
            {put("k", 2, at("map"))},
            {made, {put("k", 2, at("map"))}},
            "{map: {k: 2 } }"},
       })
    run(each);
}

TEST_CASE("a container of another stays what it is also after one's own later changes") {
  Author a(0), b(1);
  a.edit({make("text", Kind::text), write("text", 0, "abcdef")});
  const EventSpan cut = a.edit({op(crdt::TextRemove{1, 3}, at("text"))});
  b.receive(a);
  b.edit({make("text", Kind::text), write("text", 0, "other")});
  a.receive(b);
  const EventSpan typed = a.edit({write("text", 5, "!")}), gone = a.edit({take("text")});
  a.undo(gone);
  a.undo(typed);
  CHECK(a.reads() == "{text: \"other\" }");
  a.undo(cut);
  CHECK(a.reads() == "{text: \"other\" }");
}

TEST_CASE("what was removed comes back around what others put inside since") {
  const Ops map{make("map", Kind::map), put("k", 1, at("map")), put("n", 2, at("map"))};
  const Ops set{make("s", Kind::set), gather(1), gather(2)};
  const Path inner{std::string("map"), std::string("in")};
  for (const Later& each : std::vector<Later>{
           {"a key", map, {take("map")}, {{put("k", 5, at("map"))}}, "{map: {k: 5 n: 2 } }"},
           {"a key further down",
            {make("map", Kind::map), put("k", 1, inner), put("n", 2, inner)},
            {take("map")},
            {{put("k", 5, inner)}},
            "{map: {in: {k: 5 n: 2 } } }"},
           {"a key that they removed again",
            map,
            {take("map")},
            {{put("k", 5, at("map")), put("l", 6, at("map"))},
             {op(crdt::MapRemove{"k"}, at("map"))}},
            "{map: {l: 6 n: 2 } }"},
           {"an element", set, {take("s")}, {{gather(3)}}, "{s: [1 2 3 ] }"},
       })
    run(each);
  // What they made anew is another one.
  run({"a new map",
       map,
       {take("map")},
       {{make("map", Kind::map), put("k", 5, at("map"))}},
       "{map: {k: 5 } }"});

  Author a(0), b(1);
  a.edit(orchard({"a", "b"}));
  const EventSpan removal = a.edit({take("tree")});
  b.receive(a);
  b.edit(orchard({"c"}));
  b.edit({make("tree", Kind::tree)});
  b.edit({plant("c")});
  a.receive(b);
  a.undo(removal);
  CHECK(forest(a) == "c");
  Author c(0), d(1);
  c.edit(orchard({"a", "b"}));
  const EventSpan gone = c.edit({take("tree")});
  d.receive(c);
  d.edit({plant("c")});
  c.receive(d);
  c.undo(gone);
  CHECK(forest(c) == "a b c");
}

TEST_CASE("a counter is as before whatever places its additions had") {
  Author a(0);
  a.edit({put("k", 0)});
  const EventSpan made = a.edit({add(3)}), more = a.edit({add(5, 1)});
  const EventSpan undoing = a.undo(more);
  CHECK(a.reads() == "{k: 0 n: 3 }");
  const EventSpan gone = a.undo(made);
  CHECK(a.reads() == "{k: 0 }");
  const EventSpan again = a.redo(gone, made);
  CHECK(a.reads() == "{k: 0 n: 3 }");
  CHECK(again.log == undoing.log);
  a.redo(undoing, more);
  CHECK(a.reads() == "{k: 0 n: \"3.5\" }");
}

TEST_CASE("changes inside of what they themselves put beside a leaf are taken back one by one") {
  Author a(0);
  a.edit({put("l", 0), put("k", 0)});
  const EventSpan one = a.edit({put("x", 1, at("k"))}), two = a.edit({put("y", 2, at("k"))});
  CHECK(a.reads() == "{k: {x: 1 y: 2 } l: 0 }");
  a.undo(two);
  CHECK(a.reads() == "{k: {x: 1 } l: 0 }");
  a.undo(one);
  CHECK(a.reads() == "{k: 0 l: 0 }");
}

TEST_CASE("what was a leaf comes back as a leaf and what was a text as a text") {
  Author a(0);
  const Ops text{make("k", Kind::text), write("k", 0, "q")};
  a.edit(text);
  const EventSpan change = a.edit({put_words("k", "q2")});
  const EventSpan undoing = a.undo(change);
  CHECK(a.document.kind_at(at("k")) == Kind::text);
  CHECK(a.reads() == "{k: \"q\" }");
  a.redo(undoing, change);
  CHECK_FALSE(a.document.kind_at(at("k")));
  CHECK(a.reads() == "{k: \"q2\" }");

  Author b(0);
  b.edit({put_words("k", "q")});
  b.undo(b.edit(text));
  CHECK_FALSE(b.document.kind_at(at("k")));
  Author c(0);
  c.edit({put("n", 3)});
  c.undo(c.edit({make("n", Kind::counter), add(3)}));
  CHECK_FALSE(c.document.kind_at(at("n")));
}

TEST_CASE("changes of a tree are taken back one by one") {
  Author a(0);
  a.edit(orchard({"a", "b", "c"}));
  std::vector<std::string> seen{forest(a)};
  std::vector<EventSpan> changes;
  const auto change = [&](Ops ops) {
    changes.push_back(a.edit(std::move(ops)));
    seen.push_back(forest(a));
  };
  change({shift("a", "b")});
  change({shift("a", "c")});
  change({to_the_end(a, "b")});
  change({to_the_end(a, "c")});
  change({to_the_end(a, "b")});
  change({plant("d", "a")});
  change({put("k", 1, {std::string("tree"), crdt::NodeStep{"d"}})});
  change({op(crdt::TreeRemove{"d"}, at("tree"))});
  change({shift("b", "a")});
  change({op(crdt::TreeRemove{"c"}, at("tree"))});
  CHECK(forest(a).empty());
  const auto back = [&] {
    std::vector<EventSpan> undone;
    for (std::size_t i = changes.size(); i-- > 0;) {
      CAPTURE(i);
      undone.push_back(a.undo(changes[i]));
      CHECK(forest(a) == seen[i]);
    }
    return undone;
  };
  const std::vector<EventSpan> undone = back();
  for (std::size_t i = 0; i < changes.size(); ++i) {
    CAPTURE(i);
    changes[i] = a.redo(undone[changes.size() - 1 - i], changes[i]);
    CHECK(forest(a) == seen[i + 1]);
  }
  back();
}

TEST_CASE("a node stays where others put it and what they have below it") {
  const auto later = [](Ops own, std::vector<Ops> others) {
    Author a(0), b(1);
    a.edit(orchard({"a", "b", "c"}));
    const EventSpan change = a.edit(std::move(own));
    b.receive(a);
    for (Ops& ops : others) b.edit(std::move(ops));
    a.receive(b);
    a.undo(change);
    return forest(a);
  };
  CHECK(later({shift("a", "b")}, {{shift("a", "c")}}) == "b c(a)");
  CHECK(later({shift("a", "b")}, {{shift("a", "c")}, {shift("a", "b")}}) == "b(a) c");
  CHECK(later({shift("a", "b")}, {{shift("c", "a")}}) == "a(c) b");
  // Back at the top it would have been below itself.
  CHECK(later({plant("d"), shift("a", "d")}, {{shift("b", "a")}}) == "a(b) c");
  CHECK(later({plant("d")}, {{shift("a", "d")}}) == "d(a) b c");
  CHECK(later({plant("d")}, {{plant("e", "d")}}) == "a d(e) b c");
  CHECK(later({shift("c", "a")}, {{shift("a", "b")}}) == "b(a) c");
  CHECK(later({op(crdt::TreeRemove{"a"}, at("tree"))}, {{op(crdt::TreeRemove{"b"}, at("tree"))}}) ==
        "a c");

  // What others did meanwhile makes a ring of the old places.
  Author a(0), b(1);
  a.edit(orchard({"a", "b", "c"}));
  a.edit({shift("a", "b")});
  const EventSpan change = a.edit({to_the_end(a, "a")});
  const EventSpan other = a.edit({put("k", 1)});
  b.receive(a);
  b.edit({shift("b", "a")});
  a.receive(b);
  a.undo(other);
  a.undo(change);
  CHECK(forest(a) == "c a(b)");
}

}  // namespace syncline::history::taking_back
