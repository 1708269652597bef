// SPDX-License-Identifier: Apache-2.0
#include "protocol/history/mark_restoration.h"

#include "protocol/history/shown_marks.h"
#include "protocol/history/text_places.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace syncline::history {
namespace {

using crdt::Op;
using crdt::Path;
using crdt::TextMark;
using Marks = std::vector<ShownMark>;

const Marks& of_key(const ShownMarks& marks, const std::string& key) {
  static const Marks none;
  const auto found = marks.find(key);
  return found == marks.end() ? none : found->second;
}

// What of `mark` none of the others covers is marked with nothing, and so is what will be typed at
// the ends of it if the mark would take that in.
void take_back(const ShownMark& mark, const Marks& others, const Path& path, const std::string& key,
               std::vector<Op>& out) {
  const auto take = [&](std::uint64_t from, std::uint64_t to) {
    if (from >= to) return;
    std::uint8_t grows = 0;
    if (from > mark.from || (mark.grows & TextMark::grows_at_start) != 0)
      grows |= TextMark::grows_at_start;
    if (to < mark.to || (mark.grows & TextMark::grows_at_end) != 0) grows |= TextMark::grows_at_end;
    out.push_back({path, TextMark{from, to - from, grows, key, crdt::Null{}}});
  };
  std::uint64_t at = mark.from;
  for (const ShownMark& other : others) {
    if (other.to <= at || other.from >= mark.to) continue;
    take(at, other.from);
    at = other.to;
  }
  take(at, mark.to);
}

void restore_text(const crdt::TextContainer& then, const crdt::TextContainer& now, const Path& path,
                  std::vector<Op>& out) {
  if (then.marks().empty() && now.marks().empty()) return;
  if (then.text() != now.text()) return;
  const ShownMarks wanted = shown_marks(then.marks()), present = shown_marks(now.marks());
  std::set<std::string> keys;
  for (const ShownMarks* marks : {&wanted, &present})
    for (const auto& [key, unused] : *marks) keys.insert(key);
  for (const std::string& key : keys) {
    const Marks &old = of_key(wanted, key), &shown = of_key(present, key);
    for (const ShownMark& mark : shown) take_back(mark, old, path, key, out);
    for (const ShownMark& mark : old) {
      // What devices disagree about now is settled, also where it reads like that already.
      const bool is_there = std::any_of(shown.begin(), shown.end(), [&](const ShownMark& each) {
        return !each.contested && each.from == mark.from && each.to == mark.to &&
               each.grows == mark.grows && each.value == mark.value;
      });
      if (!is_there)
        out.push_back(
            {path, TextMark{mark.from, mark.to - mark.from, mark.grows, key, mark.value}});
    }
  }
}

}  // namespace

std::vector<Op> restore_marks(const crdt::Document& then, const crdt::Document& now) {
  std::vector<Op> out;
  const auto whole = now.shape();
  if (!whole) return out;
  for (const Path& path : paths_of_texts(*whole)) {
    const crdt::TextContainer *was = then.find_text(path), *is = now.find_text(path);
    if (was != nullptr && is != nullptr) restore_text(*was, *is, path, out);
  }
  return out;
}

}  // namespace syncline::history
