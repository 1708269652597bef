// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/structure.h"

#include "tools/bench/clock.h"

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <optional>
#include <vector>

#include <malloc.h>

namespace syncline::bench {

namespace {

constexpr std::size_t chunk_size = 4096;

double allocated_mb() { return static_cast<double>(mallinfo2().uordblks) / 1e6; }

struct Figure {
  const char* metric;
  const char* unit;
  double value;
  std::optional<double> limit;
};

void print(const std::string& bench, std::size_t count, const Figure& figure) {
  std::printf(
      "{\"bench\":\"%s\",\"case\":\"%zu\",\"metric\":\"%s\",\"unit\":\"%s\",\"value\":%.3f,",
      bench.c_str(), count, figure.metric, figure.unit, figure.value);
  if (figure.limit)
    std::printf("\"limit\":%.3f,\"ratio\":%.3f}\n", *figure.limit, figure.value / *figure.limit);
  else
    std::printf("\"limit\":null,\"ratio\":null}\n");
  std::fflush(stdout);
}

// Log 0 writes; log 1 does, too, and is late.
class Author {
 public:
  explicit Author(const Course& course) : course_(course), late_known_(course.start) {
    logs_[1].bytes[0] = 1;
  }

  void write(crdt::Document& document, std::size_t number, const crdt::Op& op) {
    const bool may = course_.late_every > 0 && number >= course_.start;
    if (may && (number - course_.start) % course_.late_every == course_.late_every - 1) {
      const crdt::VersionVector known({{0, late_known_}, {1, seen_.get(1)}});
      document.apply({1, seen_.get(1) + 1, known, WallTime{}, logs_}, std::span(&op, 1));
      seen_.raise(1, seen_.get(1) + 1);
      late_known_ = seen_.get(0);
    } else {
      document.apply({0, seen_.get(0) + 1, seen_, WallTime{}, logs_}, std::span(&op, 1));
      seen_.raise(0, seen_.get(0) + 1);
    }
  }

 private:
  const Course& course_;
  crdt::LogTable logs_ = crdt::LogTable(2);
  crdt::VersionVector seen_;
  std::uint64_t late_known_;
};

// Nanoseconds of the changes that count.
double write_all(crdt::Document& document, const Course& course) {
  Author author(course);
  double taken = 0;
  const std::size_t end = course.start + course.count;
  for (std::size_t at = 0; at < end;) {
    const bool counts = at >= course.start;
    const std::size_t stop = std::min(at + chunk_size, counts ? end : course.start);
    std::vector<crdt::Op> ops;
    for (std::size_t i = at; i < stop; ++i) ops.push_back(course.op(i));
    const double begun = nanoseconds();
    for (std::size_t i = at; i < stop; ++i) {
      author.write(document, i, ops[i - at]);
      if (course.read) course.read(document);
    }
    if (counts) taken += nanoseconds() - begun;
    at = stop;
  }
  return taken;
}

struct Floor {
  double apply_ms = 0;
  double copy_ms = 0;
  double memory_mb = 0;
};

Floor measure_plain(const Course& course, const std::function<Plain()>& plain) {
  Floor floor;
  const double before = allocated_mb();
  const Plain structure = plain();
  for (std::size_t i = 0; i < course.start; ++i) structure.change(i);
  const double begun = nanoseconds();
  for (std::size_t i = 0; i < course.count; ++i) structure.change(course.start + i);
  floor.apply_ms = (nanoseconds() - begun) / 1e6;
  floor.memory_mb = allocated_mb() - before;
  floor.copy_ms = median(sorted_times(5, structure.copy)) / 1e6;
  return floor;
}

}  // namespace

bool measure_structure(const std::string& bench, const Course& course,
                       const std::function<Plain()>& plain) {
  const Floor floor = measure_plain(course, plain);
  const auto show = [&](const Figure& figure) { print(bench, course.count, figure); };
  const double before = allocated_mb();
  crdt::Document document;
  show({"apply", "ms", write_all(document, course) / 1e6, floor.apply_ms});
  show({"memory", "mb", allocated_mb() - before, floor.memory_mb});
  wire::Writer out;
  document.encode(out);
  show({"snapshot", "bytes", static_cast<double>(out.size()), {}});
  std::optional<crdt::Document> loaded;
  const auto load = [&] {
    wire::Reader in(out.view());
    auto read = crdt::Document::decode(in);
    if (!read) std::abort();
    loaded = std::move(*read);
    if (course.read) course.read(*loaded);
  };
  show({"load_snapshot", "ms", median(sorted_times(5, load)) / 1e6, floor.copy_ms});
  wire::Writer again;
  loaded->encode(again);
  return equal(again.view(), out.view()) && !document.check();
}

int run_structure(int argc, char** argv, const std::function<bool(std::size_t)>& measure) {
  std::vector<std::size_t> counts;
  for (int i = 1; i < argc; ++i)
    counts.push_back(static_cast<std::size_t>(std::strtoull(argv[i], nullptr, 10)));
  if (counts.empty()) counts = {100'000, 1'000'000};
  bool right = true;
  for (const std::size_t count : counts) {
    if (measure(count)) continue;
    std::fprintf(stderr, "a snapshot of the document is not the document\n");
    right = false;
  }
  return right ? 0 : 1;
}

}  // namespace syncline::bench
