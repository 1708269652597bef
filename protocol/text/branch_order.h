// SPDX-License-Identifier: Apache-2.0
//
// BranchOrder: in which order the runs of a graph are best walked: each after its parents, and
// along one branch as far as it goes.
//
// In the order in which they came, what two authors wrote without seeing each other alternates,
// and each step would undo and redo all of the other branch. Keeps its memory for the next time.
#pragma once

#include "protocol/text/graph.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace syncline::text {

class BranchOrder {
 public:
  // The runs [first, last); those before are done.
  void begin(const Graph& graph, std::uint32_t first, std::uint32_t last);
  // Each of them once; nothing at the end. Requires: `graph` is as it was at begin().
  std::optional<std::uint32_t> next(const Graph& graph);

 private:
  std::uint32_t first_ = 0;
  std::vector<std::uint32_t> waits_;        // of each run, its parents that are not done
  std::vector<std::uint32_t> children_at_;  // of each run, where its children begin
  std::vector<std::uint32_t> children_;
  std::vector<std::uint32_t> ready_;  // the one that goes on the newest branch last
};

}  // namespace syncline::text
