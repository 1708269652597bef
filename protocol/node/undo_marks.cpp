// SPDX-License-Identifier: Apache-2.0
//
// marks = n:varint n*(after:varint length:varint role:u8); after: from the end of the one before
#include "protocol/node/undo_marks.h"

#include <algorithm>

namespace syncline::node {

void UndoMarks::add(const UndoMark& mark) {
  if (marks_.size() == marks_max) marks_.erase(marks_.begin());
  marks_.push_back(mark);
}

const UndoMark* UndoMarks::find(std::uint64_t seq) const {
  const auto found =
      std::ranges::lower_bound(marks_, seq, {}, [](const UndoMark& mark) { return mark.last; });
  return found != marks_.end() && found->first <= seq ? &*found : nullptr;
}

Buffer UndoMarks::encode() const {
  wire::Writer out;
  out.varint(marks_.size());
  std::uint64_t end = 0;
  for (const UndoMark& mark : marks_) {
    out.varint(mark.first - end).varint(mark.last - mark.first);
    out.u8(static_cast<std::uint8_t>(mark.role));
    end = mark.last;
  }
  return out.take();
}

UndoMarks UndoMarks::decode(wire::Reader& in) {
  UndoMarks out;
  const std::uint64_t count = in.varint(marks_max);
  std::uint64_t end = 0;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    UndoMark mark;
    mark.first = end + in.varint(UINT32_MAX);
    mark.last = mark.first + in.varint(UINT32_MAX);
    mark.role = in.u8() == 0 ? UndoRole::undo : UndoRole::redo;
    end = mark.last;
    out.marks_.push_back(mark);
  }
  return out;
}

void UndoStack::add(std::uint64_t seq, history::EventKind kind) {
  const UndoMark* mark = marks_.find(seq);
  if (mark == nullptr) {
    redoable_.clear();
    // What came into being stays: to delete it is another wish.
    if (kind != history::EventKind::create) undoable_.push_back(Entry{seq, seq, kind});
    return;
  }
  if (seq != mark->first) return;
  std::vector<Entry>& from = mark->role == UndoRole::undo ? undoable_ : redoable_;
  std::vector<Entry>& to = mark->role == UndoRole::undo ? redoable_ : undoable_;
  if (from.empty()) return;
  const Entry back = from.back();
  from.pop_back();
  Entry entry{mark->first, mark->last, back.kind};
  if (mark->role == UndoRole::undo) {
    entry.redone_first = back.first;
    entry.redone_last = back.last;
  }
  to.push_back(entry);
}

std::optional<UndoStack::Entry> UndoStack::next(UndoRole role) const {
  const std::vector<Entry>& entries = role == UndoRole::undo ? undoable_ : redoable_;
  if (entries.empty()) return std::nullopt;
  return entries.back();
}

}  // namespace syncline::node
