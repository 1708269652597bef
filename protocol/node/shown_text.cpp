// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/shown_text.h"

#include "protocol/text/utf8.h"

#include <algorithm>

namespace syncline::node {

std::size_t ShownText::part_at(Side side, std::uint64_t place) {
  std::uint64_t before = 0;
  std::size_t at = 0;
  for (; at < parts_.size() && before < place; ++at) {
    if (!is_on(parts_[at], side)) continue;
    if (before + parts_[at].count > place) {
      const Part behind{parts_[at].in, before + parts_[at].count - place};
      parts_[at].count = place - before;
      parts_.insert(parts_.begin() + static_cast<std::ptrdiff_t>(at) + 1, behind);
    }
    before += parts_[at].count;
  }
  return at;
}

std::uint64_t ShownText::place_of(Side side, std::size_t part) const {
  std::uint64_t place = 0;
  for (std::size_t i = 0; i < part; ++i)
    if (is_on(parts_[i], side)) place += parts_[i].count;
  return place;
}

void ShownText::diverge() {
  if (present_) return;
  present_ = shown_;
  if (shown_.scalars() > 0) parts_.push_back({In::both, shown_.scalars()});
}

// Neighbours of one sort become one part; if all is in both there is nothing to remember.
void ShownText::tidy() {
  std::vector<Part> joined;
  for (const Part& part : parts_) {
    if (part.count == 0) continue;
    if (!joined.empty() && joined.back().in == part.in)
      joined.back().count += part.count;
    else
      joined.push_back(part);
  }
  parts_ = std::move(joined);
  const bool differs =
      std::ranges::any_of(parts_, [](const Part& part) { return part.in != In::both; });
  if (differs) return;
  parts_.clear();
  present_.reset();
}

std::vector<crdt::TextSplice> ShownText::type(std::uint64_t from, std::uint64_t to,
                                              std::string_view utf8) {
  const std::uint64_t count = text::count_scalars(utf8);
  std::vector<crdt::TextSplice> done;
  if (!present_) {
    shown_.remove(from, to - from);
    shown_.insert(from, utf8, count);
    done.push_back({from, to - from, count});
    return done;
  }
  const std::size_t first = part_at(Side::shown, from);
  const std::uint64_t place = place_of(Side::present, first);
  std::size_t behind = part_at(Side::shown, to);
  std::uint64_t at = place;
  for (std::size_t i = first; i < behind;) {
    const Part part = parts_[i];
    if (part.in == In::present) {
      at += part.count;
      ++i;
      continue;
    }
    if (part.in == In::both) {
      present_->remove(at, part.count);
      done.push_back({at, part.count, 0});
    }
    parts_.erase(parts_.begin() + static_cast<std::ptrdiff_t>(i));
    --behind;
  }
  shown_.remove(from, to - from);
  if (count > 0) {
    shown_.insert(from, utf8, count);
    present_->insert(place, utf8, count);
    parts_.insert(parts_.begin() + static_cast<std::ptrdiff_t>(first), {In::both, count});
    done.push_back({place, 0, count});
  }
  tidy();
  return done;
}

void ShownText::splice(By by, const crdt::TextSplice& splice, std::string_view utf8) {
  const bool is_own = by == By::itself;
  const std::size_t first = part_at(Side::present, splice.position);
  const std::uint64_t place = place_of(Side::shown, first);
  std::size_t behind = part_at(Side::present, splice.position + splice.removed);
  std::uint64_t at = place;
  for (std::size_t i = first; i < behind;) {
    Part& part = parts_[i];
    if (part.in == In::present || (part.in == In::both && is_own)) {
      if (part.in == In::both) shown_.remove(at, part.count);
      parts_.erase(parts_.begin() + static_cast<std::ptrdiff_t>(i));
      --behind;
      continue;
    }
    part.in = In::shown;
    at += part.count;
    ++i;
  }
  present_->remove(splice.position, splice.removed);
  if (splice.inserted == 0) return;
  present_->insert(splice.position, utf8, splice.inserted);
  if (is_own) shown_.insert(place, utf8, splice.inserted);
  parts_.insert(parts_.begin() + static_cast<std::ptrdiff_t>(first),
                {is_own ? In::both : In::present, splice.inserted});
}

void ShownText::changed(By by, const std::vector<crdt::TextChange>& changes) {
  if (changes.empty()) return;
  diverge();
  // From the back, so that none moves the place of another.
  for (auto change = changes.rbegin(); change != changes.rend(); ++change)
    splice(by, {change->position, change->removed, text::count_scalars(change->inserted)},
           change->inserted);
  tidy();
}

void ShownText::became(By by, std::string_view utf8) {
  const std::string was = present().text();
  if (was != utf8) changed(by, crdt::diff_texts(was, utf8));
}

std::size_t ShownText::memory_bytes() const {
  return shown_.memory_bytes() + (present_ ? present_->memory_bytes() : 0) +
         parts_.capacity() * sizeof(Part);
}

}  // namespace syncline::node
