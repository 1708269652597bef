// SPDX-License-Identifier: Apache-2.0
#include "protocol/text/graph.h"

#include "tests/protocol/text/rolls.h"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

using namespace syncline::text;

namespace {

// A graph beside the slow and obvious one: of each unit the set of those it has seen and itself.
struct GraphTwin {
  Graph graph;
  std::vector<std::vector<bool>> past;

  bool sees(Lv later, Lv earlier) const { return past[later][earlier]; }

  std::vector<bool> past_of(const Frontier& tips) const {
    std::vector<bool> all(past.size());
    for (const Tip& tip : tips)
      for (Lv lv = 0; lv < all.size(); ++lv)
        if (past[tip.lv][lv]) all[lv] = true;
    return all;
  }

  Frontier reduced(const Frontier& tips) const {
    Frontier out;
    for (Lv lv = 0; lv < past.size(); ++lv) {
      const bool named =
          std::any_of(tips.begin(), tips.end(), [lv](const Tip& tip) { return tip.lv == lv; });
      const bool seen = std::any_of(tips.begin(), tips.end(), [&](const Tip& tip) {
        return tip.lv != lv && sees(tip.lv, lv);
      });
      if (named && !seen) out.push_back(graph.tip_at(lv));
    }
    return out;
  }

  bool is_critical(Lv lv) const {
    for (Lv other = 0; other < past.size(); ++other)
      if (!sees(lv, other) && !sees(other, lv)) return false;
    return true;
  }

  void append(Lv count, const Frontier& parents) {
    std::vector<bool> seen = past_of(parents);
    graph.append(count, parents);
    note(count, std::move(seen));
  }
  void extend(Lv count) {
    std::vector<bool> seen = past.back();
    graph.extend(count);
    note(count, std::move(seen));
  }

 private:
  void note(Lv count, std::vector<bool> seen) {
    for (Lv i = 0; i < count; ++i) {
      seen.push_back(true);
      past.push_back(seen);
    }
    for (auto& row : past) row.resize(past.size());
  }
};

Frontier random_tips(Rolls& rolls, const GraphTwin& twin) {
  Frontier tips;
  if (twin.past.empty()) return tips;
  for (std::uint32_t n = rolls() % 4; n > 0; --n)
    tips.push_back(twin.graph.tip_at(rolls() % static_cast<Lv>(twin.past.size())));
  return tips;
}

GraphTwin random_twin(Rolls& rolls) {
  GraphTwin twin;
  for (std::uint32_t n = 2 + rolls() % 14; n > 0; --n) {
    const Lv count = 1 + rolls() % 4;
    if (!twin.past.empty() && rolls() % 6 == 0)
      twin.extend(count);
    else if (rolls() % 3 == 0)
      twin.append(count, twin.graph.heads());
    else
      twin.append(count, twin.reduced(random_tips(rolls, twin)));
  }
  return twin;
}

std::vector<bool> members(const std::vector<LvRange>& ranges, std::size_t size) {
  std::vector<bool> out(size);
  for (const LvRange& range : ranges)
    for (Lv lv = range.from; lv < range.to; ++lv) {
      CHECK_FALSE(out[lv]);
      out[lv] = true;
    }
  return out;
}

bool descends(const std::vector<LvRange>& ranges) {
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].size() == 0) return false;
    if (i > 0 && ranges[i - 1].from < ranges[i].to) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("a chain of changes is one run, whatever its length") {
  Graph graph;
  CHECK(graph.size() == 0);
  CHECK(graph.heads().empty());
  graph.append(3, {});
  graph.append(4, graph.heads());
  graph.extend(2);
  CHECK(graph.size() == 9);
  CHECK(graph.run_count() == 1);
  CHECK(graph.heads() == Frontier{{8, 0}});
}

TEST_CASE("a graph answers who has seen what as sets of everything seen would") {
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    Rolls rolls(seed);
    const GraphTwin twin = random_twin(rolls);
    const auto size = static_cast<Lv>(twin.past.size());
    REQUIRE(twin.graph.size() == size);
    for (Lv a = 0; a < size; ++a)
      for (Lv b = 0; b < size; ++b)
        REQUIRE(twin.graph.is_seen_by(a, twin.graph.tip_at(b)) == twin.sees(b, a));
    Frontier everything;
    for (Lv lv = 0; lv < size; ++lv) everything.push_back(twin.graph.tip_at(lv));
    CHECK(twin.graph.heads() == twin.reduced(everything));
    for (int i = 0; i < 8; ++i) {
      Frontier tips = random_tips(rolls, twin);
      const Frontier wanted = twin.reduced(tips);
      twin.graph.reduce(tips);
      CHECK(tips == wanted);
    }
  }
}

TEST_CASE("the difference of two versions is what one has seen and the other has not") {
  Graph::Difference difference;  // reused: what a call leaves must not reach the next one
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    Rolls rolls(seed);
    const GraphTwin twin = random_twin(rolls);
    for (int i = 0; i < 12; ++i) {
      const Frontier a = twin.reduced(random_tips(rolls, twin));
      const Frontier b = twin.reduced(random_tips(rolls, twin));
      twin.graph.diff(a, b, difference);
      CHECK(descends(difference.only_a));
      CHECK(descends(difference.only_b));
      const auto in_a = twin.past_of(a), in_b = twin.past_of(b);
      const auto only_a = members(difference.only_a, twin.past.size());
      const auto only_b = members(difference.only_b, twin.past.size());
      for (std::size_t lv = 0; lv < twin.past.size(); ++lv) {
        REQUIRE(only_a[lv] == (in_a[lv] && !in_b[lv]));
        REQUIRE(only_b[lv] == (in_b[lv] && !in_a[lv]));
      }
    }
  }
}

TEST_CASE("critical versions are those that everything else comes before or after") {
  std::size_t found = 0;
  for (std::uint32_t seed = 0; seed < 600; ++seed) {
    CAPTURE(seed);
    Rolls rolls(seed);
    const GraphTwin twin = random_twin(rolls);
    const auto size = static_cast<Lv>(twin.past.size());
    std::optional<Lv> newest;
    for (Lv lv = 0; lv <= size; ++lv) {
      REQUIRE(twin.graph.critical_before(lv) == newest);
      if (lv < size && twin.is_critical(lv)) {
        newest = lv;
        ++found;
      }
    }
    for (std::uint32_t first = 0; first < twin.graph.run_count(); ++first) {
      const std::vector<Lv> units = twin.graph.critical_units(first);
      REQUIRE(units.size() == twin.graph.run_count() - first);
      for (std::uint32_t run = first; run < twin.graph.run_count(); ++run) {
        const LvRange range = twin.graph.range_of(run);
        for (Lv lv = range.from; lv < range.to; ++lv)
          REQUIRE((lv - range.from < units[run - first]) == twin.is_critical(lv));
      }
    }
  }
  CHECK(found > 100);
}
