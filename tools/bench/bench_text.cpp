// SPDX-License-Identifier: Apache-2.0
//
// The document engine on recorded sessions: one JSON line a figure, medians; the limit is that of
// a bare rope with a run-length log on the same trace in the same run (floor.h).
//
//   bench_text TRACE.json.gz...
//
// replay         every keystroke as a local edit, with events and their history made of them
// load_history   the sealed history, opened and replayed to the text
// load_snapshot  the sealed snapshot, opened, to the text
// merge          concurrent ones: every event arrives, sealed together; to the text
// memory         of the document after that; open_memory: read from its snapshot, bytes beyond the
//                text for each character
// history, snapshot, loose   sealed bytes: as kept, without history, and as events of a log
#include "protocol/history/replay.h"
#include "tools/bench/clock.h"
#include "tools/bench/floor.h"
#include "tools/bench/recorded.h"

#include <cstdio>
#include <functional>
#include <optional>

#include <malloc.h>

using namespace syncline;
using namespace syncline::bench;

namespace {

double median_ms(const std::function<void()>& run) { return median(sorted_times(15, run)) / 1e6; }

struct Line {
  std::string which;
  const char* metric;
  const char* unit;
  double value;
  std::optional<double> limit;
};

void print(const Line& line) {
  std::printf(
      "{\"bench\":\"text\",\"case\":\"%s\",\"metric\":\"%s\",\"unit\":\"%s\",\"value\":%.3f,",
      line.which.c_str(), line.metric, line.unit, line.value);
  if (line.limit)
    std::printf("\"limit\":%.3f,\"ratio\":%.3f}\n", *line.limit, line.value / *line.limit);
  else
    std::printf("\"limit\":null,\"ratio\":null}\n");
  std::fflush(stdout);
}

crdt::Document replay(const Buffer& sealed, const crdt::LogTable& logs) {
  const Buffer plain = open(sealed);
  auto document = history::replay(std::span(&plain, 1), logs);
  if (!document) std::abort();
  return std::move(*document);
}

crdt::Document decode(const Buffer& sealed) {
  const Buffer plain = open(sealed);
  wire::Reader in(plain);
  auto document = crdt::Document::decode(in);
  if (!document) std::abort();
  return std::move(*document);
}

double allocated() { return static_cast<double>(mallinfo2().uordblks); }

// Everything that is measured of a history once it is there. False: the text is wrong.
bool measure_kept(const std::string& which, const std::vector<history::PastEvent>& events,
                  const crdt::LogTable& logs, const std::string& end, std::optional<double> floor) {
  const Buffer sealed = sealed_history(events);
  crdt::Document document = replay(sealed, logs);
  if (text_of(document) != end) return false;
  std::string text;
  const double load = median_ms([&] { text = text_of(replay(sealed, logs)); });
  print({which, "load_history", "ms", load, floor});
  if (!floor) print({which, "merge", "ms", load, {}});
  wire::Writer out;
  document.encode(out);
  const Buffer snapshot = seal(out.view());
  print(
      {which, "load_snapshot", "ms", median_ms([&] { text = text_of(decode(snapshot)); }), floor});
  print({which, "history", "bytes", static_cast<double>(sealed.size()), {}});
  print({which, "snapshot", "bytes", static_cast<double>(snapshot.size()), {}});
  print({which, "loose", "bytes", static_cast<double>(loose_bytes(events)), {}});
  double before = allocated();
  {
    const crdt::Document kept = replay(sealed, logs);
    text = text_of(kept);
    text = {};
    print({which, "memory", "mb", (allocated() - before) / 1e6, {}});
  }
  before = allocated();
  const crdt::Document opened = decode(snapshot);
  const double more = allocated() - before - static_cast<double>(end.size());
  print({which, "open_memory", "b_per_char", more / static_cast<double>(end.size()), {}});
  return text_of(opened) == end;
}

bool bench_sequential(const std::string& which, const SequentialTrace& trace) {
  const crdt::LogTable logs = logs_of(1);
  const double floor = median_ms([&] {
    text::Rope rope(trace.start);
    RunLog log;
    for (const Patch& patch : trace.patches) {
      apply(rope, patch);
      log.add(patch);
    }
  });
  const double typed = median_ms([&] {
    crdt::Document document;
    type(trace, document, logs, nullptr);
  });
  print({which, "replay", "ms", typed, floor});
  crdt::Document document;
  std::vector<history::PastEvent> events;
  type(trace, document, logs, &events);
  return text_of(document) == trace.end && measure_kept(which, events, logs, trace.end, floor);
}

bool bench_trace(const std::string& path) {
  std::string which = path.substr(path.find_last_of('/') + 1);
  which = which.substr(0, which.find('.'));
  bool right = false;
  if (const auto trace = read_sequential_trace(path)) {
    right = bench_sequential(which, *trace);
  } else if (const auto concurrent = read_concurrent_trace(path)) {
    std::uint32_t logs = 0;
    const auto events = events_of(*concurrent, logs);
    right = measure_kept(which, events, logs_of(logs), concurrent->end, {});
  } else {
    std::fprintf(stderr, "%s: %s\n", path.c_str(), concurrent.error().context.c_str());
    return false;
  }
  if (!right) std::fprintf(stderr, "%s: the text is not that of the trace\n", path.c_str());
  return right;
}

}  // namespace

int main(int argc, char** argv) {
  bool right = argc > 1;
  for (int i = 1; i < argc; ++i) right = bench_trace(argv[i]) && right;
  return right ? 0 : 1;
}
