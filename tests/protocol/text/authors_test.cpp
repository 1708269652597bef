// SPDX-License-Identifier: Apache-2.0
#include "protocol/text/authors.h"

#include "tests/protocol/text/rolls.h"

#include <algorithm>
#include <array>
#include <vector>

#include <doctest/doctest.h>

using namespace syncline::text;

namespace {

// Authors beside a list of the event of each unit.
struct AuthorsTwin {
  Authors authors;
  std::vector<EventRef> event_of;

  void append(const EventRef& event, Lv count) {
    authors.append(event, static_cast<Lv>(event_of.size()), count);
    event_of.insert(event_of.end(), count, event);
  }
  void extend(Lv count) {
    authors.extend(count);
    event_of.insert(event_of.end(), count, EventRef(event_of.back()));
  }

  std::optional<Lv> last_unit(std::uint32_t log, std::uint64_t seq) const {
    std::optional<Lv> last;
    for (Lv lv = 0; lv < event_of.size(); ++lv)
      if (event_of[lv].log == log && event_of[lv].seq <= seq) last = lv;
    return last;
  }
  std::optional<LvRange> units_of(const EventRef& event) const {
    const auto first = std::find(event_of.begin(), event_of.end(), event);
    if (first == event_of.end()) return std::nullopt;
    const auto count = std::count(event_of.begin(), event_of.end(), event);
    const auto from = static_cast<Lv>(first - event_of.begin());
    return LvRange{from, from + static_cast<Lv>(count)};
  }
};

}  // namespace

TEST_CASE("each unit belongs to its event and each event has its units") {
  constexpr std::array<std::uint32_t, 3> logs = {7, 2, 40};
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    Rolls rolls(seed);
    AuthorsTwin twin;
    std::array<std::uint64_t, 3> seqs{};
    std::uint32_t who = 0;
    for (std::uint32_t n = 1 + rolls() % 40; n > 0; --n) {
      if (rolls() % 3 == 0) who = rolls() % 3;
      if (!twin.event_of.empty() && rolls() % 4 == 0) {
        twin.extend(1 + rolls() % 2);
        who = static_cast<std::uint32_t>(
            std::find(logs.begin(), logs.end(), twin.event_of.back().log) - logs.begin());
        continue;
      }
      seqs[who] += rolls() % 4 == 0 ? 1 + rolls() % 5 : 1;  // an event elsewhere is a gap here
      twin.append({logs[who], seqs[who]}, rolls() % 3 == 0 ? 1 + rolls() % 3 : 1);
    }
    for (Lv lv = 0; lv < twin.event_of.size(); ++lv) {
      REQUIRE(twin.authors.event_of(lv) == twin.event_of[lv]);
      REQUIRE(twin.authors.log_of_unit(lv) == twin.event_of[lv].log);
    }
    for (AuthorIndex author = 0; author < twin.authors.size(); ++author) {
      const std::uint32_t log = twin.authors.log_of(author);
      std::uint64_t newest = 0;
      for (const EventRef& event : twin.event_of)
        if (event.log == log) newest = event.seq;
      CHECK(twin.authors.last_seq(author) == newest);
      for (std::uint64_t seq = 0; seq <= newest + 2; ++seq) {
        CAPTURE(seq);
        REQUIRE(twin.authors.last_unit(author, seq) == twin.last_unit(log, seq));
        REQUIRE(twin.authors.units_of({log, seq}) == twin.units_of({log, seq}));
      }
    }
    CHECK_FALSE(twin.authors.units_of({99, 1}));
  }
}

TEST_CASE("a text typed by one device costs the same whatever its length") {
  Authors authors;
  authors.append({1, 1}, 0, 1);
  authors.append({1, 2}, 1, 1);
  const std::size_t before = authors.memory_bytes();
  for (Lv lv = 2; lv < 10'000; ++lv) authors.append({1, lv + 1}, lv, 1);
  CHECK(authors.memory_bytes() == before);
  CHECK(authors.event_of(5'000) == EventRef{1, 5'001});
}
