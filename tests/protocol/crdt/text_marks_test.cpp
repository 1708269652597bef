// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/text_container.h"
#include "tests/protocol/crdt/device.h"

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::crdt;
using namespace syncline::crdt::test;

namespace {

const Path note = at("t");

// "bold 1-4=true" for each range, the values that stand beside each other with "|".
std::string marks_of(const Device& device) {
  std::string out;
  for (const TextMarks::Span& span : device.document().find_text(note)->marks().spans()) {
    if (!out.empty()) out += ", ";
    out += span.rows[0]->key + " " + std::to_string(span.from) + "-" + std::to_string(span.to);
    for (std::size_t i = 0; i < span.rows.size(); ++i)
      out += (i == 0 ? "=" : "|") + describe(Value{span.rows[i]->value});
  }
  return out;
}

TextMark mark(std::uint64_t from, std::uint64_t to, const std::string& key, Scalar value,
              std::uint8_t grows = text::mark_grows_at_end) {
  return {from, to - from, grows, key, std::move(value)};
}

void write(Device& a, Device& b, const std::string& text) {
  a.edit(note, TextInsert{0, text});
  meet(a, b);
}

}  // namespace

TEST_CASE("C37: a mark takes in what is typed at an end that grows, and at no other") {
  for (std::uint8_t grows = 0; grows < 4; ++grows) {
    CAPTURE(grows);
    Device a(0), b(1);
    write(a, b, "abcdef");
    a.edit(note, mark(2, 4, "bold", true, grows));
    a.edit(note, TextInsert{4, "Y"});
    a.edit(note, TextInsert{2, "X"});
    const bool start = (grows & text::mark_grows_at_start) != 0;
    const bool end = (grows & text::mark_grows_at_end) != 0;
    const std::string expected =
        std::string("bold ") + (start ? "2" : "3") + "-" + (end ? "6" : "5") + "=true";
    CHECK(marks_of(a) == expected);
    meet(a, b);
    CHECK(marks_of(b) == expected);
  }
}

TEST_CASE("C37: a mark follows its text through changes of somebody who did not know of it") {
  Device a(0), b(1);
  write(a, b, "The fox jumped.");
  a.edit(note, mark(4, 7, "bold", true));
  b.edit(note, TextInsert{4, "quick "});
  b.edit(note, TextRemove{0, 4});
  meet(a, b);
  CHECK(a.reads(note) == "\"quick fox jumped.\"");
  CHECK(marks_of(a) == "bold 6-9=true");
  CHECK(marks_of(b) == "bold 6-9=true");
}

TEST_CASE("C38: marks of two keys overlap, and two of one key become one range") {
  Device a(0), b(1);
  write(a, b, "The fox jumped.");
  a.edit(note, mark(0, 7, "bold", true));
  b.edit(note, mark(4, 14, "italic", true));
  b.edit(note, mark(4, 14, "bold", true));
  meet(a, b);
  CHECK(marks_of(a) == marks_of(b));
  CHECK(marks_of(a) == "bold 0-4=true, bold 4-7=true|true, bold 7-14=true, italic 4-14=true");
}

TEST_CASE("C39: values of one key whose authors did not know of each other are both kept") {
  Device a(0), b(1);
  write(a, b, "colour");
  a.edit(note, mark(0, 4, "colour", std::string("red")));
  b.edit(note, mark(2, 6, "colour", std::string("blue")));
  meet(a, b);
  CHECK(marks_of(a) == marks_of(b));
  const bool red_stands = marks_of(a).find("\"red\"|\"blue\"") != std::string::npos;
  const bool blue_stands = marks_of(a).find("\"blue\"|\"red\"") != std::string::npos;
  CHECK(red_stands != blue_stands);
  // Whoever knows both settles it.
  a.edit(note, mark(0, 6, "colour", std::string("green")));
  meet(a, b);
  CHECK(marks_of(b) == "colour 0-6=\"green\"");
}

TEST_CASE(
    "C39: a mark is taken back where its author saw it, and stays where somebody else set it") {
  Device a(0), b(1);
  write(a, b, "abcdef");
  a.edit(note, mark(0, 6, "bold", true));
  a.edit(note, mark(2, 4, "bold", Null{}));
  CHECK(marks_of(a) == "bold 0-2=true, bold 4-6=true");
  meet(a, b);
  a.edit(note, mark(0, 6, "bold", Null{}));
  CHECK(marks_of(a) == "");
  b.edit(note, mark(1, 2, "bold", true));
  meet(a, b);
  CHECK(marks_of(a) == marks_of(b));
  const bool both = marks_of(a) == "bold 1-2=null|true" || marks_of(a) == "bold 1-2=true|null";
  CHECK(both);
}

TEST_CASE("C40: where everything marked is gone, nothing that is typed there is marked") {
  Device a(0), b(1);
  write(a, b, "abcdef");
  a.edit(note, mark(2, 4, "bold", true, text::mark_grows_at_start | text::mark_grows_at_end));
  a.edit(note, mark(2, 4, "link", std::string("x"), 0));
  a.edit(note, TextRemove{1, 4});
  a.edit(note, TextInsert{1, "new"});
  CHECK(marks_of(a) == "");
  meet(a, b);
  CHECK(marks_of(b) == "");
}

TEST_CASE("C40: a range that reaches beyond the end marks what there is") {
  Device a(0), b(1);
  write(a, b, "abc");
  const Applied applied = a.edit(note, mark(1, 99, "bold", true));
  CHECK(applied.void_ops == 0);
  CHECK(applied.adapted_ops == 1);
  CHECK(marks_of(a) == "bold 1-3=true");
  a.edit(note, TextInsert{3, "d"});
  CHECK(marks_of(a) == "bold 1-4=true");
}

TEST_CASE("C37: what is typed beside each other after a mark that joined branches ends equal") {
  Device a(0), b(1);
  write(a, b, "abcdef");
  a.edit(note, TextRemove{1, 2});
  b.edit(note, TextRemove{1, 2});
  meet(a, b);
  CHECK(a.reads(note) == b.reads(note));
  a.edit(note, mark(0, 2, "bold", true));
  meet(a, b);
  CHECK(marks_of(a) == marks_of(b));
  a.edit(note, TextInsert{4, "1"});
  b.edit(note, TextInsert{3, "2"});
  meet(a, b);
  CHECK(a.reads(note) == "\"ade2f1\"");
  CHECK(b.reads(note) == "\"ade2f1\"");
}
