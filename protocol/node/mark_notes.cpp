// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/mark_notes.h"

#include "protocol/crdt/text_marks.h"

#include <algorithm>
#include <string>
#include <utility>

namespace syncline::node {

namespace {

std::uint8_t row_growth(const crdt::TextMarks::Row& row) {
  return static_cast<std::uint8_t>((row.start.holds_left ? crdt::TextMark::grows_at_start : 0) |
                                   (row.end.holds_left ? 0 : crdt::TextMark::grows_at_end));
}

}  // namespace

std::vector<step::MarkNote> mark_notes_of(const crdt::TextContainer& text, crdt::Positions unit) {
  constexpr std::uint8_t at_end = crdt::TextMark::grows_at_end;
  std::vector<step::MarkNote> out;
  const std::vector<crdt::TextMarks::Span> spans = text.marks().spans();
  if (spans.empty()) return out;
  const std::string utf8 = text.text();
  for (const crdt::TextMarks::Span& span : spans) {
    step::MarkNote mark{crdt::position_of(utf8, span.from, unit),
                        crdt::position_of(utf8, span.to, unit),
                        span.rows[0]->key,
                        span.rows[0]->value,
                        {},
                        row_growth(*span.rows[0])};
    for (const crdt::TextMarks::Row* row : span.rows)
      if (row->value != mark.value &&
          std::find(mark.others.begin(), mark.others.end(), row->value) == mark.others.end())
        mark.others.push_back(row->value);
    // Who said it does not matter here.
    const bool goes_on = !out.empty() && out.back().key == mark.key && out.back().to == mark.from &&
                         out.back().value == mark.value && out.back().others == mark.others;
    if (goes_on) {
      out.back().to = mark.to;
      out.back().grows =
          static_cast<std::uint8_t>((out.back().grows & ~unsigned{at_end}) | (mark.grows & at_end));
    } else {
      out.push_back(std::move(mark));
    }
  }
  return out;
}

}  // namespace syncline::node
