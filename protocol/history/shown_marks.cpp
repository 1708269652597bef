// SPDX-License-Identifier: Apache-2.0
#include "protocol/history/shown_marks.h"

#include <utility>

namespace syncline::history {

using crdt::TextMark;

std::uint8_t growth_of(const crdt::TextMarks::Row& row) {
  return static_cast<std::uint8_t>((row.start.holds_left ? TextMark::grows_at_start : 0) |
                                   (row.end.holds_left ? 0 : TextMark::grows_at_end));
}

ShownMarks shown_marks(const crdt::TextMarks& marks) {
  ShownMarks out;
  for (const crdt::TextMarks::Span& span : marks.spans()) {
    const auto& top = *span.rows.front();
    if (std::holds_alternative<crdt::Null>(top.value)) continue;
    const std::uint8_t grows = growth_of(top);
    std::vector<ShownMark>& known = out[top.key];
    const bool contested = span.rows.size() > 1;
    if (!known.empty() && known.back().to == span.from && known.back().value == top.value) {
      ShownMark& last = known.back();
      last.to = span.to;
      last.contested |= contested;
      last.grows =
          std::uint8_t((last.grows & TextMark::grows_at_start) | (grows & TextMark::grows_at_end));
    } else {
      known.push_back({span.from, span.to, grows, top.value, contested});
    }
  }
  return out;
}

}  // namespace syncline::history
