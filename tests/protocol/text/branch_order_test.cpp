// SPDX-License-Identifier: Apache-2.0
#include "protocol/text/branch_order.h"

#include "tests/protocol/text/rolls.h"

#include <vector>

#include <doctest/doctest.h>

namespace syncline::text {
namespace {

std::vector<std::uint32_t> walked(const Graph& graph, std::uint32_t first) {
  BranchOrder order;
  const auto last = static_cast<std::uint32_t>(graph.run_count());
  order.begin(graph, first, last);
  std::vector<std::uint32_t> out;
  while (const auto run = order.next(graph)) out.push_back(*run);
  return out;
}

}  // namespace

TEST_CASE("branches that came in turn are walked one after the other") {
  Graph graph;
  graph.append(1, {});
  std::vector<Frontier> tips(2, graph.heads());
  constexpr std::uint32_t each = 50;
  for (std::uint32_t i = 0; i < 2 * each; ++i) {
    const std::uint32_t author = i % 2;
    graph.append(1, tips[author], author);
    tips[author] = {graph.tip_at(graph.size() - 1)};
  }
  const std::vector<std::uint32_t> runs = walked(graph, 0);
  REQUIRE(runs.size() == graph.run_count());
  std::size_t switches = 0;
  for (std::size_t i = 1; i < runs.size(); ++i) {
    const auto parents = graph.parents_of(runs[i]);
    if (parents.size() == 1 && parents.front().run != runs[i - 1]) ++switches;
  }
  CHECK(switches == 1);
}

TEST_CASE("every run is walked once, and after all it has seen") {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    Rolls rolls(seed);
    Graph graph;
    for (std::uint32_t n = 2 + rolls() % 30; n > 0; --n) {
      Frontier parents;
      if (graph.size() > 0)
        for (std::uint32_t k = rolls() % 4; k > 0; --k)
          parents.push_back(graph.tip_at(rolls() % graph.size()));
      graph.reduce(parents);
      graph.append(1 + rolls() % 3, parents, rolls() % 6);
    }
    const auto first = rolls() % static_cast<std::uint32_t>(graph.run_count());
    std::vector<bool> done(graph.run_count());
    for (std::uint32_t run = 0; run < first; ++run) done[run] = true;
    for (const std::uint32_t run : walked(graph, first)) {
      REQUIRE(run < done.size());
      CHECK_FALSE(done[run]);
      done[run] = true;
      for (const Tip& parent : graph.parents_of(run)) CHECK(done[parent.run]);
    }
    for (const bool was_done : done) CHECK(was_done);
  }
}

}  // namespace syncline::text
