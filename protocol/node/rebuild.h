// SPDX-License-Identifier: Apache-2.0
//
// Rebuild: makes the view anew from the log and tells whether it reads as it did before.
//
// In slices, one a turn, so that links and other callers are served; what concerns entities is
// refused meanwhile (is_running). Interrupted, it leaves a view that goes on from where it stands,
// as after a restart. Events that arrive while it runs are merged, and what they change is told
// from what differs.
#pragma once

#include "protocol/node/turn.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace syncline::node {

class Rebuild {
 public:
  bool is_running() const { return phase_ != Phase::idle; }
  // Nothing may be merged now: the view is being read.
  bool is_reading() const { return phase_ == Phase::before || phase_ == Phase::after; }

  // Requires: the vault is unlocked and the store takes writes. Answers Errc::busy if one runs.
  void start(House& house, Turn& turn, RequestId request);
  // The next slice. Requires: is_running(), the vault is unlocked, the turn's slice of merging is
  // done; `merged`: there was nothing more to merge.
  enum class Merged : std::uint8_t { partly, all };
  void advance(House& house, Turn& turn, Merged merged);
  // The caller hung up; it goes on.
  void forget(RequestId request);
  // The vault was locked, or the store lost what was written last.
  void stop(Turn& turn, const Error& reason);

 private:
  enum class Phase : std::uint8_t { idle, before, merging, after };
  // Of an entity as the view had it: enough of its hash that no two are taken for equal by
  // accident.
  struct Row {
    EntityId entity;
    std::uint64_t hash = 0;
    bool seen = false;
  };

  void read_before(House& house, Turn& turn);
  Status begin_anew(House& house, Turn& turn);
  void read_after(House& house, Turn& turn);
  void compare(const EntityState& state, const crdt::LogTable& logs);
  bool has_news(const EntityState& state, const crdt::LogTable& logs) const;
  void note_unequal(const EntityId& entity);
  // A slice of all entities; true at the end.
  template <class Visit>
  Result<bool> read_some(House& house, Turn& turn, Visit visit);
  void finish(Turn& turn, Result<step::Answer> answer);

  Phase phase_ = Phase::idle;
  std::optional<RequestId> request_;
  std::string cursor_;
  std::vector<Row> rows_;
  std::map<LogId, std::uint64_t> known_;  // what the old view had merged
  step::RebuildAnswer found_;
};

}  // namespace syncline::node
