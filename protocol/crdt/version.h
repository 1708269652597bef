// SPDX-License-Identifier: Apache-2.0
//
// VersionVector: which events somebody has seen, as the highest seq of each log.
//
// Events of one log are numbered 1, 2, 3, ... A log is named by its LogIndex, a dense number
// that is only good on this device: whatever must be the same everywhere goes through the
// LogTable and compares LogIds.
#pragma once

#include "protocol/base/ids.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace syncline::crdt {

using LogIndex = std::uint32_t;

// The id of each LogIndex of a space.
using LogTable = std::vector<LogId>;

// One event; orders by index, which is a local order.
struct EventId {
  LogIndex log = 0;
  std::uint64_t seq = 0;

  auto operator<=>(const EventId&) const = default;
};

class VersionVector {
 public:
  VersionVector() = default;
  // In any order; of a log named twice the higher seq counts.
  explicit VersionVector(std::vector<EventId> rows);

  // 0 for a log that was never seen.
  std::uint64_t get(LogIndex log) const {
    const EventId* row = find(log);
    return row != rows_.data() + rows_.size() && row->log == log ? row->seq : 0;
  }
  // Replaces; 0 removes the row.
  void set(LogIndex log, std::uint64_t seq);
  void raise(LogIndex log, std::uint64_t seq) {
    EventId* row = find(log);
    if (row != rows_.data() + rows_.size() && row->log == log)
      row->seq = row->seq < seq ? seq : row->seq;
    else if (seq != 0)
      rows_.insert(rows_.begin() + (row - rows_.data()), EventId{log, seq});
  }
  void merge(const VersionVector& other);

  bool covers(LogIndex log, std::uint64_t seq) const { return get(log) >= seq; }
  bool covers(const EventId& event) const { return covers(event.log, event.seq); }
  bool covers(const VersionVector& other) const;

  // How many events this version contains. The derived Lamport time of an event is 1 + the
  // sum of its past: consistent with causality, never transmitted, the same everywhere.
  std::uint64_t sum() const;

  bool empty() const { return rows_.empty(); }
  std::size_t size() const { return rows_.size(); }
  // Ascending by log, no zero seq.
  const std::vector<EventId>& rows() const { return rows_; }

  bool operator==(const VersionVector&) const = default;

  void encode(wire::Writer& out) const;
  // Fails the reader on rows that do not ascend, a zero seq, or more rows than `rows_max`.
  static VersionVector decode(wire::Reader& in, std::size_t rows_max);

 private:
  // The first row of `log` or a later one; the end if there is none.
  const EventId* find(LogIndex log) const {
    const EventId* row = rows_.data();
    const EventId* end = row + rows_.size();
    // Few logs write in one document: going through them costs less than halving.
    constexpr std::ptrdiff_t few = 8;
    while (end - row > few) {
      const EventId* middle = row + (end - row) / 2;
      if (middle->log < log)
        row = middle + 1;
      else
        end = middle;
    }
    while (row != end && row->log < log) ++row;
    return row;
  }
  EventId* find(LogIndex log) {
    return rows_.data() + (std::as_const(*this).find(log) - rows_.data());
  }

  std::vector<EventId> rows_;
};

}  // namespace syncline::crdt
