// SPDX-License-Identifier: Apache-2.0
//
// How long something keeps the processor busy: nothing that is measured with it waits, and what
// else runs on the machine counts less.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include <time.h>

namespace syncline::bench {

inline double nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

inline std::vector<double> sorted_times(int rounds, const std::function<void()>& run) {
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    const double start = nanoseconds();
    run();
    times.push_back(nanoseconds() - start);
  }
  std::sort(times.begin(), times.end());
  return times;
}

inline double median(const std::vector<double>& sorted) { return sorted[sorted.size() / 2]; }

}  // namespace syncline::bench
