// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/floor.h"

namespace syncline::bench {

void RunLog::add(const Patch& patch) {
  if (patch.removed > 0) remove(patch.position, patch.removed);
  if (patch.added > 0) insert(patch.position, patch.added);
  text_ += patch.inserted;
}

void RunLog::remove(std::uint64_t position, std::uint64_t count) {
  if (!runs_.empty() && runs_.back().added == 0) {
    Run& last = runs_.back();
    const bool backwards = position + count == last.position;
    if (backwards || position == last.position) {
      last.position = position;
      last.removed += count;
      return;
    }
  }
  runs_.push_back({position, count, 0});
}

void RunLog::insert(std::uint64_t position, std::uint64_t count) {
  if (!runs_.empty() && position == runs_.back().position + runs_.back().added) {
    runs_.back().added += count;
    return;
  }
  runs_.push_back({position, 0, count});
}

text::Rope replay(const RunLog& log, const std::string& start) {
  text::Rope rope(start);
  std::string_view left = log.text();
  for (const RunLog::Run& run : log.runs()) {
    const std::string_view added = left.substr(0, text::byte_of_scalar(left, run.added));
    rope.remove(run.position, run.removed);
    rope.insert(run.position, added, run.added);
    left.remove_prefix(added.size());
  }
  return rope;
}

}  // namespace syncline::bench
