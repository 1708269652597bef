// SPDX-License-Identifier: Apache-2.0
//
// The least that keeping a text and its history can cost: what the engine is compared with.
//
// A rope for the text, and a log that joins edits which continue each other. It knows nothing of
// authors, concurrency or undoing. A caller passes patches in order.
#pragma once

#include "protocol/text/rope.h"
#include "tools/bench/trace_file.h"

#include <cstdint>
#include <string>
#include <vector>

namespace syncline::bench {

class RunLog {
 public:
  // At `position`, `removed` characters gave way to `added` ones.
  struct Run {
    std::uint64_t position = 0;
    std::uint64_t removed = 0;
    std::uint64_t added = 0;
  };

  void add(const Patch& patch);
  const std::vector<Run>& runs() const { return runs_; }
  // All that was ever inserted, in order.
  const std::string& text() const { return text_; }

 private:
  void remove(std::uint64_t position, std::uint64_t count);
  void insert(std::uint64_t position, std::uint64_t count);

  std::vector<Run> runs_;
  std::string text_;
};

inline void apply(text::Rope& rope, const Patch& patch) {
  if (patch.removed > 0) rope.remove(patch.position, patch.removed);
  if (patch.added > 0) rope.insert(patch.position, patch.inserted, patch.added);
}

// The text that the log describes, for a check that it is whole.
text::Rope replay(const RunLog& log, const std::string& start);

}  // namespace syncline::bench
