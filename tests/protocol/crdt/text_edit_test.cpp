// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/text_edit.h"

#include "protocol/text/utf8.h"
#include "tests/protocol/crdt/history.h"

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::crdt;

namespace {

std::string after(std::string before, const TextEdit& edit) {
  std::string_view rest = edit.text;
  for (const TextSplice& splice : edit.splices) {
    const std::size_t size = text::byte_of_scalar(rest, splice.inserted);
    const std::size_t from = text::byte_of_scalar(before, splice.position);
    const std::size_t to = text::byte_of_scalar(before, splice.position + splice.removed);
    before.replace(from, to - from, rest.substr(0, size));
    rest.remove_prefix(size);
  }
  return before;
}

std::string encoded(const TextEdit& edit) {
  wire::Writer out;
  encode_text_edit(out, edit);
  return std::string(as_text(out.view()));
}

}  // namespace

TEST_CASE("what was typed and taken back in one burst is in no event") {
  TextPen pen;
  pen.insert(4, "pässword", 8);
  pen.remove(11, 1);
  pen.remove(4, 7);
  CHECK(pen.is_empty());
  pen.insert(4, "helo", 4);
  pen.insert(7, "l", 1);
  CHECK(pen.edit() == TextEdit{{{4, 0, 5}}, "hello"});
  pen.remove(2, 4);  // two of its own and two that were there
  CHECK(pen.edit() == TextEdit{{{4, 0, 3}, {2, 2, 0}}, "llo"});
  pen.insert(2, "j", 1);
  CHECK(pen.take() == TextEdit{{{4, 0, 3}, {2, 2, 1}}, "lloj"});
  CHECK(pen.is_empty());
}

TEST_CASE("backspacing goes on past what was typed") {
  TextPen pen;
  pen.insert(5, "ab", 2);
  for (std::uint64_t at = 6; at > 2; --at) pen.remove(at, 1);
  CHECK(pen.take() == TextEdit{{{3, 2, 0}}, ""});
}

TEST_CASE("the pen and the keystrokes lead to the same text, whatever was typed") {
  Dice dice(7);
  for (int round = 0; round < 400; ++round) {
    const std::string before = "what stood there, with ümläuts and 日本";
    std::string typed = before;
    TextPen pen;
    std::uint64_t caret = dice.below(text::count_scalars(typed) + 1);
    for (std::size_t key = 0, keys = 1 + dice.pick(60); key < keys; ++key) {
      const std::uint64_t length = text::count_scalars(typed);
      if (dice.one_in(8)) caret = dice.below(length + 1);
      if (dice.one_in(3)) {
        const std::uint64_t count = std::min(caret, 1 + dice.below(3));
        if (count == 0) continue;
        caret -= count;
        const std::size_t from = text::byte_of_scalar(typed, caret);
        typed.erase(from, text::byte_of_scalar(typed, caret + count) - from);
        pen.remove(caret, count);
      } else {
        const std::string piece = dice.one_in(4) ? "é日" : "k";
        typed.insert(text::byte_of_scalar(typed, caret), piece);
        pen.insert(caret, piece, text::count_scalars(piece));
        caret += text::count_scalars(piece);
      }
      REQUIRE(after(before, pen.edit()) == typed);
      REQUIRE((pen.is_empty() || is_well_formed(pen.edit())));
    }
  }
}

TEST_CASE("a splice that does nothing, or is spelt otherwise, is refused (C3)") {
  const auto refused = [](std::string_view bytes) {
    wire::Reader in(as_bytes(bytes));
    decode_text_edit(in);
    return !in.finish(0);
  };
  using namespace std::string_view_literals;
  CHECK(encoded({{{3, 0, 2}, {1, 2, 1}, {0, 4, 0}}, "abc"}) == "\3\6\7\3\10\12\1\21abc"sv);
  CHECK_FALSE(refused("\1\0\4a"sv));
  CHECK_FALSE(refused("\1\0\5"sv));
  CHECK_FALSE(refused("\1\0\6\1a"sv));
  CHECK(refused("\1\0\0"sv));     // inserts nothing
  CHECK(refused("\1\0\1"sv));     // removes nothing
  CHECK(refused("\1\0\2\1a"sv));  // replaces nothing
  CHECK(refused("\1\0\6\0"sv));   // replaces by nothing
  CHECK(refused("\1\0\7\1a"sv));  // no such change
  CHECK(refused("\1\0\4ab"sv));   // more than it says
  CHECK(refused("\0\0"sv));
}
