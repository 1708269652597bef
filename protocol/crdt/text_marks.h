// SPDX-License-Identifier: Apache-2.0
//
// TextMarks: what was said about ranges of one text, and where these are now.
//
// Marks are Peritext's (Litt et al., CSCW 2022): each lies between two ends that hold on to a
// character, so it follows the text; marks of different keys overlap freely, and of one key the
// newest stands, beside those of authors who did not know each other. Spec C37 to C40. An end is
// kept as a position; the owner says what the text does, and finds ends anew after concurrent
// changes.
#pragma once

#include "protocol/crdt/edit.h"
#include "protocol/crdt/op.h"
#include "protocol/text/ops.h"

#include <string>
#include <vector>

namespace syncline::crdt {

class TextMarks {
 public:
  // Holds on to the character on its left, or else gives way to what is put down here.
  struct End {
    std::uint64_t position = 0;
    bool holds_left = false;
    bool operator==(const End&) const = default;
  };
  struct Row {
    LogIndex log = 0;
    LogId id;  // of the log
    std::uint64_t seq = 0;
    std::uint32_t op = 0;
    std::uint64_t lamport = 0;
    WallTime wall;
    std::string key;
    Scalar value;
    VersionVector seen;  // the newest events that its author had seen with a mark of this text
    End start, end;

    // Empty, and will stay so unless somebody writes there who did not know that it is.
    bool is_spent() const {
      return start.position >= end.position && !(start.holds_left && !end.holds_left);
    }
    bool knew(const Row& other) const;
  };
  // A range where a key has these marks and no others. The first stands; the rest are those whose
  // authors did not know of each other. Valid until the marks change.
  struct Span {
    std::uint64_t from = 0, to = 0;
    std::vector<const Row*> rows;
  };

  bool empty() const { return rows_.empty(); }
  const std::vector<Row>& rows() const { return rows_; }

  // The last row then is that of `mark`; where it lies is to be said by place().
  void add(const Edit& edit, const TextMark& mark);
  void place(std::size_t row, End start, End end);
  // Where a mark lies for somebody who sees the text as it is.
  static std::pair<End, End> ends_of(const TextMark& mark, std::uint64_t length);
  // The text changed: `removed` characters went from `position` on, `inserted` came there.
  void splice(std::uint64_t position, std::uint64_t removed, std::uint64_t inserted);
  void forget_spent();
  // From a snapshot.
  void restore(std::vector<Row> rows) { rows_ = std::move(rows); }

  // By key, then place. Ranges from which a mark was taken back are there if somebody else, who did
  // not know, marked them.
  std::vector<Span> spans() const;

  std::size_t size_estimate_bytes() const;

 private:
  std::vector<Row> rows_;
};

}  // namespace syncline::crdt
