// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/list_alignment.h"

#include "protocol/crdt/symbol_diff.h"

#include <algorithm>
#include <deque>
#include <map>

namespace syncline::crdt {
namespace {

// So many pairs of items are compared between two that stay; beyond that they are paired in
// order.
constexpr std::size_t pairs_max = 1024;
// Each costs a look through the list; what is moved beyond that goes and comes again.
constexpr std::size_t moves_max = 2048;

// What it reads as: kinds that were left open must not keep equal items apart.
void encode_reading(wire::Writer& out, const Shape& shape) {
  out.u8(static_cast<std::uint8_t>(shape.node.index()));
  if (const auto* scalar = std::get_if<Scalar>(&shape.node)) {
    encode_scalar(out, *scalar);
  } else if (const auto* list = std::get_if<ShapeList>(&shape.node)) {
    out.varint(list->size());
    for (const Shape& item : *list) encode_reading(out, item);
  } else {
    const auto& map = std::get<ShapeMap>(shape.node);
    out.varint(map.size());
    for (const auto& [key, inner] : map) {
      out.text(key);
      encode_reading(out, inner);
    }
  }
}

// How much of `now` would survive as `wanted`; 0: it is rather another item.
std::uint32_t likeness(const Shape& now, const Shape& wanted) {
  if (kind_wanted(now, wanted) != now.kind) return 0;
  const auto* map = std::get_if<ShapeMap>(&now.node);
  if (map != nullptr) {
    const auto& other = std::get<ShapeMap>(wanted.node);
    std::uint32_t shared = 1;
    for (const auto& [key, inner] : *map)
      if (const auto found = other.find(key); found != other.end())
        shared += reads_as(inner, found->second) ? 4 : 1;
    // Nothing in common: another one in its place.
    return shared == 1 && !map->empty() && !other.empty() ? 0 : shared;
  }
  if (now.kind != Kind::text) return 1;
  const auto& text = std::get<std::string>(std::get<Scalar>(now.node));
  const auto& other = std::get<std::string>(std::get<Scalar>(wanted.node));
  const auto differ = std::mismatch(text.begin(), text.end(), other.begin(), other.end());
  const auto from_back = std::mismatch(text.rbegin(), text.rend(), other.rbegin(), other.rend());
  const auto common = (differ.first - text.begin()) + (from_back.first - text.rbegin());
  const auto longest =
      static_cast<std::ptrdiff_t>(std::max({text.size(), other.size(), std::size_t{1}}));
  return 1 + static_cast<std::uint32_t>(std::min<std::ptrdiff_t>(common * 8 / longest, 8));
}

class Alignment {
 public:
  enum class Moves : std::uint8_t { none, found };
  Alignment(const ShapeList& before, const ShapeList& after)
      : before_(before), after_(after), match_{std::vector<ListMatch::Source>(after.size())} {}

  ListMatch run(Moves moves) {
    const Names shared = names_on_both();
    std::map<Buffer, std::uint32_t> numbers;
    const Symbols from = number(before_, shared, numbers), to = number(after_, shared, numbers);
    const auto hunks = diff_symbols(from, to, numbers.size());
    std::size_t at = 0, row = 0;
    std::vector<bool> moved(before_.size());
    for (const Hunk& hunk : hunks) {
      while (row < hunk.from_begin) keep(row++, at++);
      row = hunk.from_end;
      at = hunk.to_end;
    }
    while (row < before_.size()) keep(row++, at++);
    if (moves == Moves::found) find_moves(hunks, from, to, moved);
    for (const Hunk& hunk : hunks) {
      Indices rows, columns;
      for (std::size_t i = hunk.from_begin; i < hunk.from_end; ++i)
        if (!moved[i]) rows.push_back(i);
      for (std::size_t i = hunk.to_begin; i < hunk.to_end; ++i)
        if (match_.sources[i].item == ListMatch::nowhere) columns.push_back(i);
      pair(rows, columns);
    }
    return std::move(match_);
  }

 private:
  using Indices = std::vector<std::size_t>;

  // Items that are one and the same, as places in both lists.
  using Names = std::map<ItemName, std::pair<std::size_t, std::size_t>>;
  Names names_on_both() const {
    std::map<ItemName, std::size_t> known;
    for (std::size_t i = 0; i < before_.size(); ++i)
      if (before_[i].name) known.try_emplace(*before_[i].name, i);
    Names out;
    for (std::size_t i = 0; i < after_.size(); ++i) {
      const auto found = after_[i].name ? known.find(*after_[i].name) : known.end();
      if (found != known.end()) out.try_emplace(found->first, found->second, i);
    }
    return out;
  }

  // Equal numbers for the same item; for others, if they read the same.
  Symbols number(const ShapeList& items, const Names& shared,
                 std::map<Buffer, std::uint32_t>& numbers) const {
    constexpr std::uint8_t by_name = 0xff;
    Symbols out;
    out.reserve(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Shape& item = items[i];
      const auto found = item.name ? shared.find(*item.name) : shared.end();
      const bool is_named = found != shared.end() &&
                            (&items == &before_ ? found->second.first : found->second.second) == i;
      wire::Writer reading;
      if (is_named)
        reading.u8(by_name).varint(found->second.first);
      else
        encode_reading(reading, item);
      const auto next = static_cast<std::uint32_t>(numbers.size());
      out.push_back(numbers.try_emplace(reading.take(), next).first->second);
    }
    return out;
  }

  void keep(std::size_t row, std::size_t column) { match_.sources[column].item = row; }

  void find_moves(const std::vector<Hunk>& hunks, const Symbols& from, const Symbols& to,
                  std::vector<bool>& moved) {
    std::map<std::uint32_t, std::deque<std::size_t>> left;  // of each reading
    for (const Hunk& hunk : hunks)
      for (std::size_t i = hunk.from_begin; i < hunk.from_end; ++i) left[from[i]].push_back(i);
    std::size_t count = 0;
    for (const Hunk& hunk : hunks) {
      for (std::size_t i = hunk.to_begin; i < hunk.to_end && count < moves_max; ++i) {
        const auto found = left.find(to[i]);
        if (found == left.end() || found->second.empty()) continue;
        match_.sources[i] = {found->second.front(), true};
        moved[found->second.front()] = true;
        found->second.pop_front();
        ++count;
      }
    }
  }

  void pair(const Indices& rows, const Indices& columns) {
    if (rows.size() * columns.size() <= pairs_max) return pair_best(rows, columns);
    const std::size_t pairs = std::min(rows.size(), columns.size());
    for (std::size_t i = 0; i < pairs; ++i)
      if (likeness(before_[rows[i]], after_[columns[i]]) > 0) keep(rows[i], columns[i]);
  }

  // The pairs, in order, that save the most.
  void pair_best(const Indices& rows, const Indices& columns) {
    const std::size_t width = columns.size() + 1;
    // Of what begins at (row, column): how much can be saved.
    std::vector<std::uint32_t> best((rows.size() + 1) * width, 0), alike(best.size(), 0);
    for (std::size_t r = rows.size(); r-- > 0;)
      for (std::size_t c = columns.size(); c-- > 0;) {
        const auto like = likeness(before_[rows[r]], after_[columns[c]]);
        alike[r * width + c] = like;
        const std::uint32_t apart = std::max(best[(r + 1) * width + c], best[r * width + c + 1]);
        const std::uint32_t paired = like > 0 ? like + best[(r + 1) * width + c + 1] : 0;
        best[r * width + c] = std::max(apart, paired);
      }
    std::size_t r = 0, c = 0;
    while (r < rows.size() && c < columns.size()) {
      const std::uint32_t like = alike[r * width + c];
      if (like > 0 && best[r * width + c] == like + best[(r + 1) * width + c + 1]) {
        keep(rows[r++], columns[c++]);
      } else if (best[r * width + c] == best[(r + 1) * width + c]) {
        ++r;
      } else {
        ++c;
      }
    }
  }

  const ShapeList& before_;
  const ShapeList& after_;
  ListMatch match_;
};

void add(std::vector<ListStep>& steps, ListStep::Kind kind, std::size_t count) {
  if (count == 0) return;
  if (!steps.empty() && steps.back().kind == kind) {
    steps.back().count += count;
  } else {
    steps.push_back({kind, count});
  }
}

}  // namespace

ListMatch match_lists(const ShapeList& before, const ShapeList& after) {
  return Alignment(before, after).run(Alignment::Moves::found);
}

std::vector<ListStep> align_lists(const ShapeList& before, const ShapeList& after) {
  const auto sources = Alignment(before, after).run(Alignment::Moves::none).sources;
  std::vector<ListStep> steps;
  std::size_t row = 0;
  for (std::size_t at = 0; at < sources.size();) {
    std::size_t kept = at;
    while (kept < sources.size() && sources[kept].item == ListMatch::nowhere) ++kept;
    const bool is_end = kept == sources.size();
    add(steps, ListStep::Kind::remove, (is_end ? before.size() : sources[kept].item) - row);
    add(steps, ListStep::Kind::insert, kept - at);
    add(steps, ListStep::Kind::keep, is_end ? 0 : 1);
    row = is_end ? before.size() : sources[kept].item + 1;
    at = kept + 1;
  }
  add(steps, ListStep::Kind::remove, before.size() - row);
  return steps;
}

}  // namespace syncline::crdt
