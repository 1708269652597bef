// SPDX-License-Identifier: Apache-2.0
#include "protocol/text/rope.h"

#include "protocol/text/utf8.h"

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::text;

namespace {

// The slow and obvious text that the rope is held against.
using Plain = std::u32string;

std::string utf8_of(char32_t scalar) {
  const auto byte = [](char32_t bits) { return static_cast<char>(bits); };
  if (scalar < 0x80) return {byte(scalar)};
  if (scalar < 0x800) return {byte(0xc0 | scalar >> 6), byte(0x80 | (scalar & 0x3f))};
  if (scalar < 0x10000)
    return {byte(0xe0 | scalar >> 12), byte(0x80 | (scalar >> 6 & 0x3f)),
            byte(0x80 | (scalar & 0x3f))};
  return {byte(0xf0 | scalar >> 18), byte(0x80 | (scalar >> 12 & 0x3f)),
          byte(0x80 | (scalar >> 6 & 0x3f)), byte(0x80 | (scalar & 0x3f))};
}

std::string utf8_of(const Plain& plain) {
  std::string utf8;
  for (const char32_t scalar : plain) utf8 += utf8_of(scalar);
  return utf8;
}

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : bits_(seed) {}
  std::size_t below(std::size_t end) { return static_cast<std::size_t>(bits_() % end); }
  // `wide` in a hundred characters take more than one byte.
  Plain letters(std::size_t count, std::size_t wide) {
    static constexpr char32_t many[] = {U'é', U'ß', U'€', U'語', U'\uffff', U'😀', U'\U0010ffff'};
    Plain plain;
    for (std::size_t i = 0; i < count; ++i)
      plain += below(100) < wide ? many[below(std::size(many))]
                                 : static_cast<char32_t>(U'a' + below(26));
    return plain;
  }

 private:
  std::mt19937_64 bits_;
};

void insert(Rope& rope, Plain& plain, std::size_t at, const Plain& added) {
  rope.insert(at, utf8_of(added), added.size());
  plain.insert(at, added);
}

void remove(Rope& rope, Plain& plain, std::size_t at, std::size_t count) {
  rope.remove(at, count);
  plain.erase(at, count);
}

// Content, counts and the structure within. CHECK only on failure: a CHECK costs more than an edit.
void check_same(const Rope& rope, const Plain& plain) {
  const std::string utf8 = utf8_of(plain);
  const auto fault = rope.check();
  if (fault) FAIL_CHECK(*fault);
  CHECK(rope.text() == utf8);
  CHECK(rope.scalars() == plain.size());
  CHECK(rope.bytes() == utf8.size());
  CHECK(rope.utf16_units() == count_utf16(utf8));
}

void check_conversions(const Rope& rope, const Plain& plain) {
  std::vector<std::optional<std::uint64_t>> by_byte;
  std::vector<std::optional<std::uint64_t>> by_utf16;
  std::size_t wrong = 0;
  for (std::size_t scalar = 0; scalar <= plain.size(); ++scalar) {
    if (rope.byte_of(scalar) != by_byte.size()) ++wrong;
    if (rope.utf16_of(scalar) != by_utf16.size()) ++wrong;
    by_byte.emplace_back(scalar);
    by_utf16.emplace_back(scalar);
    if (scalar == plain.size()) break;
    by_byte.resize(by_byte.size() + utf8_of(plain[scalar]).size() - 1);
    by_utf16.resize(by_utf16.size() + (plain[scalar] > 0xffff ? 1 : 0));
  }
  for (std::size_t byte = 0; byte < by_byte.size(); ++byte)
    if (rope.scalar_of_byte(byte) != by_byte[byte]) ++wrong;
  for (std::size_t units = 0; units < by_utf16.size(); ++units)
    if (rope.scalar_of_utf16(units) != by_utf16[units]) ++wrong;
  CHECK(wrong == 0);
  CHECK_FALSE(rope.scalar_of_byte(by_byte.size()));
  CHECK_FALSE(rope.scalar_of_utf16(by_utf16.size()));
}

// A few people, each typing, deleting or pasting where they are, and jumping now and then.
void edit_at_random(Rope& rope, Plain& plain, Dice& dice, std::size_t wide, std::size_t longest) {
  std::size_t cursor = dice.below(plain.size() + 1);
  const std::size_t steps = 1 + dice.below(20);
  for (std::size_t step = 0; step < steps; ++step) {
    const std::size_t what = dice.below(10);
    if (what < 6) {
      const Plain added = dice.letters(1 + dice.below(3), wide);
      insert(rope, plain, cursor, added);
      cursor += added.size();
    } else if (what < 8 && cursor > 0) {
      remove(rope, plain, --cursor, 1);
    } else if (what == 8) {
      insert(rope, plain, cursor, dice.letters(dice.below(longest), wide));
    } else {
      remove(rope, plain, cursor, std::min(dice.below(longest), plain.size() - cursor));
    }
  }
}

}  // namespace

TEST_CASE("an empty rope has a place for the first character and none behind it") {
  Rope rope;
  Plain plain;
  check_same(rope, plain);
  check_conversions(rope, plain);
  CHECK(rope.slice(0, 0).empty());
  rope.insert(0, "", 0);
  check_same(rope, plain);
  insert(rope, plain, 0, U"😀");
  check_same(rope, plain);
  check_conversions(rope, plain);
  remove(rope, plain, 0, 1);
  check_same(rope, plain);
}

TEST_CASE("random edits of ASCII, mixed and wide text leave what they leave in a plain string") {
  for (const std::size_t wide : {0, 3, 90}) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
      Dice dice(seed);
      Plain plain = dice.letters(dice.below(20000), wide);
      Rope rope(utf8_of(plain));
      for (int turn = 0; turn < 60; ++turn) {
        edit_at_random(rope, plain, dice, wide, 1 + dice.below(turn % 20 == 0 ? 9000 : 300));
        if (turn % 6 == 0) check_same(rope, plain);
      }
      check_same(rope, plain);
    }
  }
}

TEST_CASE("places convert between characters, bytes and UTF-16 units everywhere in a text") {
  for (const std::size_t wide : {0, 3, 90}) {
    Dice dice(wide + 7);
    Plain plain = dice.letters(9000, wide);
    Rope rope(utf8_of(plain));
    check_conversions(rope, plain);
    for (int turn = 0; turn < 8; ++turn) {
      // Right after an edit, when the open chunk is ahead of the index.
      edit_at_random(rope, plain, dice, wide, 2000);
      check_conversions(rope, plain);
    }
  }
}

TEST_CASE("any slice is that part of the text") {
  Dice dice(3);
  Plain plain = dice.letters(15000, 20);
  Rope rope(utf8_of(plain));
  for (int turn = 0; turn < 300; ++turn) {
    edit_at_random(rope, plain, dice, 20, 100);
    const std::size_t from = dice.below(plain.size() + 1);
    const std::size_t count = dice.below(plain.size() - from + 1);
    const bool same = rope.slice(from, count) == utf8_of(plain.substr(from, count));
    if (!same) FAIL_CHECK("slice of ", count, " at ", from);
  }
}

TEST_CASE("a text that grows to a million characters and shrinks to nothing stays whole") {
  Dice dice(4);
  std::string grown;
  Rope rope;
  while (grown.size() < 1000000) {
    const std::size_t at = dice.below(grown.size() + 1);
    const std::string piece(1 + dice.below(4000), static_cast<char>('a' + dice.below(26)));
    rope.insert(at, piece, piece.size());
    grown.insert(at, piece);
  }
  CHECK_FALSE(rope.check());
  CHECK(rope.text() == grown);
  while (!grown.empty()) {
    const std::size_t at = dice.below(grown.size());
    const std::size_t count = std::min(grown.size() - at, 1 + dice.below(6000));
    rope.remove(at, count);
    grown.erase(at, count);
    if (grown.size() % 16 == 0) {
      const auto fault = rope.check();
      if (fault) FAIL_CHECK(*fault);
    }
  }
  CHECK_FALSE(rope.check());
  CHECK(rope.text().empty());
  CHECK(rope.memory_bytes() < 200);
}

TEST_CASE("characters removed one by one, from either end or from the middle, leave no chunk") {
  for (int where = 0; where < 3; ++where) {
    Plain plain = Dice(5).letters(12000, 10);
    Rope rope(utf8_of(plain));
    while (!plain.empty()) {
      const std::size_t last = plain.size() - 1;
      remove(rope, plain, where == 0 ? 0 : where == 1 ? last : last / 2, 1);
      if (plain.size() % 500 == 0) check_same(rope, plain);
    }
    CHECK(rope.memory_bytes() < 200);
  }
}

TEST_CASE("a copy is independent, and what was moved from is an empty text") {
  Dice dice(6);
  for (const std::size_t size : {0, 40, 30000}) {
    const Plain before = dice.letters(size, 10);
    Rope rope(utf8_of(before));
    Plain plain = before;
    edit_at_random(rope, plain, dice, 10, 50);
    const Plain then = plain;
    Rope copy = rope;
    edit_at_random(rope, plain, dice, 10, 5000);
    check_same(rope, plain);
    check_same(copy, then);
    Rope moved = std::move(rope);
    check_same(moved, plain);
    check_same(rope, {});  // NOLINT(bugprone-use-after-move)
    rope = copy;
    Plain again = then;
    edit_at_random(rope, again, dice, 10, 5000);
    check_same(rope, again);
    check_same(copy, then);
    copy = std::move(rope);
    check_same(copy, again);
  }
}

TEST_CASE("an idle text takes little more memory than its bytes, a tiny one little at all") {
  const auto text = [](std::size_t size) { return std::string(size, 'x'); };
  CHECK(Rope(text(50)).memory_bytes() < 200);
  for (const std::size_t size : {20000, 100000, 3000000})
    CHECK(Rope(text(size)).memory_bytes() < size + size / 10);

  Rope typed;
  for (std::size_t i = 0; i < 50; ++i) typed.insert(i, "x", 1);
  CHECK(typed.memory_bytes() < 250);
  Rope scattered(text(20000));
  Dice dice(8);
  for (int i = 0; i < 200000; ++i) scattered.insert(dice.below(scattered.scalars() + 1), "y", 1);
  CHECK(scattered.memory_bytes() < 220000 + 220000 * 15 / 100);
  while (scattered.scalars() > 20000) scattered.remove(dice.below(scattered.scalars()), 1);
  CHECK(scattered.memory_bytes() < 40000);
}

TEST_CASE("counting in UTF-8 agrees with counting one by one, at every length and alignment") {
  Dice dice(9);
  const Plain plain = dice.letters(200, 60);
  const std::string all = utf8_of(plain);
  std::size_t wrong = 0;
  for (std::size_t from = 0; from <= 70; ++from) {
    const std::size_t first = byte_of_scalar(all, from);
    if (first != utf8_of(plain.substr(0, from)).size()) ++wrong;
    for (std::size_t to = from; to <= plain.size(); ++to) {
      const std::string_view part =
          std::string_view(all).substr(first, byte_of_scalar(all, to) - first);
      std::size_t units = 0;
      for (std::size_t i = from; i < to; ++i) units += plain[i] > 0xffff ? 2 : 1;
      if (count_scalars(part) != to - from || count_utf16(part) != units) ++wrong;
      if (byte_of_utf16(part, units) != part.size()) ++wrong;
      if (byte_of_utf16(part, units + 1)) ++wrong;
    }
  }
  CHECK(wrong == 0);
  CHECK_FALSE(byte_of_utf16("😀", 1));
  CHECK(count_scalars("") == 0);
}
