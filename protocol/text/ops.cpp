// SPDX-License-Identifier: Apache-2.0
#include "protocol/text/ops.h"

#include "protocol/text/utf8.h"

#include <algorithm>

namespace syncline::text {

std::size_t Ops::find(Lv lv, std::size_t hint) const {
  // Mostly it lies a few runs from the one that was asked for before.
  constexpr int steps = 8;
  std::size_t at = std::min(hint, runs_.size() - 1);
  for (int i = 0; i < steps; ++i) {
    if (lv < runs_[at].from) {
      --at;
    } else {
      if (lv - runs_[at].from < runs_[at].count || at + 1 == runs_.size()) return at;
      ++at;
    }
  }
  const auto after =
      std::upper_bound(runs_.begin(), runs_.end(), lv,
                       [](Lv wanted, const OpRun& run) { return wanted < run.from; });
  return static_cast<std::size_t>(after - runs_.begin()) - 1;
}

void Ops::insert(std::uint32_t position, std::string_view utf8, std::uint32_t count) {
  const Lv from = size();
  const bool goes_on = !runs_.empty() && runs_.back().kind == OpKind::insert &&
                       runs_.back().position + runs_.back().count == position;
  if (!goes_on) runs_.push_back({from, OpKind::insert, 0, position, 0, text_.size()});
  runs_.back().count += count;
  runs_.back().bytes += static_cast<std::uint32_t>(utf8.size());
  text_.append(utf8);
}

void Ops::remove(std::uint32_t position, std::uint32_t count) {
  const Lv from = size();
  if (!runs_.empty()) {
    OpRun& last = runs_.back();
    const bool forward =
        last.kind == OpKind::remove || (last.kind == OpKind::remove_back && last.count == 1);
    const bool backward =
        last.kind == OpKind::remove_back || (last.kind == OpKind::remove && last.count == 1);
    if (forward && last.position == position) {
      last.kind = OpKind::remove;
      last.count += count;
      return;
    }
    if (backward && position + count == last.position) {
      last.kind = OpKind::remove_back;
      last.position = position;
      last.count += count;
      return;
    }
  }
  runs_.push_back({from, OpKind::remove, count, position, 0, 0});
}

void Ops::clear() { runs_.push_back({size(), OpKind::clear, 1, 0, 0, 0}); }

void Ops::mark(const MarkRange& range) {
  runs_.push_back({size(), OpKind::mark, 1, range.position, 0, marks_.size()});
  marks_.push_back(range);
}

std::string_view Ops::text_of(std::size_t run, std::uint32_t offset, std::uint32_t count) const {
  const OpRun& op = runs_[run];
  const std::string_view whole = std::string_view(text_).substr(op.text_at, op.bytes);
  if (whole.size() == op.count) return whole.substr(offset, count);  // ASCII
  const std::size_t begin = byte_of_scalar(whole, offset);
  const std::string_view rest = whole.substr(begin);
  return rest.substr(0, byte_of_scalar(rest, count));
}

}  // namespace syncline::text
