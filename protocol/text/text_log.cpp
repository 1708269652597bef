// SPDX-License-Identifier: Apache-2.0
#include "protocol/text/text_log.h"

#include <algorithm>

namespace syncline::text {

void TextLog::begin(const EventRef& event, std::span<const Tip> parents) {
  event_ = event;
  parents_.assign(parents.begin(), parents.end());
  has_begun_ = false;
}

void TextLog::insert(std::uint32_t position, std::string_view utf8, std::uint32_t count) {
  const Lv from = size();
  ops_.insert(position, utf8, count);
  grew(from);
}

void TextLog::remove(std::uint32_t position, std::uint32_t count) {
  const Lv from = size();
  ops_.remove(position, count);
  grew(from);
}

void TextLog::clear() {
  const Lv from = size();
  ops_.clear();
  grew(from);
}

void TextLog::mark(const MarkRange& range) {
  const Lv from = size();
  ops_.mark(range);
  grew(from);
}

void TextLog::grew(Lv from) {
  const Lv count = size() - from;
  if (has_begun_) {
    graph_.extend(count);
    authors_.extend(count);
    return;
  }
  const AuthorIndex author = news_.empty() ? authors_.index_of(event_.log) : news_of_;
  graph_.append(count, parents_, author);
  authors_.append(event_, from, count);
  has_begun_ = true;
  if (news_.empty()) return;
  known_[news_of_].swap(news_);
  news_.clear();
}

void TextLog::note_length(Lv size, std::uint32_t length) {
  if (!lengths_.empty() && lengths_.back().size == size) return;
  lengths_.push_back({size, length});
}

void TextLog::note_length_now_and_then(std::uint32_t length) {
  if (size() == 0) return;
  constexpr Lv units_between = 4096;
  const Lv noted = lengths_.empty() ? 0 : lengths_.back().size;
  // Counting on is only possible along a chain: what joined branches needs a note of its own.
  const auto newest_run = static_cast<std::uint32_t>(graph_.run_count() - 1);
  const bool is_cut_off = newest_run > 0 && noted <= graph_.range_of(newest_run).from;
  if (is_cut_off || size() - noted >= units_between) note_length(size(), length);
}

std::uint32_t TextLog::length_at(std::optional<Lv> critical) const {
  if (!critical) return 0;
  const Lv wanted = *critical + 1;
  const auto after = std::upper_bound(lengths_.begin(), lengths_.end(), wanted,
                                      [](Lv lv, const Length& noted) { return lv < noted.size; });
  Length at = after == lengths_.begin() ? Length{} : *(after - 1);
  for (std::size_t run = ops_.find(at.size, 0); at.size < wanted; ++run) {
    const OpRun& op = ops_.run(run);
    const Lv part = std::min(op.from + op.count, wanted) - at.size;
    const std::uint32_t beyond = at.length - std::min(at.length, op.position);
    if (op.kind == OpKind::insert) at.length += part;
    if (op.kind == OpKind::remove) at.length -= std::min(part, beyond);
    if (op.kind == OpKind::remove_back) {
      // Unit by unit from the highest place on; what lies beyond the end is not there.
      const std::uint32_t lowest = op.position + (op.from + op.count - (at.size + part));
      const std::uint32_t highest = lowest + part;
      at.length -= std::min(at.length, highest) - std::min(at.length, lowest);
    }
    if (op.kind == OpKind::clear) at.length = 0;
    at.size += part;
  }
  return at.length;
}

}  // namespace syncline::text
