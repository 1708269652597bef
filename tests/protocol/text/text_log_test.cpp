// SPDX-License-Identifier: Apache-2.0
#include "protocol/text/text_log.h"

#include "tests/protocol/text/rolls.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace syncline::text;

TEST_CASE("a version is what its author had seen, as few tips as say it") {
  TextLog log;
  log.begin({4, 1}, {});
  log.insert(0, "ab", 2);
  log.begin({7, 3}, log.graph().heads());
  log.insert(2, "c", 1);
  const Tip first = log.graph().tip_at(1);
  log.begin({4, 2}, std::span(&first, 1));
  log.remove(0, 1);
  const auto version = [&log](std::uint64_t of_4, std::uint64_t of_7) {
    std::vector<Lv> tips;
    for (const Tip& tip :
         log.version_of([&](std::uint32_t author) { return author == 4 ? of_4 : of_7; }))
      tips.push_back(tip.lv);
    return tips;
  };
  CHECK(version(0, 0).empty());
  CHECK(version(1, 0) == std::vector<Lv>{1});
  CHECK(version(1, 2) == std::vector<Lv>{1});  // its second event changed something else
  CHECK(version(1, 3) == std::vector<Lv>{2});
  CHECK(version(2, 0) == std::vector<Lv>{3});
  CHECK(version(2, 3) == std::vector<Lv>{2, 3});
  CHECK(version(9, 9) == std::vector<Lv>{2, 3});
  const auto all = [](std::uint32_t) { return std::uint64_t{3}; };
  CHECK(log.sees_all(all));
  CHECK_FALSE(log.sees_all([](std::uint32_t author) { return author == 4 ? 1U : 3U; }));
}

TEST_CASE("the parents of an event are the version its author had seen, asked for in either way") {
  constexpr std::uint32_t authors = 5;
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    Rolls rolls(seed);
    TextLog log;
    using Seqs = std::array<std::uint64_t, authors>;
    std::array<Seqs, authors> seen{};
    std::array<std::vector<Seqs>, authors> after;  // what each knew after each of its events
    for (int step = 0; step < 60; ++step) {
      const std::uint32_t author = rolls() % authors;
      Seqs& mine = seen[author];
      const std::uint32_t other = rolls() % authors;
      if (rolls() % 3 == 0 && !after[other].empty()) {
        const Seqs& read = after[other][rolls() % after[other].size()];
        for (std::uint32_t i = 0; i < authors; ++i) mine[i] = std::max(mine[i], read[i]);
      }
      const auto seq_of = [&mine](std::uint32_t log_of) { return mine[log_of]; };
      const std::uint64_t seq = mine[author] + 1;
      // Now and then an event changes something else, and is asked for all the same.
      const Frontier wanted = log.version_of(seq_of);
      const Frontier parents = log.parents_for(author, seq_of);
      REQUIRE(parents == wanted);
      if (rolls() % 5 != 0) {
        log.begin({author, seq}, parents);
        log.insert(0, "ab", 2);
        if (rolls() % 4 == 0) log.remove(0, 1);
      }
      mine[author] = seq;
      after[author].push_back(mine);
    }
  }
}

TEST_CASE("one event may change a text many times") {
  TextLog log;
  log.begin({1, 1}, {});
  CHECK(log.goes_on({1, 1}) == false);
  log.insert(0, "abc", 3);
  CHECK(log.goes_on({1, 1}));
  CHECK_FALSE(log.goes_on({1, 2}));
  log.remove(1, 1);
  log.clear();
  CHECK(log.size() == 5);
  CHECK(log.graph().run_count() == 1);
  CHECK(log.authors().units_of({1, 1}) == LvRange{0, 5});
}

TEST_CASE("how long a text is follows from its changes, wherever one begins to count") {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    Rolls rolls(seed);
    TextLog log;
    std::vector<std::uint32_t> lengths;  // after each event, with the size of the log
    std::vector<Lv> sizes;
    std::uint32_t length = 0, place = 0;
    for (std::uint64_t seq = 1; seq <= 30; ++seq) {
      log.begin({1, seq}, log.graph().heads());
      if (rolls() % 4 == 0) place = rolls() % 20;
      const std::uint32_t count = 1 + rolls() % 3;
      if (rolls() % 20 == 0) {
        log.clear();
        length = 0;
      } else if (rolls() % 2 == 0) {
        log.insert(place, std::string(count, 'x'), count);
        length += count;
        place += count;
      } else {
        if (rolls() % 2 == 0) place -= std::min(place, count);
        log.remove(place, count);
        length -= std::min(count, length - std::min(length, place));
      }
      sizes.push_back(log.size());
      lengths.push_back(length);
      if (rolls() % 10 == 0) log.note_length(log.size(), length);
    }
    CHECK(log.length_at(std::nullopt) == 0);
    for (std::size_t i = 0; i < sizes.size(); ++i)
      REQUIRE(log.length_at(sizes[i] - 1) == lengths[i]);
  }
}

TEST_CASE("a log says when it is full instead of overflowing") {
  TextLog log;
  log.begin({1, 1}, {});
  log.insert(0, "ab", 2);
  CHECK(log.has_room(lv_max - 3));
  CHECK_FALSE(log.has_room(lv_max));
  CHECK_FALSE(log.has_room(UINT64_MAX));
}
