// SPDX-License-Identifier: Apache-2.0
//
// Authors: which event each unit of a text's changes belongs to, and how much of the text's past
// a version vector covers.
//
// Runs of events with equally many units are one row, so that a text typed by one device takes
// one row whatever its length. Authors are numbered as they come: `AuthorIndex` is local.
#pragma once

#include "protocol/text/graph.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace syncline::text {

using AuthorIndex = std::uint32_t;

// One event that changed a text, under the caller's number for its log.
struct EventRef {
  std::uint32_t log = 0;
  std::uint64_t seq = 0;

  bool operator==(const EventRef&) const = default;
};

class Authors {
 public:
  std::size_t size() const { return logs_.size(); }
  std::uint32_t log_of(AuthorIndex author) const { return logs_[author].log; }
  // Makes one for a log that is new here.
  AuthorIndex index_of(std::uint32_t log);

  // The units [from, from + count) are this event's. Requires: seqs of a log ascend, units too.
  void append(const EventRef& event, Lv from, Lv count);

  // The newest event has so many units more. Requires: there is one.
  void extend(Lv count);

  // The event that unit `lv` belongs to.
  EventRef event_of(Lv lv) const;
  // The log of unit `lv`; quicker than event_of.
  std::uint32_t log_of_unit(Lv lv) const { return logs_[rows_[row_of(lv)].author].log; }
  // The last unit of an author's events up to `seq`.
  std::optional<Lv> last_unit(AuthorIndex author, std::uint64_t seq) const;
  // The units of one event: everything it did to this text.
  std::optional<LvRange> units_of(const EventRef& event) const;
  // The newest event of each author.
  std::uint64_t last_seq(AuthorIndex author) const { return logs_[author].last_seq; }

  std::size_t memory_bytes() const;

 private:
  // `events` events, numbered from `seq` on, of `units` units each.
  struct Row {
    Lv from = 0;
    AuthorIndex author = 0;
    std::uint64_t seq = 0;
    std::uint32_t events = 0;
    Lv units = 0;
  };
  struct Log {
    std::uint32_t log = 0;
    std::uint64_t last_seq = 0;
    std::vector<std::uint32_t> rows;
  };
  std::size_t row_of(Lv lv) const;
  const Row* row_of(AuthorIndex author, std::uint64_t seq) const;

  std::vector<Row> rows_;  // ascending by unit
  std::vector<Log> logs_;
};

}  // namespace syncline::text
