// SPDX-License-Identifier: Apache-2.0
#include "protocol/text/replay.h"

#include "tests/protocol/text/authored_text.h"
#include "tests/protocol/text/rolls.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace syncline::text;

namespace {

struct Habits {
  std::uint32_t events = 10;
  std::uint32_t places = 12;      // positions below this
  std::uint32_t tell_one_in = 2;  // how often an author hears of another
};

AuthoredText::Change random_change(Rolls& rolls, std::uint32_t places) {
  static const std::vector<std::string> letters = {"a", "b", "\u00e4", "\u20ac", "\U0001F600"};
  if (rolls() % 20 == 0) return {OpKind::clear, 0, 1, {}};
  if (rolls() % 3 == 0) return {OpKind::remove, rolls() % places, 1 + rolls() % 5, {}};
  AuthoredText::Change change{OpKind::insert, rolls() % places, 1 + rolls() % 4, {}};
  const std::string& letter = letters[rolls() % letters.size()];
  for (std::uint32_t i = 0; i < change.count; ++i) change.utf8 += letter;
  return change;
}

void write_something(Rolls& rolls, AuthoredText& text, const Habits& habits) {
  const std::uint32_t author = rolls() % AuthoredText::authors;
  if (rolls() % habits.tell_one_in == 0) text.tell(author, rolls() % AuthoredText::authors);
  if (rolls() % 12 == 0) text.tell_everything(author);
  std::vector<AuthoredText::Change> changes;
  for (std::uint32_t n = 1 + rolls() % 3; n > 0; --n)
    changes.push_back(random_change(rolls, habits.places));
  text.write(author, std::move(changes));
}

// Whether `run` stands in `text` in one piece.
bool in_one_piece(const std::string& text, const std::string& run) {
  return text.find(run) != std::string::npos;
}

}  // namespace

TEST_CASE("C14: bringing a text up to date at any moments is replaying it from the start") {
  for (std::uint32_t seed = 0; seed < 3'000; ++seed) {
    Rolls rolls(seed);
    AuthoredText text;
    Follower follower;
    for (std::uint32_t n = 2 + rolls() % 12; n > 0; --n) {
      write_something(rolls, text, {});
      if (rolls() % 2 == 0) continue;
      follower.follow(text.log());
      const auto wrong = follower.check(text.log());
      REQUIRE_MESSAGE(!wrong, "seed ", seed, ": ", wrong.value_or(""));
    }
  }
}

TEST_CASE("C14: long histories with long branches come out the same every way") {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    Rolls rolls(seed);
    AuthoredText text;
    Follower follower;
    const Habits habits{.events = 250, .places = 400, .tell_one_in = 2 + seed % 40};
    for (std::uint32_t n = habits.events; n > 0; --n) {
      write_something(rolls, text, habits);
      if (rolls() % 10 == 0) follower.follow(text.log());
      if (n % 50 != 1) continue;
      follower.follow(text.log());
      const auto wrong = follower.check(text.log());
      REQUIRE_MESSAGE(!wrong, "seed ", seed, ": ", wrong.value_or(""));
    }
  }
}

TEST_CASE("C19: the order in which events come does not matter") {
  for (std::uint32_t seed = 0; seed < 600; ++seed) {
    Rolls rolls(seed);
    AuthoredText text;
    for (std::uint32_t n = 2 + rolls() % 25; n > 0; --n) write_something(rolls, text, {});
    const std::string wanted = text.text();
    for (int again = 0; again < 4; ++again) {
      TextLog log = text.delivered_again([&rolls](std::size_t n) { return rolls() % n; });
      REQUIRE_MESSAGE(AuthoredText::text_of(log) == wanted, "seed ", seed);
    }
  }
}

TEST_CASE("C14: what is typed at one place at the same time stays in one piece each") {
  const std::vector<std::string> typed = {"abcdef", "ghijklmn", "opqrs"};
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    Rolls rolls(seed);
    AuthoredText text;
    text.type(0, 0, "<>");
    text.tell(1, 0);
    text.tell(2, 0);
    std::array<std::uint32_t, 3> done{};
    std::array<bool, 3> backwards{};
    for (bool& one : backwards) one = rolls() % 2 == 0;
    for (std::uint32_t left = 6 + 8 + 5; left > 0; --left) {  // one keystroke an event
      std::uint32_t who = rolls() % 3;
      while (done[who] == typed[who].size()) who = (who + 1) % 3;
      const auto size = static_cast<std::uint32_t>(typed[who].size());
      const std::uint32_t key = backwards[who] ? size - 1 - done[who] : done[who];
      text.type(who, backwards[who] ? 1 : 1 + done[who], typed[who].substr(key, 1));
      ++done[who];
    }
    const std::string merged = text.text();
    CAPTURE(merged);
    REQUIRE(merged.size() == 2 + 6 + 8 + 5);
    CHECK(merged.front() == '<');
    CHECK(merged.back() == '>');
    for (const std::string& run : typed) CHECK(in_one_piece(merged, run));
  }
}

TEST_CASE("C14: the author of the lower log comes first where nothing else decides") {
  AuthoredText text;
  text.type(2, 0, "third");
  text.type(0, 0, "first");
  text.type(1, 0, "second");
  CHECK(text.text() == "firstsecondthird");
}

TEST_CASE("C15: a place beyond the end is the end") {
  AuthoredText text;
  text.type(0, 0, "abc");
  text.tell(1, 0);
  text.tell(2, 0);
  text.type(0, 100, "d");
  text.type(1, 100, "e");
  text.remove(2, 1, 100);
  text.remove(2, 100, 3);
  CHECK(text.text() == "ade");
  text.tell_everything(0);
  text.remove(0, 2, 9);  // along a critical version
  CHECK(text.text() == "ad");
}

TEST_CASE("clearing takes away what its author saw and nothing else") {
  AuthoredText text;
  text.type(0, 0, "seen");
  text.tell(1, 0);
  text.clear(1);
  text.type(0, 2, "NEW");
  CHECK(text.text() == "NEW");
  text.tell_everything(2);
  text.clear(2);
  text.clear(1);
  CHECK(text.text().empty());
  text.tell_everything(1);
  text.type(1, 0, "after");
  CHECK(text.text() == "after");
}

TEST_CASE("what two remove at the same time is gone once") {
  AuthoredText text;
  text.type(0, 0, "abcdef");
  text.tell(1, 0);
  text.remove(0, 1, 3);
  text.remove(1, 2, 3);
  CHECK(text.text() == "af");
  text.tell_everything(0);
  text.type(0, 1, "-");
  CHECK(text.text() == "a-f");
}

TEST_CASE("a replay kept whole knows every character and what took it away") {
  AuthoredText text;
  text.type(0, 0, "abc");
  text.remove(0, 1, 1);
  text.tell(1, 0);
  text.type(1, 2, "d");
  RopeSink sink;
  Replay replay;
  replay.run_whole(text.log(), sink, lower_log_first);
  CHECK(sink.rope.text() == "acd");
  CHECK(replay.tree().shown_length() == 3);
  CHECK(replay.target_of(3) == 1);
  CHECK(replay.tree().shown_before(0) == 0);
  CHECK(replay.tree().shown_before(1) == 1);  // gone: where it was
  CHECK(replay.tree().shown_before(2) == 1);
  CHECK(replay.tree().shown_before(4) == 2);
}

TEST_CASE("a text that nobody changes concurrently needs no records") {
  AuthoredText text;
  Follower follower;
  for (std::uint32_t i = 0; i < 100; ++i) {
    text.tell_everything(i % 3);
    text.type(i % 3, i / 2, "x");
  }
  RopeSink sink;
  Replay replay;
  replay.run(text.log(), 0, sink, lower_log_first);
  CHECK(replay.is_idle());
  CHECK(sink.rope.scalars() == 100);
}
