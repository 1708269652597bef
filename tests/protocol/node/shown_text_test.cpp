// SPDX-License-Identifier: Apache-2.0
//
// A text as it is shown and as it is: places of the one in the other.
#include "protocol/node/shown_text.h"

#include "protocol/text/utf8.h"

#include <random>

#include <doctest/doctest.h>

namespace syncline::node {

namespace {

using By = ShownText::By;

// What a caller makes of the splices.
void apply(text::Rope& rope, const std::vector<crdt::TextSplice>& splices, std::string_view utf8) {
  for (const crdt::TextSplice& splice : splices) {
    rope.remove(splice.position, splice.removed);
    if (splice.inserted > 0) rope.insert(splice.position, utf8, splice.inserted);
  }
}

}  // namespace

TEST_CASE("what is typed goes between the characters that it was typed between") {
  ShownText text(text::Rope("abcdefghij"));
  text.type(5, 5, "1");
  text.became(By::others, "abPPcde1fghij");
  CHECK(text.shown().text() == "abcde1fghij");
  text.type(6, 6, "2");
  text.became(By::others, "QabPPcde12fghij!");
  text.type(7, 7, "3");
  CHECK(text.shown().text() == "abcde123fghij");
  CHECK(text.present().text() == "QabPPcde123fghij!");
  // What is removed across what others wrote leaves that.
  text.type(1, 4, "-");
  CHECK(text.shown().text() == "a-e123fghij");
  CHECK(text.present().text() == "Qa-PPe123fghij!");
}

TEST_CASE("what others removed stays shown, and is removed without harm") {
  ShownText text(text::Rope("one two three"));
  text.changed(By::others, {{4, 4, {}}});
  CHECK(text.shown().text() == "one two three");
  CHECK(text.type(4, 8, "").empty());
  CHECK(text.shown().text() == "one three");
  CHECK(text.present().text() == "one three");
  CHECK(text.differences() == 0);
}

TEST_CASE("what a program changes in the text as it is, it shows as well") {
  ShownText text(text::Rope("one two"));
  text.became(By::others, "zero one two");
  text.became(By::itself, "zero one and two");
  CHECK(text.shown().text() == "one and two");
  text.became(By::itself, "ero one and two");
  CHECK(text.shown().text() == "one and two");
  text.type(11, 11, "!");
  CHECK(text.present().text() == "ero one and two!");
}

TEST_CASE("after any changes of others a program shows its own, and both texts stay consistent") {
  std::mt19937 random(7);
  const auto below = [&](std::size_t most) { return random() % (most + 1); };
  for (int round = 0; round < 300; ++round) {
    ShownText text(text::Rope("täglich"));
    text::Rope shown("täglich");
    text::Rope present("täglich");
    for (int step = 0; step < 40; ++step) {
      const std::string piece(below(2), static_cast<char>('a' + random() % 3));
      if (random() % 2 == 0) {
        const std::uint64_t from = below(shown.scalars());
        const std::uint64_t to = from + below(std::min<std::uint64_t>(3, shown.scalars() - from));
        shown.remove(from, to - from);
        shown.insert(from, piece, piece.size());
        apply(present, text.type(from, to, piece), piece);
      } else {
        const std::uint64_t from = below(present.scalars());
        const std::uint64_t cut = below(std::min<std::uint64_t>(3, present.scalars() - from));
        present.remove(from, cut);
        present.insert(from, piece, piece.size());
        if (random() % 2 == 0)
          text.became(By::others, present.text());
        else
          text.changed(By::others, {{from, cut, piece}});
      }
      REQUIRE(text.shown().text() == shown.text());
      REQUIRE(text.present().text() == present.text());
    }
  }
}

}  // namespace syncline::node
