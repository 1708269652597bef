// SPDX-License-Identifier: Apache-2.0
//
// The pieces of a document snapshot that more than one file writes or reads.
//
// A snapshot names logs by LogIndex; the canonical form names them by their place among the
// sorted LogIds. LogNames is that one difference. Grammar: snapshot.cpp.
#pragma once

#include "protocol/base/limits.h"
#include "protocol/crdt/container.h"
#include "protocol/crdt/document.h"

#include <algorithm>

namespace syncline::crdt {

// The newest event: times in slots are told from here, so they stay small.
struct TimeBase {
  std::uint64_t lamport = 0;
  std::int64_t unix_ms = 0;

  explicit TimeBase(const Age& age) : lamport(age.lamport), unix_ms(age.wall.unix_ms) {}
};

class LogNames {
 public:
  // Every log is called by its index.
  LogNames() = default;
  explicit LogNames(std::vector<LogIndex> names) : names_(std::move(names)), renamed_(true) {}

  LogIndex of(LogIndex log) const { return renamed_ ? names_[log] : log; }
  bool renames() const { return renamed_; }

 private:
  std::vector<LogIndex> names_;
  bool renamed_ = false;
};

struct SnapshotWriter {
  wire::Writer& out;
  const LogNames& names;
  TimeBase base;

  void wall(WallTime time) const;
  void event(const EventId& event) const { out.varint(names.of(event.log)).varint(event.seq); }
  // In ascending order, whatever order they came in.
  void events(const std::vector<EventId>& events) const;
  std::vector<EventId> sorted(const std::vector<EventId>& events) const;
  void version(const VersionVector& version) const;
  void slot(const Slot& slot) const;
  void removals(const std::vector<Removal>& removals) const;
  void container(const Container& container) const;
  void tree(const TreeContainer& tree) const;
  void marks(const TextMarks& marks) const;
  template <class Content>
  void sequence(const Sequence<Content>& sequence) const;
};

struct SnapshotReader {
  wire::Reader& in;
  const VersionVector& frontier;
  TimeBase base;
  // How many batches of elements all sequences together can have, by the history.
  std::uint64_t batches_left;
  std::size_t depth = 0;

  void corrupt() const { in.fail_with(Errc::corrupt); }
  WallTime wall() const;
  EventId event() const;
  // Requires a bound from the caller's grammar on nothing: each event takes two bytes of input.
  std::vector<EventId> events() const;
  VersionVector version() const;
  void slot(Slot& slot);
  void removals(std::vector<Removal>& removals) const;
  void container(Container& container);
  void tree(TreeContainer& tree);
  // `length`: of their text, in characters.
  std::vector<TextMarks::Row> marks(std::uint64_t length) const;
  template <class Content>
  void sequence(Sequence<Content>& sequence);
};

}  // namespace syncline::crdt
