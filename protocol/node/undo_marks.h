// SPDX-License-Identifier: Apache-2.0
//
// UndoMarks and UndoStack: which of this device's changes of one entity can be undone and redone.
//
// The changes themselves are in the entity's history; only which of them undid or redid another
// is remembered beside it, on this device alone. Without the marks an undoing counts as any other
// change: nothing is lost but the way forward again.
#pragma once

#include "protocol/history/past_event.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <optional>
#include <vector>

namespace syncline::node {

enum class UndoRole : std::uint8_t { undo, redo };

// Numbers of own events, first to last.
struct UndoMark {
  std::uint64_t first = 0, last = 0;
  UndoRole role = UndoRole::undo;

  bool operator==(const UndoMark&) const = default;
};

class UndoMarks {
 public:
  // Requires: comes after all others. The oldest are forgotten beyond a bound.
  void add(const UndoMark& mark);
  const UndoMark* find(std::uint64_t seq) const;

  Buffer encode() const;
  // Fails the reader.
  static UndoMarks decode(wire::Reader& in);

 private:
  static constexpr std::size_t marks_max = 4000;

  std::vector<UndoMark> marks_;  // ascending
};

class UndoStack {
 public:
  struct Entry {
    std::uint64_t first = 0, last = 0;  // what is taken back
    // What the change was that was made at first: a deletion is taken back in another way.
    history::EventKind kind = history::EventKind::edit;
    // What it took back itself, if it is to be redone; else none.
    std::uint64_t redone_first = 1, redone_last = 0;
  };
  explicit UndoStack(const UndoMarks& marks) : marks_(marks) {}

  // Own events of the entity, in order.
  void add(std::uint64_t seq, history::EventKind kind);
  std::optional<Entry> next(UndoRole role) const;

 private:
  const UndoMarks& marks_;
  std::vector<Entry> undoable_;
  std::vector<Entry> redoable_;
};

}  // namespace syncline::node
