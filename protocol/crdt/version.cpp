// SPDX-License-Identifier: Apache-2.0
//
// version = count:varint count*(gap:varint seq:varint)
//
// `gap` is the distance to the log index before, less one (the index itself for the first row).
#include "protocol/crdt/version.h"

#include <algorithm>

namespace syncline::crdt {
VersionVector::VersionVector(std::vector<EventId> rows) : rows_(std::move(rows)) {
  std::sort(rows_.begin(), rows_.end());
  std::size_t kept = 0;
  for (const EventId& row : rows_) {
    if (row.seq == 0) continue;
    if (kept > 0 && rows_[kept - 1].log == row.log) {
      rows_[kept - 1] = row;
    } else {
      rows_[kept++] = row;
    }
  }
  rows_.resize(kept);
}

void VersionVector::set(LogIndex log, std::uint64_t seq) {
  const auto row = rows_.begin() + (find(log) - rows_.data());
  const bool there = row != rows_.end() && row->log == log;
  if (seq == 0) {
    if (there) rows_.erase(row);
  } else if (there) {
    row->seq = seq;
  } else {
    rows_.insert(row, EventId{log, seq});
  }
}

void VersionVector::merge(const VersionVector& other) {
  if (other.rows_.size() <= 4) {
    for (const EventId& row : other.rows_) raise(row.log, row.seq);
    return;
  }
  std::vector<EventId> merged;
  merged.reserve(rows_.size() + other.rows_.size());
  std::merge(rows_.begin(), rows_.end(), other.rows_.begin(), other.rows_.end(),
             std::back_inserter(merged));
  *this = VersionVector(std::move(merged));
}

bool VersionVector::covers(const VersionVector& other) const {
  if (other.rows_.size() > rows_.size()) return false;
  return std::all_of(other.rows_.begin(), other.rows_.end(),
                     [this](const EventId& row) { return covers(row); });
}

std::uint64_t VersionVector::sum() const {
  std::uint64_t total = 0;
  for (const EventId& row : rows_) total += row.seq;
  return total;
}

void VersionVector::encode(wire::Writer& out) const {
  out.varint(rows_.size());
  std::uint64_t next = 0;
  for (const EventId& row : rows_) {
    out.varint(row.log - next).varint(row.seq);
    next = std::uint64_t{row.log} + 1;
  }
}

VersionVector VersionVector::decode(wire::Reader& in, std::size_t rows_max) {
  VersionVector version;
  const std::uint64_t count = in.varint(rows_max);
  // A row is at least two bytes: nothing is reserved for rows that cannot be there.
  version.rows_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(count, in.left() / 2)));
  std::uint64_t next = 0;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const std::uint64_t log = next + in.varint(UINT32_MAX);
    const std::uint64_t seq = in.varint();
    if (log > UINT32_MAX || (in.ok() && seq == 0)) in.fail_with(Errc::invalid);
    if (in.ok()) version.rows_.push_back({static_cast<LogIndex>(log), seq});
    next = log + 1;
  }
  return in.ok() ? version : VersionVector{};
}

}  // namespace syncline::crdt
