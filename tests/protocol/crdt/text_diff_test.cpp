// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/text_diff.h"

#include "tests/protocol/crdt/device.h"

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::crdt;
using namespace syncline::crdt::test;

namespace {

std::size_t cost(const std::vector<TextChange>& edits) {
  std::size_t cost = 0;
  for (const TextChange& edit : edits) {
    cost += static_cast<std::size_t>(edit.removed);
    for (const char c : edit.inserted) cost += (c & 0xc0) != 0x80;
  }
  return cost;
}

// Length of the longest common subsequence, by the textbook.
std::size_t common(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> best(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j)
      best[i][j] =
          a[i - 1] == b[j - 1] ? best[i - 1][j - 1] + 1 : std::max(best[i - 1][j], best[i][j - 1]);
  return best[a.size()][b.size()];
}

std::string random_word(Dice& dice, std::size_t size, std::size_t letters) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>('a' + dice.pick(letters));
  return out;
}

}  // namespace

TEST_CASE("a difference turns one text into the other and is as small as can be") {
  Dice dice(1);
  for (int i = 0; i < 3000; ++i) {
    const std::string a = random_word(dice, dice.pick(30), 3);
    const std::string b = random_word(dice, dice.pick(30), 3);
    const auto edits = diff_texts(a, b);
    REQUIRE(apply_edits(a, edits) == b);
    REQUIRE(cost(edits) == a.size() + b.size() - 2 * common(a, b));
    for (std::size_t e = 1; e < edits.size(); ++e)
      REQUIRE(edits[e].position > edits[e - 1].position + edits[e - 1].removed);
  }
}

TEST_CASE("differences count scalar values and never cut one") {
  const auto edits = diff_texts("aä🙂x", "aö🙂🙃x");
  REQUIRE(edits.size() == 2);
  CHECK(edits[0] == TextChange{1, 1, "ö"});
  CHECK(edits[1] == TextChange{3, 0, "🙃"});
  CHECK(diff_texts("", "").empty());
  CHECK(diff_texts("same", "same").empty());
  CHECK(diff_texts("", "new") == std::vector<TextChange>{{0, 0, "new"}});
  CHECK(diff_texts("old", "") == std::vector<TextChange>{{0, 3, ""}});
}

TEST_CASE("very different long texts take bounded work, and equal lines stay") {
  Dice dice(2);
  std::string a, b;
  for (int line = 0; line < 3000; ++line) {
    const std::string same = random_word(dice, 20, 26) + "\n";
    const bool changed = line % 10 == 0;
    a += changed ? random_word(dice, 40, 26) + "\n" : same;
    b += changed ? random_word(dice, 40, 26) + "\n" : same;
  }
  const auto edits = diff_texts(a, b);
  CHECK(apply_edits(a, edits) == b);
  CHECK(cost(edits) <= 2 * 300 * 41);

  const std::string c = random_word(dice, 50'000, 26), d = random_word(dice, 50'000, 26);
  CHECK(apply_edits(c, diff_texts(c, d)) == d);
}

TEST_CASE("edits become ops that do the same to a document") {
  Dice dice(3);
  for (int i = 0; i < 300; ++i) {
    const std::string a = random_word(dice, 1 + dice.pick(20), 3);
    const std::string b = random_word(dice, dice.pick(20), 3);
    Device device(0);
    device.edit(at("t"), TextInsert{0, a});
    const auto ops = ops_of(diff_texts(a, b), at("t"));
    CHECK(device.edit(ops).void_ops == 0);
    REQUIRE(device.reads(at("t")) == '"' + b + '"');
  }
}

TEST_CASE("what an editor changed is merged with what happened meanwhile") {
  const std::string from = "The quick fox jumps.";
  const std::string to = "The quick brown fox leaps.";
  CHECK(apply_edits("Today the quick fox jumps.",
                    merge_texts("the quick fox jumps.", "the quick red fox jumps.",
                                "Today the quick fox jumps.")) == "Today the quick red fox jumps.");
  CHECK(apply_edits(from, merge_texts(from, to, from)) == to);
  CHECK(apply_edits("Look! " + from, merge_texts(from, to, "Look! " + from)) == "Look! " + to);
  CHECK(merge_texts(from, from, to).empty());
  // Both did the same: it is there once.
  CHECK(merge_texts(from, to, to).empty());
  // What the other removed stays removed, what this one added stays.
  CHECK(apply_edits("ad", merge_texts("abcd", "abXcd", "ad")) == "aXd");
  CHECK(apply_edits("ad", merge_texts("abcd", "acd", "ad")) == "ad");
}

TEST_CASE("a merge on an unchanged text is the edit itself, on any texts") {
  Dice dice(4);
  for (int i = 0; i < 2000; ++i) {
    const std::string from = random_word(dice, dice.pick(20), 3);
    const std::string to = random_word(dice, dice.pick(20), 3);
    const std::string current = random_word(dice, dice.pick(20), 3);
    REQUIRE(apply_edits(from, merge_texts(from, to, from)) == to);
    REQUIRE(merge_texts(from, from, current).empty());
    const auto edits = merge_texts(from, to, current);
    std::uint64_t end = 0;
    for (const TextChange& edit : edits) {
      REQUIRE(edit.position >= end);
      end = edit.position + edit.removed;
    }
    REQUIRE(end <= current.size());
  }
}
