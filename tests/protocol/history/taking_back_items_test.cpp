// SPDX-License-Identifier: Apache-2.0
//
// Taking back and restoring what is in items of lists: marks of texts, and every other kind.
#include "tests/protocol/history/authors.h"

namespace syncline::history::taking_back::in_lists {
namespace {

const Scalar bold(true), none(crdt::Null{});
const Path list = at("l");

Path item(std::uint64_t index, const char* key = nullptr) {
  Path path = list;
  path.emplace_back(index);
  if (key != nullptr) path.emplace_back(std::string(key));
  return path;
}
Op rich(std::uint64_t from, std::uint64_t count, Scalar value, Path text,
        std::uint8_t grows = crdt::TextMark::grows_at_end) {
  return op(crdt::TextMark{from, count, grows, "bold", std::move(value)}, std::move(text));
}
Op write(std::uint64_t position, const char* content, Path text) {
  return op(crdt::TextInsert{position, content}, std::move(text));
}
Op insert(std::uint64_t index, std::vector<crdt::ItemValue> items) {
  return op(crdt::ListInsert{index, std::move(items)}, list);
}
Op remove(std::uint64_t index) { return op(crdt::ListRemove{index, 1}, list); }

// `{l: [{t: "abc"}]}` with its b bold.
const Ops marked_item{make("l", Kind::list), insert(0, {Kind::map}), write(0, "abc", item(0, "t")),
                      rich(1, 1, bold, item(0, "t"))};

}  // namespace

TEST_CASE("marks of a text in an item of a list come back with the item") {
  there_and_back(marked_item, {remove(0)});
  there_and_back(marked_item, {op(crdt::MapRemove{"l"})});
  there_and_back(marked_item, {op(crdt::MapRemove{"t"}, item(0))});
  there_and_back(marked_item, {op(crdt::ListSet{0, number(1)}, list)});
  const Ops bare{make("l", Kind::list), insert(0, {Kind::text, Kind::text}),
                 write(0, "abc", item(0)), write(0, "abc", item(1)), rich(1, 1, bold, item(1))};
  there_and_back(bare, {remove(0)});
  there_and_back(bare, {remove(1)});
  there_and_back(bare, {remove(1), remove(0)});
  there_and_back(bare, {op(crdt::ListMove{1, 0}, list)});
  there_and_back(bare, {op(crdt::ListMove{0, 1}, list), rich(0, 3, bold, item(1))});
}

TEST_CASE("a mark put on a text in an item of a list is taken back, and one taken away is put") {
  there_and_back(marked_item, {rich(0, 3, bold, item(0, "t"))});
  there_and_back(marked_item, {rich(0, 3, none, item(0, "t"))});
  there_and_back(marked_item, {rich(0, 2, bold, item(0, "t")), write(3, "d", item(0, "t"))});
  there_and_back(marked_item, {put("x", 1), insert(0, {Kind::map}), write(0, "abc", item(0, "t")),
                               rich(0, 2, bold, item(1, "t"))});
  const Path inner{std::string("l"), std::uint64_t{0}, std::uint64_t{1}};
  Path parent = inner;
  parent.pop_back();
  const Ops nested{make("l", Kind::list), insert(0, {Kind::list}),
                   op(crdt::ListInsert{0, {number(7), Kind::text}}, parent),
                   write(0, "abc", inner)};
  there_and_back(nested, {rich(0, 2, bold, inner)});
  Ops more = nested;
  more.push_back(rich(0, 2, bold, inner));
  there_and_back(more, {op(crdt::ListRemove{1, 1}, parent)});
  there_and_back(more, {remove(0)});
}

TEST_CASE("items that read the same are told apart when one of them is marked") {
  Author a(0), b(1);
  a.edit({make("l", Kind::list), insert(0, {Kind::text, Kind::text}), write(0, "abc", item(0)),
          write(0, "abc", item(1))});
  const EventSpan change = a.edit({rich(0, 3, bold, item(1))});
  b.receive(a);
  b.edit({op(crdt::ListMove{1, 0}, list)});
  b.edit({insert(0, {number(0)})});
  a.receive(b);
  CHECK(whole(a.document) == "{l: [0 \"abc\" \"abc\" ] } 0:bold 0-3+2 true");
  const EventSpan undoing = a.undo(change);
  CHECK(whole(a.document) == "{l: [0 \"abc\" \"abc\" ] }");
  a.redo(undoing, change);
  CHECK(whole(a.document) == "{l: [0 \"abc\" \"abc\" ] } 0:bold 0-3+2 true");
}

TEST_CASE("an item in which a change wrote is found again, whatever others did to the list") {
  Author a(0), b(1);
  a.edit({make("l", Kind::list), insert(0, {Kind::map, Kind::map}), put("x", 1, item(0)),
          put("x", 2, item(1))});
  const EventSpan change = a.edit({put("x", 2, item(0))});
  b.receive(a);
  b.edit({remove(1)});
  a.receive(b);
  a.undo(change);
  CHECK(a.reads() == "{l: [{x: 1 } ] }");
}

TEST_CASE("whatever is in an item of a list comes back as the kind that it was") {
  const auto held = [](Kind kind, Ops inside) {
    Ops out{make("l", Kind::list), insert(0, {number(7), Kind::map}),
            op(crdt::MapSet{"k", kind}, item(1))};
    for (Op& each : inside) out.push_back(std::move(each));
    return out;
  };
  const Path place = item(1, "k");
  const Path node{std::string("l"), std::uint64_t{1}, std::string("k"), crdt::NodeStep{"a"}};
  const std::vector<Ops> all{
      held(Kind::counter, {op(crdt::CounterAdd{150, 2}, place)}),
      held(Kind::counter, {op(crdt::CounterAdd{0, 2}, place)}),
      held(Kind::set, {op(crdt::SetAdd{Scalar(std::int64_t{3})}, place)}),
      held(Kind::set, {}),
      held(Kind::tree, {op(crdt::TreeInsert{"a", "", top}, place), put("x", 1, node),
                        op(crdt::TreeInsert{"b", "a", top}, place)}),
      held(Kind::list, {op(crdt::ListInsert{0, {number(1), number(1)}}, place)}),
      held(Kind::text, {write(0, "1", place), rich(0, 1, bold, place)}),
  };
  for (const Ops& first : all) {
    there_and_back(first, {remove(1)});
    there_and_back(first, {op(crdt::MapRemove{"l"})});
    there_and_back(first, {op(crdt::MapRemove{"k"}, item(1))});
    there_and_back(first, {op(crdt::MapSet{"k", number(1)}, item(1))});
    there_and_back(first, {remove(0), insert(0, {number(7)}), op(crdt::ListMove{1, 0}, list)});
  }
}

namespace {

// Edits a list of marked texts at random.
class Scribe {
 public:
  explicit Scribe(std::uint64_t seed) : dice_(seed) {}

  Ops ops(const crdt::Document& now) {
    Ops out;
    const auto items = now.read(list);
    const auto* known = items ? std::get_if<crdt::ValueList>(&items->node) : nullptr;
    const std::size_t size = known ? known->size() : 0;
    if (size == 0 || dice_.one_in(6)) {
      const std::uint64_t index = dice_.below(size + 1);
      return {insert(index, {Kind::map}), write(0, word(), item(index, "t"))};
    }
    const std::uint64_t index = dice_.below(size);
    const crdt::TextContainer* text = now.find_text(item(index, "t"));
    const std::uint64_t length = text ? text->length() : 0;
    if (text == nullptr) return {write(0, word(), item(index, "t"))};
    switch (length > 0 ? dice_.pick(8) : dice_.pick(3)) {
      case 0: return {remove(index)};
      case 1: return {write(dice_.below(length + 1), word(), item(index, "t"))};
      case 2: return {op(crdt::ListMove{index, dice_.below(size)}, list)};
      case 3: return {op(crdt::TextRemove{dice_.below(length), 1}, item(index, "t"))};
      default: {
        const std::uint64_t from = dice_.below(length);
        const Scalar value = dice_.one_in(3)   ? none
                             : dice_.one_in(2) ? bold
                                               : Scalar(std::int64_t{2});
        return {rich(from, 1 + dice_.below(length - from), value, item(index, "t"),
                     static_cast<std::uint8_t>(dice_.pick(4)))};
      }
    }
  }
  bool one_in(std::uint64_t chances) { return dice_.one_in(chances); }

 private:
  const char* word() {
    static const char* const words[] = {"a", "abc", "hello", "xyx"};
    return words[dice_.pick(4)];
  }
  crdt::test::Dice dice_;
};

}  // namespace

TEST_CASE("changes of marked texts in lists are taken back one by one, and done again") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    Scribe scribe(seed);
    Author a(0);
    a.edit({make("l", Kind::list)});
    Changes changes(a);
    for (int i = 0; i < 8; ++i) {
      Ops ops = scribe.ops(a.document);
      if (scribe.one_in(3)) ops.push_back(put("x", i));
      changes.edit(std::move(ops));
    }
    changes.check();
  }
}

TEST_CASE("without a change marked texts in lists read as others left them") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    Scribe scribe(seed);
    const bool is_first = scribe.one_in(2);
    Author a(is_first ? 0 : 1), b(is_first ? 1 : 0);
    a.edit({make("l", Kind::list)});
    for (int i = 0; i < 6; ++i) a.edit(scribe.ops(a.document));
    b.receive(a);
    const EventSpan change = a.edit(scribe.ops(a.document));
    for (int i = 0; i < 2; ++i) b.edit(scribe.ops(b.document));
    a.receive(b);
    const std::string both = whole(a.document);
    const EventSpan undoing = a.undo(change);
    CHECK(whole(a.document) == whole(b.document));
    a.redo(undoing, change);
    b.receive(a);
    CHECK(whole(a.document) == whole(b.document));
    CHECK(a.restore(a.seen()) == 0);
    CHECK_FALSE(both.empty());
  }
}

}  // namespace syncline::history::taking_back::in_lists
