// SPDX-License-Identifier: Apache-2.0
//
// Two copies of one text that were edited apart and meet: one JSON line a figure, medians.
//
//   bench_diverge [EDITS...]        10000 and 100000 if not said
//
// Both have 50,000 edits in common and type EDITS more in bursts at places of their own; every
// fifth burst deletes. ms: both messages made, opened and merged, both texts read. bytes: both
// messages, sealed.
#include "protocol/history/replay.h"
#include "protocol/history/segment.h"
#include "tools/bench/clock.h"
#include "tools/bench/recorded.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

using namespace syncline;
using namespace syncline::bench;

namespace {

// The same typing as that of the other libraries' bench (edits.mjs).
class Typist {
 public:
  Typist(std::uint32_t seed, std::string letters) : state_(seed), letters_(std::move(letters)) {}

  std::vector<Patch> type(std::size_t count, std::uint64_t length) {
    std::vector<Patch> patches;
    while (patches.size() < count) {
      const bool erase = below(5) == 0;
      std::uint64_t position = below(static_cast<std::uint32_t>(length + 1));
      const std::uint32_t burst = erase ? 1 + below(20) : 5 + below(36);
      for (std::uint32_t key = 0; key < burst && patches.size() < count; ++key) {
        if (erase) {
          if (position == 0) break;
          patches.push_back({--position, 1, 0, {}});
          --length;
        } else {
          const auto letter = below(static_cast<std::uint32_t>(letters_.size()));
          patches.push_back({position++, 0, 1, std::string(1, letters_[letter])});
          ++length;
        }
      }
    }
    return patches;
  }

 private:
  std::uint32_t below(std::uint32_t limit) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_ % limit;
  }

  std::uint32_t state_;
  std::string letters_;
};

using Events = std::vector<history::PastEvent>;

Buffer message(const Events& events, const crdt::VersionVector& known) {
  history::SegmentWriter writer(known);
  for (const history::PastEvent& event : events) writer.add(history::view_of(event));
  return seal(writer.take());
}

void take(crdt::Document& document, const Buffer& sealed, const crdt::LogTable& logs) {
  const Buffer plain = open(sealed);
  const Status read =
      history::for_each_event(std::span(&plain, 1), [&](const history::PastEvent& event) {
        document.apply({event.id.log, event.id.seq, event.past, event.wall, logs, event.lamport},
                       event.ops);
        return true;
      });
  if (!read) std::abort();
}

struct Copy {
  crdt::Document document;
  Events own;
};

crdt::Document copy_of(const Buffer& sealed, const crdt::LogTable& logs) {
  const Buffer plain = open(sealed);
  auto document = history::replay(std::span(&plain, 1), logs);
  if (!document) std::abort();
  return std::move(*document);
}

Copy drift(const Buffer& common, const crdt::LogTable& logs, crdt::LogIndex log,
           std::size_t edits) {
  Copy copy{copy_of(common, logs), {}};
  const std::uint64_t length = text_of(copy.document).size();
  Typist typist(log + 1, log == 1 ? "abcdefghij" : "ABCDEFGHIJ");
  type(typist.type(edits, length), copy.document, {log, 1}, copy.document.frontier(), logs,
       &copy.own);
  return copy;
}

bool measure(std::size_t edits) {
  const crdt::LogTable logs = logs_of(3);
  crdt::Document first;
  Events start;
  type(Typist(1, "0123456789").type(50000, 0), first, {0, 1}, {}, logs, &start);
  const Buffer common = sealed_history(start);
  std::vector<double> times;
  std::size_t bytes = 0;
  for (int round = 0; round < 9; ++round) {
    Copy a = drift(common, logs, 1, edits), b = drift(common, logs, 2, edits);
    const double begun = nanoseconds();
    const Buffer from_a = message(a.own, first.frontier()),
                 from_b = message(b.own, first.frontier());
    take(a.document, from_b, logs);
    take(b.document, from_a, logs);
    const std::string text_a = text_of(a.document), text_b = text_of(b.document);
    times.push_back((nanoseconds() - begun) / 1e6);
    bytes = from_a.size() + from_b.size();
    if (text_a != text_b) {
      std::fprintf(stderr, "the two copies differ\n");
      return false;
    }
  }
  std::sort(times.begin(), times.end());
  std::printf(
      "{\"bench\":\"diverge\",\"case\":\"%zu\",\"metric\":\"ms\",\"unit\":\"ms\",\"value\":%.3f,"
      "\"limit\":null,\"ratio\":null}\n",
      edits, median(times));
  std::printf(
      "{\"bench\":\"diverge\",\"case\":\"%zu\",\"metric\":\"bytes\",\"unit\":\"bytes\","
      "\"value\":%zu,\"limit\":null,\"ratio\":null}\n",
      edits, bytes);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 1) return measure(10000) && measure(100000) ? 0 : 1;
  bool right = true;
  for (int i = 1; i < argc; ++i)
    right = measure(static_cast<std::size_t>(std::strtoull(argv[i], nullptr, 10))) && right;
  return right ? 0 : 1;
}
