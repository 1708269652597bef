// SPDX-License-Identifier: Apache-2.0
//
// Device: somebody who edits a document and now and then reads what others did. For tests
// that tell a short story; histories in bulk are history.h.
#pragma once

#include "tests/protocol/crdt/history.h"

#include <string>

namespace syncline::crdt::test {

class Device {
 public:
  explicit Device(std::size_t log) : log_(log), replica_(log) {}

  Applied edit(std::vector<Op> ops) {
    events_.push_back({log_, replica_.seen(log_) + 1, replica_.seen(), std::move(ops)});
    return replica_.apply(events_.back());
  }
  Applied edit(Path path, Action action) { return edit({Op{std::move(path), std::move(action)}}); }

  // Everything the other knows.
  void receive(const Device& other) {
    for (const TestEvent& event : other.events_) {
      if (event.seq <= replica_.seen(event.log)) continue;
      replica_.apply(event);
      events_.push_back(event);
    }
  }

  const Document& document() const { return replica_.document; }
  const Replica& replica() const { return replica_; }
  std::string reads() const { return describe(document().read()); }
  std::string reads(const Path& path) const {
    const auto value = document().read(path);
    return value ? describe(*value) : "nothing";
  }
  std::size_t author(const ConflictValue& value) const { return replica_.log_of(value.log); }

 private:
  std::size_t log_;
  Replica replica_;
  std::vector<TestEvent> events_;
};

// Both know what either knew.
inline void meet(Device& a, Device& b) {
  a.receive(b);
  b.receive(a);
}

inline Path at(std::string key) { return {Step{std::move(key)}}; }
inline Scalar words(std::string value) { return Scalar{std::move(value)}; }
inline Scalar number(std::int64_t value) { return Scalar{value}; }

}  // namespace syncline::crdt::test
