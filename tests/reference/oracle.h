// SPDX-License-Identifier: Apache-2.0
//
// Oracle: what a document must be, worked out from all its events again and again.
//
// It keeps facts ("this op put this value here") and covers ("this op ended what it saw
// there") and asks of each pair whether one saw the other. It shares the ops and values with
// the engine, none of its structures.
#pragma once

#include "protocol/crdt/document.h"
#include "tests/reference/tree_order.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace syncline::reference {

struct Event {
  LogId log;
  std::uint64_t seq = 0;
  std::map<LogId, std::uint64_t> past;  // highest seq of each log; the event is not in it
  std::vector<crdt::Op> ops;

  std::uint64_t lamport() const;
};

struct OracleConflict {
  crdt::Path path;
  crdt::ConflictKind kind{};
  std::vector<crdt::Value> values;
  std::vector<std::pair<LogId, std::uint64_t>> authors;  // of each value
};

// The values of each mark on one character, the one that stands first.
using CharacterMarks = std::map<std::string, std::vector<crdt::Scalar>>;
struct TextMarksVerdict {
  crdt::Path path;
  std::vector<CharacterMarks> characters;
};

struct Verdict {
  crdt::Value value;
  std::vector<TextMarksVerdict> marks;  // of every text that is read, but not below trees
  std::vector<OracleConflict> conflicts;
  // By (log, seq).
  std::map<std::pair<LogId, std::uint64_t>, std::size_t> void_ops;
};

// Requires: every event's past is among `events`.
Verdict judge(std::vector<Event> events);

}  // namespace syncline::reference
