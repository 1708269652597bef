// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/schedule.h"

#include <algorithm>

namespace syncline::sim {

bool Schedule::later(const Entry& a, const Entry& b) {
  return a.when != b.when ? b.when < a.when : b.sequence < a.sequence;
}

void Schedule::at(Instant when, Action action) {
  heap_.push_back({std::max(when, now_), planned_++, std::move(action)});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

bool Schedule::run_next(Instant until) {
  if (heap_.empty() || until < heap_.front().when) {
    now_ = std::max(now_, until);
    return false;
  }
  std::pop_heap(heap_.begin(), heap_.end(), later);
  const Entry next = std::move(heap_.back());
  heap_.pop_back();
  now_ = next.when;
  ++done_;
  next.action();
  return true;
}

}  // namespace syncline::sim
