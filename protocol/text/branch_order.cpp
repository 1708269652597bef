// SPDX-License-Identifier: Apache-2.0
#include "protocol/text/branch_order.h"

namespace syncline::text {

void BranchOrder::begin(const Graph& graph, std::uint32_t first, std::uint32_t last) {
  first_ = first;
  const std::uint32_t size = last - first;
  waits_.assign(size, 0);
  children_at_.assign(size + 1, 0);
  for (std::uint32_t run = first; run < last; ++run)
    for (const Tip& parent : graph.parents_of(run)) {
      if (parent.run < first) continue;
      ++waits_[run - first];
      ++children_at_[parent.run - first];
    }
  // Ends now; filling from behind makes them beginnings.
  for (std::uint32_t i = 1; i <= size; ++i) children_at_[i] += children_at_[i - 1];
  children_.resize(children_at_[size]);
  ready_.clear();
  for (std::uint32_t run = last; run-- > first;) {
    for (const Tip& parent : graph.parents_of(run))
      if (parent.run >= first) children_[--children_at_[parent.run - first]] = run;
    if (waits_[run - first] == 0) ready_.push_back(run);
  }
}

std::optional<std::uint32_t> BranchOrder::next(const Graph& graph) {
  if (ready_.empty()) return std::nullopt;
  const std::uint32_t run = ready_.back();
  ready_.pop_back();
  std::optional<std::uint32_t> follower;
  for (std::uint32_t i = children_at_[run - first_]; i < children_at_[run - first_ + 1]; ++i) {
    const std::uint32_t child = children_[i];
    if (--waits_[child - first_] > 0) continue;
    if (graph.is_next_on_chain(child, run))
      follower = child;
    else
      ready_.push_back(child);
  }
  if (follower) ready_.push_back(*follower);
  return run;
}

}  // namespace syncline::text
