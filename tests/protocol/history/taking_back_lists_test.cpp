// SPDX-License-Identifier: Apache-2.0
//
// Taking back that a value was put over another one: texts come back with the marks that they had,
// and with no others, wherever they stand.
#include "protocol/crdt/value_diff.h"
#include "tests/protocol/history/authors.h"

namespace syncline::history::taking_back::over_lists {
namespace {

const Path place = at("l");

// A value as somebody writes it down.
struct Written {
  crdt::Shape shape;
  struct Mark {
    std::uint64_t from = 0, count = 0;
    std::uint8_t grows = 0;
    std::int64_t value = 1;
  };
  std::vector<Mark> marks = {};     // of a text
  std::vector<Written> items = {};  // of a list, and the "t" of a map
};

Written leaf(Scalar value) { return {{std::nullopt, std::move(value), {}}}; }
Written counter() { return {{Kind::counter, Scalar(std::int64_t{1}), {}}}; }
Written set() { return {{Kind::set, crdt::ShapeList{leaf(std::int64_t{1}).shape}, {}}}; }
Written text(const char* content, std::vector<Written::Mark> marks = {}) {
  return {{Kind::text, Scalar(std::string(content)), {}}, std::move(marks)};
}
Written of(std::vector<Written> items) {
  crdt::ShapeList shapes;
  for (const Written& item : items) shapes.push_back(item.shape);
  return {{Kind::list, std::move(shapes), {}}, {}, std::move(items)};
}
Written field(Written inner) {
  crdt::ShapeMap map;
  map.emplace("t", inner.shape);
  return {{Kind::map, std::move(map), {}}, {}, {std::move(inner)}};
}

void add_marks(const Written& written, Path path, Ops& out) {
  for (const Written::Mark& mark : written.marks)
    out.push_back(
        op(crdt::TextMark{mark.from, mark.count, mark.grows, "b", Scalar(mark.value)}, path));
  std::uint64_t index = 0;
  for (const Written& item : written.items) {
    Path inner = path;
    if (written.shape.kind == Kind::list)
      inner.emplace_back(index++);
    else
      inner.emplace_back(std::string("t"));
    add_marks(item, inner, out);
  }
}

// As a container of its own, whatever is there.
Ops put_over(const Written& written) {
  Ops out = written.shape.kind ? Ops{make("l", *written.shape.kind)} : Ops();
  for (Op& each : crdt::ops_to_turn(nullptr, place, written.shape, crdt::Naming::by_name))
    out.push_back(std::move(each));
  add_marks(written, place, out);
  return out;
}
// As the difference to what is there.
Ops turn_into(const crdt::Document& now, const Written& written) {
  auto out = crdt::ops_to_put(now, place, written.shape);
  REQUIRE(out);
  if (!out->empty()) add_marks(written, place, *out);
  return std::move(*out);
}

void comes_back(const Written& first, const Written& then) {
  there_and_back(put_over(first), put_over(then));
  Author a(0);
  a.edit(put_over(first));
  there_and_back(put_over(first), turn_into(a.document, then));
}

const Written lorem = text("lorem ipsum ", {{4, 8}});

class Writer {
 public:
  explicit Writer(std::uint64_t seed) : dice_(seed) {}

  Written value(int depth = 0) {
    switch (dice_.pick(depth < 3 ? 10 : 7)) {
      case 0: return leaf(std::int64_t{1});
      case 1: return dice_.one_in(2) ? leaf(true) : leaf(std::string("s"));
      case 2: return dice_.one_in(2) ? counter() : set();
      case 3:
      case 4:
      case 5:
      case 6: return some_text();
      case 7: return field(value(depth + 1));
      default: return some_list(depth + 1);
    }
  }
  Written some_list(int depth = 0) {
    std::vector<Written> items(dice_.pick(4));
    for (Written& item : items) item = value(depth);
    return of(std::move(items));
  }
  bool one_in(std::uint64_t chances) { return dice_.one_in(chances); }

 private:
  Written some_text() {
    static const char* const words[] = {"q", "xyz", "hello", "zyx", "héj😀x", "lorem ipsum ", ""};
    static constexpr std::uint64_t lengths[] = {1, 3, 5, 3, 5, 12, 0};
    const std::size_t word = dice_.pick(7);
    std::vector<Written::Mark> marks;
    for (std::size_t i = lengths[word] == 0 ? 0 : dice_.pick(3); i > 0; --i) {
      const std::uint64_t from = dice_.below(lengths[word]);
      marks.push_back({from, 1 + dice_.below(lengths[word] - from),
                       static_cast<std::uint8_t>(dice_.pick(4)),
                       static_cast<std::int64_t>(1 + dice_.pick(2))});
    }
    return text(words[word], std::move(marks));
  }
  crdt::test::Dice dice_;
};

}  // namespace

TEST_CASE("a list that another one was put over comes back with the marks of its texts") {
  comes_back(of({lorem}), of({leaf(std::string("s")), text("q")}));
  comes_back(of({of({lorem})}), of({of({leaf(std::string("s")), text("q")})}));
  comes_back(of({of({lorem})}), of({leaf(std::string("s")), text("q")}));
  comes_back(of({lorem, leaf(std::int64_t{1})}), of({leaf(std::string("s")), set()}));
  comes_back(of({field(lorem)}), of({leaf(std::int64_t{1}), field(text("q"))}));
  comes_back(of({lorem, text("q")}), of({text("q"), text("lorem", {{0, 2}})}));
}

TEST_CASE("a text that comes back has no mark of the one that was put over it") {
  comes_back(of({text("xyz"), leaf(std::int64_t{1})}), of({leaf(true), text("héj😀x", {{4, 1}})}));
  comes_back(of({text("xyz")}), of({text("zyx", {{0, 1, 3}})}));
  comes_back(text("xyz", {{0, 1}}), text("zyx", {{1, 1}}));
  comes_back(field(text("ab", {{0, 1}})), field(text("ba", {{1, 1}})));
}

TEST_CASE("whatever was put over a list of marked texts, it comes back as it was") {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    CAPTURE(seed);
    Writer writer(seed);
    Author a(0);
    a.edit(put_over(writer.some_list()));
    Changes changes(a);
    for (int i = 0; i < 3; ++i) {
      const Written next = writer.some_list();
      Ops ops = writer.one_in(3) ? turn_into(a.document, next) : put_over(next);
      if (!ops.empty()) changes.edit(std::move(ops));
    }
    changes.check();
  }
}

TEST_CASE("without what was put over a list it reads as others left it") {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    CAPTURE(seed);
    Writer writer(seed);
    const bool is_first = writer.one_in(2);
    Author a(is_first ? 0 : 1), b(is_first ? 1 : 0);
    a.edit(put_over(writer.some_list()));
    b.receive(a);
    const EventSpan change = a.edit(put_over(writer.some_list()));
    b.edit(put_over(writer.some_list()));
    a.receive(b);
    const EventSpan undoing = a.undo(change);
    CHECK(whole(a.document) == whole(b.document));
    a.redo(undoing, change);
    b.receive(a);
    CHECK(whole(a.document) == whole(b.document));
  }
}

}  // namespace syncline::history::taking_back::over_lists
