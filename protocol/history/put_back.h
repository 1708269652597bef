// SPDX-License-Identifier: Apache-2.0
//
// put_back: into a row of things that were in some order before, one that belongs among them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace syncline::history {

inline constexpr std::size_t nowhere = SIZE_MAX;

// Right after the nearest one that came before it, else to the front. Requires: `old` says where
// each was, or `nowhere`.
template <class Placed>
void put_back(std::vector<Placed>& row, Placed back) {
  std::size_t place = 0, nearest = nowhere;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::size_t old = row[i].old;
    if (old == nowhere || old >= back.old || (nearest != nowhere && old < nearest)) continue;
    nearest = old;
    place = i + 1;
  }
  row.insert(row.begin() + static_cast<std::ptrdiff_t>(place), std::move(back));
}

}  // namespace syncline::history
