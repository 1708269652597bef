// SPDX-License-Identifier: Apache-2.0
#include "protocol/text/authors.h"

#include <algorithm>

namespace syncline::text {

AuthorIndex Authors::index_of(std::uint32_t log) {
  for (AuthorIndex i = 0; i < logs_.size(); ++i)
    if (logs_[i].log == log) return i;
  logs_.push_back({log, 0, {}});
  return static_cast<AuthorIndex>(logs_.size() - 1);
}

void Authors::append(const EventRef& event, Lv from, Lv count) {
  const AuthorIndex author = !rows_.empty() && logs_[rows_.back().author].log == event.log
                                 ? rows_.back().author
                                 : index_of(event.log);
  Log& log = logs_[author];
  if (!rows_.empty() && rows_.back().author == author) {
    Row& last = rows_.back();
    const std::uint64_t newest = last.seq + last.events - 1;
    if (event.seq == newest + 1 && count == last.units) {
      ++last.events;
      log.last_seq = event.seq;
      return;
    }
  }
  log.last_seq = event.seq;
  log.rows.push_back(static_cast<std::uint32_t>(rows_.size()));
  rows_.push_back({from, author, event.seq, 1, count});
}

void Authors::extend(Lv count) {
  Row& last = rows_.back();
  if (last.events == 1) {
    last.units += count;
    return;
  }
  // It leaves the run of events that had equally many.
  const AuthorIndex author = last.author;
  const Row alone{last.from + --last.events * last.units, author, last.seq + last.events, 1,
                  last.units + count};
  logs_[author].rows.push_back(static_cast<std::uint32_t>(rows_.size()));
  rows_.push_back(alone);
}

std::size_t Authors::row_of(Lv lv) const {
  const auto after = std::upper_bound(rows_.begin(), rows_.end(), lv,
                                      [](Lv wanted, const Row& row) { return wanted < row.from; });
  return static_cast<std::size_t>(after - rows_.begin()) - 1;
}

EventRef Authors::event_of(Lv lv) const {
  const Row& row = rows_[row_of(lv)];
  return {logs_[row.author].log, row.seq + (lv - row.from) / row.units};
}

const Authors::Row* Authors::row_of(AuthorIndex author, std::uint64_t seq) const {
  const auto& rows = logs_[author].rows;
  if (rows.empty() || rows_[rows.front()].seq > seq) return nullptr;
  // What is asked for is mostly new.
  for (std::size_t back = 1; back <= std::min<std::size_t>(rows.size(), 3); ++back)
    if (const Row& row = rows_[rows[rows.size() - back]]; row.seq <= seq) return &row;
  const auto after = std::upper_bound(
      rows.begin(), rows.end(), seq,
      [this](std::uint64_t wanted, std::uint32_t row) { return wanted < rows_[row].seq; });
  return &rows_[*(after - 1)];
}

std::optional<Lv> Authors::last_unit(AuthorIndex author, std::uint64_t seq) const {
  const Row* row = row_of(author, seq);
  if (row == nullptr) return std::nullopt;
  const auto events = static_cast<Lv>(std::min<std::uint64_t>(seq - row->seq + 1, row->events));
  return row->from + events * row->units - 1;
}

std::optional<LvRange> Authors::units_of(const EventRef& event) const {
  for (AuthorIndex author = 0; author < logs_.size(); ++author) {
    if (logs_[author].log != event.log) continue;
    const Row* row = row_of(author, event.seq);
    if (row == nullptr || event.seq >= row->seq + row->events) return std::nullopt;
    const Lv from = row->from + static_cast<Lv>(event.seq - row->seq) * row->units;
    return LvRange{from, from + row->units};
  }
  return std::nullopt;
}

std::size_t Authors::memory_bytes() const {
  std::size_t size = rows_.capacity() * sizeof(Row) + logs_.capacity() * sizeof(Log);
  for (const Log& log : logs_) size += log.rows.capacity() * sizeof(std::uint32_t);
  return size;
}

}  // namespace syncline::text
