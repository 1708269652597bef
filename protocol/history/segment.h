// SPDX-License-Identifier: Apache-2.0
//
// Segment: a run of an entity's history in little room: columns over all its events, compressed.
//
// A history is its segments in order; each begins with the version that those before it end with.
// Events must be written causes before effects. Kept by this device for itself, inside the sealed
// view.
#pragma once

#include "protocol/base/result.h"
#include "protocol/history/past_event.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <array>
#include <map>
#include <memory>

namespace syncline::history {

// A segment never holds more than this, uncompressed, nor more events.
inline constexpr std::size_t segment_size_max = 64 * 1024 * 1024;

// What each column holds. Their order is that of the layout.
enum class Column : std::uint8_t {
  heads,       // a byte of flags for each event
  events,      // what flags leave open of log, seq, Lamport time
  pasts,       // rows, where an author had not seen everything before
  walls,       // differences of time
  types,       // of creations
  ops,         // how many, and their actions
  paths,       // those that change
  places,      // of splices
  removals,    // of splices
  insertions,  // of splices
  texts,
  others,  // ops on anything but texts
};
inline constexpr std::size_t column_count = 12;

class SegmentWriter {
 public:
  SegmentWriter() = default;
  // `base`: the entity's events that are in segments already.
  explicit SegmentWriter(crdt::VersionVector base) : base_(base), seen_(std::move(base)) {}

  // Converts changes of texts to TextEdit.
  void add(const PastEventView& event);
  bool is_empty() const { return count_ == 0; }
  std::uint64_t count() const { return count_; }
  std::size_t size_bytes() const;
  // The segment; what is added afterwards begins the next one.
  Buffer take();

 private:
  wire::Writer& column(Column which) { return columns_[static_cast<std::size_t>(which)]; }
  bool add_past(const PastEventView& event);
  void add_op(const crdt::Op& op);
  void add_edit(const crdt::TextEdit& edit);

  std::array<wire::Writer, column_count> columns_;
  std::uint64_t count_ = 0;
  crdt::EventId last_;
  std::uint64_t last_lamport_ = 0;
  std::int64_t last_wall_ = 0;
  crdt::VersionVector base_;
  crdt::VersionVector seen_;                             // everything so far
  std::map<crdt::LogIndex, crdt::VersionVector> known_;  // by each author, as it wrote last here
  crdt::Path path_;
  std::uint64_t place_ = 0;  // where the last splice ended
};

// Reads one segment, event by event; the event is valid until the next call.
class SegmentReader {
 public:
  // Errors: Errc::corrupt, Errc::oversized.
  static Result<SegmentReader> open(Bytes segment);
  SegmentReader(SegmentReader&&) noexcept;
  SegmentReader& operator=(SegmentReader&&) noexcept;
  ~SegmentReader();

  // Nothing at the end. Errors: Errc::corrupt.
  Result<const PastEvent*> next();
  std::uint64_t count() const;
  // The events before the first one here.
  const crdt::VersionVector& base() const;

 private:
  struct State;
  explicit SegmentReader(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace syncline::history
