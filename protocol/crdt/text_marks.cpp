// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/text_marks.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace syncline::crdt {

namespace {

using Row = TextMarks::Row;

bool is_newer(const Row* a, const Row* b) {
  return std::tie(a->lamport, a->id, a->op) > std::tie(b->lamport, b->id, b->op);
}

// Spec C39: whatever none of the others knew of. `active`: newest first.
std::vector<const Row*> standing(const std::vector<const Row*>& active) {
  std::vector<const Row*> out;
  for (const Row* row : active)
    if (std::none_of(out.begin(), out.end(), [&](const Row* newer) { return newer->knew(*row); }))
      out.push_back(row);
  const bool all_null = std::all_of(out.begin(), out.end(), [](const Row* row) {
    return std::holds_alternative<Null>(row->value);
  });
  if (all_null) out.clear();
  return out;
}

// The spans of the marks of one key.
void sweep(const std::vector<const Row*>& rows, std::vector<TextMarks::Span>& out) {
  std::map<std::uint64_t, std::vector<std::pair<const Row*, bool>>> at;  // begins, or ends
  for (const Row* row : rows) {
    if (row->start.position >= row->end.position) continue;
    at[row->start.position].emplace_back(row, true);
    at[row->end.position].emplace_back(row, false);
  }
  std::vector<const Row*> active;
  TextMarks::Span open;
  for (const auto& [position, changes] : at) {
    for (const auto& [row, begins] : changes) {
      const auto place = std::lower_bound(active.begin(), active.end(), row, is_newer);
      if (begins)
        active.insert(place, row);
      else
        active.erase(place);
    }
    std::vector<const Row*> now = standing(active);
    if (now == open.rows) continue;
    open.to = position;
    if (!open.rows.empty()) out.push_back(open);
    open = {position, position, std::move(now)};
  }
}

void remove_from(TextMarks::End& end, std::uint64_t position, std::uint64_t count) {
  const std::uint64_t beyond = position + count;
  if (end.holds_left) {
    if (end.position <= position) return;
    if (end.position > beyond) {
      end.position -= count;
    } else {  // the character it held on to is gone
      end = {position, false};
    }
    return;
  }
  if (end.position > position) end.position -= std::min(count, end.position - position);
}

void insert_into(TextMarks::End& end, std::uint64_t position, std::uint64_t count) {
  if (end.position > position || (end.position == position && !end.holds_left))
    end.position += count;
}

}  // namespace

bool TextMarks::Row::knew(const Row& other) const {
  if (other.log == log) return std::tie(other.seq, other.op) < std::tie(seq, op);
  return seen.get(other.log) >= other.seq;
}

void TextMarks::add(const Edit& edit, const TextMark& mark) {
  Row row;
  row.log = edit.self.log;
  row.id = edit.id_of(edit.self.log);
  row.seq = edit.self.seq;
  row.op = edit.op;
  row.lamport = edit.lamport;
  row.wall = edit.wall;
  row.key = mark.key;
  row.value = mark.value;
  for (const Row& other : rows_)
    if (other.log != row.log && edit.view.covers({other.log, other.seq}))
      row.seen.raise(other.log, other.seq);
  rows_.push_back(std::move(row));
}

void TextMarks::place(std::size_t row, End start, End end) {
  rows_[row].start = start;
  rows_[row].end = end;
}

std::pair<TextMarks::End, TextMarks::End> TextMarks::ends_of(const TextMark& mark,
                                                             std::uint64_t length) {
  const std::uint64_t start = std::min(mark.position, length);
  const std::uint64_t end = start + std::min(mark.count, length - start);
  return {End{start, (mark.grows & text::mark_grows_at_start) != 0},
          End{end, (mark.grows & text::mark_grows_at_end) == 0}};
}

void TextMarks::splice(std::uint64_t position, std::uint64_t removed, std::uint64_t inserted) {
  for (Row& row : rows_) {
    for (End* end : {&row.start, &row.end}) {
      if (removed > 0) remove_from(*end, position, removed);
      if (inserted > 0) insert_into(*end, position, inserted);
    }
  }
}

void TextMarks::forget_spent() {
  std::erase_if(rows_, [](const Row& row) { return row.is_spent(); });
}

std::vector<TextMarks::Span> TextMarks::spans() const {
  std::map<std::string_view, std::vector<const Row*>> by_key;
  for (const Row& row : rows_) by_key[row.key].push_back(&row);
  std::vector<Span> out;
  for (const auto& [key, rows] : by_key) sweep(rows, out);
  return out;
}

std::size_t TextMarks::size_estimate_bytes() const {
  std::size_t size = rows_.capacity() * sizeof(Row);
  for (const Row& row : rows_) size += row.key.size() + row.seen.size() * sizeof(EventId);
  return size;
}

}  // namespace syncline::crdt
