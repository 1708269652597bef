// SPDX-License-Identifier: Apache-2.0
//
// View and Edit: what one op knew when it was made, and who made it.
//
// A View is the author's causal version while its event is being applied: the past, and those
// ops of the event itself that came before (Spec C7). Valid during Document::apply only.
#pragma once

#include "protocol/base/time.h"
#include "protocol/crdt/version.h"

namespace syncline::crdt {

class Writings;

class View {
 public:
  View(const VersionVector& past, EventId self) : past_(past), self_(self) {}

  // Whether it has seen what `other` had, and beyond that at most later events of the author of
  // both.
  bool continues(const VersionVector& other, const EventId& self) const {
    if (self_.log != self.log || self_.seq < self.seq) return false;
    const auto& mine = past_.rows();
    const auto& theirs = other.rows();
    auto a = mine.begin(), b = theirs.begin();
    while (true) {
      if (a != mine.end() && a->log == self_.log) ++a;
      if (b != theirs.end() && b->log == self_.log) ++b;
      if (a == mine.end() || b == theirs.end()) return a == mine.end() && b == theirs.end();
      if (*a++ != *b++) return false;
    }
  }
  const VersionVector& past() const { return past_; }
  const EventId& self() const { return self_; }

  std::uint64_t get(LogIndex log) const { return log == self_.log ? self_.seq : past_.get(log); }
  bool covers(const EventId& event) const { return get(event.log) >= event.seq; }
  bool covers(const VersionVector& version) const {
    for (const EventId& row : version.rows())
      if (!covers(row)) return false;
    return true;
  }
  bool covers_any(const std::vector<EventId>& events) const {
    for (const EventId& event : events)
      if (covers(event)) return true;
    return false;
  }

 private:
  const VersionVector& past_;
  EventId self_;
};

struct Edit {
  View view;
  EventId self;
  std::uint64_t lamport = 0;
  WallTime wall;
  const LogTable& logs;
  std::uint32_t op = 0;  // number within its event
  Writings* writings = nullptr;

  // A snapshot may name a log that the caller's table does not have; it orders first.
  LogId id_of(LogIndex log) const { return log < logs.size() ? logs[log] : LogId{}; }
};

}  // namespace syncline::crdt
