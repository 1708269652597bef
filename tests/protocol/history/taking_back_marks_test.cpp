// SPDX-License-Identifier: Apache-2.0
//
// Taking back marks, and what has marks, after others wrote or marked there.
#include "tests/protocol/history/authors.h"

namespace syncline::history::taking_back {
namespace {

const Scalar bold(true), none(crdt::Null{});

Op write(std::uint64_t position, const char* content) {
  return op(crdt::TextInsert{position, content}, at("text"));
}
Op cut(std::uint64_t position, std::uint64_t count) {
  return op(crdt::TextRemove{position, count}, at("text"));
}
Op growing(std::uint64_t from, std::uint64_t count, Scalar value) {
  return op(crdt::TextMark{from, count, crdt::TextMark::grows_at_end, "bold", std::move(value)},
            at("text"));
}

// `a` makes `own`, `b` sees it and makes `others`; the marks once `a` took its change back.
std::string later(Ops first, Ops own, std::vector<Ops> others) {
  Author a(0), b(1);
  a.edit(hello);
  if (!first.empty()) a.edit(std::move(first));
  const EventSpan change = a.edit(std::move(own));
  b.receive(a);
  for (Ops& ops : others) b.edit(std::move(ops));
  a.receive(b);
  const std::string then = a.marks();
  const EventSpan undoing = a.undo(change);
  std::string out = a.marks();
  a.redo(undoing, change);
  CHECK(a.marks() == then);
  return out;
}

}  // namespace

TEST_CASE("a mark goes from what others typed inside it, and a mark taken away comes there too") {
  CHECK(later({}, {mark(0, 5, bold)}, {{write(3, "XY")}}) == "");
  CHECK(later({}, {mark(0, 5, bold)}, {{write(3, "XY"), write(0, "_")}}) == "");
  CHECK(later({}, {growing(0, 5, bold)}, {{write(5, "XY")}}) == "");
  CHECK(later({mark(0, 5, bold)}, {mark(1, 3, none)}, {{write(3, "XY")}}) == "bold 0-7 true");
  CHECK(later({mark(0, 5, Scalar(std::int64_t{1}))}, {mark(1, 3, Scalar(std::int64_t{2}))},
              {{write(3, "XY")}}) == "bold 0-7 1");
  // What they typed beside it has nothing to do with it.
  CHECK(later({mark(0, 2, bold)}, {mark(3, 2, bold)}, {{write(1, "XY")}}) == "bold 0-4 true");
}

TEST_CASE("marks that others made after they had seen the change stay, even the same ones") {
  const Scalar one(std::int64_t{1}), two(std::int64_t{2});
  CHECK(later({}, {mark(0, 5, one)}, {{mark(0, 5, two)}, {mark(0, 5, one)}}) == "bold 0-5 1");
  CHECK(later({}, {mark(0, 5, one)}, {{mark(1, 2, two)}}) == "bold 1-3 2");
  CHECK(later({mark(0, 5, one)}, {mark(0, 5, none)}, {{mark(0, 5, one)}, {mark(0, 5, none)}}) ==
        "");
  CHECK(later({}, {mark(0, 5, bold)}, {{write(3, "XY"), mark(3, 2, bold)}}) == "bold 3-5 true");
}

TEST_CASE("text that comes back has the marks it had, and those that others put around it since") {
  Author a(0);
  a.edit(hello);
  const EventSpan removal = a.edit({cut(4, 1)}), change = a.edit({growing(0, 4, bold)});
  const EventSpan undoing = a.undo(change);
  CHECK(a.marks() == "");
  a.undo(removal);
  CHECK(a.reads() == "{text: \"hello\" }");
  CHECK(a.marks() == "");
  CHECK(undoing.log == 0);

  CHECK(later({}, {cut(2, 2)}, {{mark(0, 3, bold)}}) == "bold 0-5 true");
  CHECK(later({mark(0, 5, bold)}, {cut(2, 2)}, {{mark(0, 3, none)}}) == "");
  CHECK(later({mark(2, 2, bold)}, {cut(2, 2)}, {{write(0, "_")}}) == "bold 3-5 true");
  CHECK(later({}, {cut(4, 1)}, {{growing(0, 4, bold)}}) == "bold 0-4 true");
}

TEST_CASE("what is typed at the end of a mark that was taken back is not marked") {
  Author a(0);
  a.edit(hello);
  a.undo(a.edit({growing(0, 5, bold)}));
  a.edit({write(5, "XY")});
  CHECK(a.marks() == "");
}

}  // namespace syncline::history::taking_back
