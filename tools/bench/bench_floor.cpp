// SPDX-License-Identifier: Apache-2.0
//
// What replaying recorded texts costs at the very least (floor.h), and what the rope costs where
// nothing favours it: one JSON line a figure, medians, with the best of all runs beside them.
//
//   bench_floor TRACE.json.gz...
#include "tools/bench/clock.h"
#include "tools/bench/floor.h"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <random>

using namespace syncline;
using namespace syncline::bench;

namespace {

constexpr int rounds = 31;

struct Figure {
  const char* metric;
  double divisor;  // nanoseconds of a run, divided by this, are ns of one edit
};

void print(const std::string& which, const char* metric, const char* unit, double value) {
  std::printf(
      "{\"bench\":\"floor\",\"case\":\"%s\",\"metric\":\"%s\",\"unit\":\"%s\",\"value\":%.3f}\n",
      which.c_str(), metric, unit, value);
}

void measure(const std::string& which, const Figure& figure, const std::function<void()>& run) {
  const std::vector<double> times = sorted_times(rounds, run);
  const std::string metric = figure.metric;
  print(which, metric.c_str(), "ms", median(times) / 1e6);
  print(which, (metric + "_best").c_str(), "ms", times.front() / 1e6);
  print(which, (metric + "_edit_best").c_str(), "ns", times.front() / figure.divisor);
}

bool bench_trace(const std::string& path) {
  const auto trace = read_sequential_trace(path);
  if (!trace) {
    std::fprintf(stderr, "%s: %s\n", path.c_str(), trace.error().context.c_str());
    return false;
  }
  std::string which = path.substr(path.find_last_of('/') + 1);
  which.resize(which.find('.'));
  const auto edits = static_cast<double>(trace->patches.size());

  text::Rope rope;
  RunLog log;
  measure(which, {"rope", edits}, [&] {
    rope = text::Rope(trace->start);
    for (const Patch& patch : trace->patches) apply(rope, patch);
  });
  measure(which, {"log", edits}, [&] {
    log = {};
    for (const Patch& patch : trace->patches) log.add(patch);
  });
  measure(which, {"rope_and_log", edits}, [&] {
    rope = text::Rope(trace->start);
    log = {};
    for (const Patch& patch : trace->patches) {
      apply(rope, patch);
      log.add(patch);
    }
  });
  measure(which, {"replay_of_runs", edits}, [&] { replay(log, trace->start); });
  print(which, "runs", "1", static_cast<double>(log.runs().size()));
  print(which, "rope_memory", "B", static_cast<double>(rope.memory_bytes()));
  print(which, "text", "B", static_cast<double>(rope.bytes()));
  if (rope.text() == trace->end && replay(log, trace->start).text() == trace->end) return true;
  std::fprintf(stderr, "%s: does not end as recorded\n", path.c_str());
  return false;
}

// Single characters at places that have nothing to do with each other.
void bench_scattered(std::size_t size) {
  constexpr std::size_t edits = 600000;
  std::mt19937_64 bits(1);
  std::vector<std::uint64_t> places;
  for (std::size_t i = 0; i < edits; ++i) places.push_back(bits() % (size + i + 1));
  const std::string start(size, 'x');
  std::vector<double> inserting, removing;
  for (int round = 0; round < 5; ++round) {
    text::Rope rope(start);
    const double from = nanoseconds();
    for (const std::uint64_t place : places) rope.insert(place, "y", 1);
    const double turn = nanoseconds();
    for (std::size_t i = edits; i-- > 0;) rope.remove(places[i], 1);
    const double to = nanoseconds();
    inserting.push_back((turn - from) / edits);
    removing.push_back((to - turn) / edits);
  }
  const std::string which = "scattered_in_" + std::to_string(size);
  print(which, "insert_best", "ns", *std::min_element(inserting.begin(), inserting.end()));
  print(which, "remove_best", "ns", *std::min_element(removing.begin(), removing.end()));
}

}  // namespace

int main(int argc, char** argv) {
  bool good = true;
  for (int i = 1; i < argc; ++i) good = bench_trace(argv[i]) && good;
  for (const std::size_t size : {60000, 1000000, 100000000}) bench_scattered(size);
  return good ? 0 : 1;
}
