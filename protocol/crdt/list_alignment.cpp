// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/list_alignment.h"

#include "protocol/crdt/symbol_diff.h"

#include <algorithm>
#include <map>

namespace syncline::crdt {
namespace {

// So many pairs of items are compared between two that stay; beyond that they are paired in
// order.
constexpr std::size_t pairs_max = 1024;

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
  Alignment(const ShapeList& before, const ShapeList& after) : before_(before), after_(after) {}

  std::vector<ListStep> run() {
    std::map<Buffer, std::uint32_t> numbers;
    const Symbols from = number(before_, numbers), to = number(after_, numbers);
    std::size_t at = 0;
    for (const Hunk& hunk : diff_symbols(from, to, numbers.size())) {
      add(ListStep::Kind::keep, hunk.from_begin - at);
      between(hunk);
      at = hunk.from_end;
    }
    add(ListStep::Kind::keep, before_.size() - at);
    return std::move(steps_);
  }

 private:
  static Symbols number(const ShapeList& items, std::map<Buffer, std::uint32_t>& numbers) {
    Symbols out;
    out.reserve(items.size());
    for (const Shape& item : items) {
      wire::Writer reading;
      encode_reading(reading, item);
      const auto next = static_cast<std::uint32_t>(numbers.size());
      out.push_back(numbers.try_emplace(reading.take(), next).first->second);
    }
    return out;
  }

  void add(ListStep::Kind kind, std::size_t count) {
    if (count == 0) return;
    if (!steps_.empty() && steps_.back().kind == kind) {
      steps_.back().count += count;
    } else {
      steps_.push_back({kind, count});
    }
  }

  void between(const Hunk& hunk) {
    const std::size_t rows = hunk.from_end - hunk.from_begin, columns = hunk.to_end - hunk.to_begin;
    if (rows > 0 && columns > 0 && rows * columns <= pairs_max) return pair_best(hunk);
    const std::size_t pairs = std::min(rows, columns);
    for (std::size_t i = 0; i < pairs; ++i) {
      const bool alike = likeness(before_[hunk.from_begin + i], after_[hunk.to_begin + i]) > 0;
      add(alike ? ListStep::Kind::keep : ListStep::Kind::remove, 1);
      if (!alike) add(ListStep::Kind::insert, 1);
    }
    add(ListStep::Kind::remove, rows - pairs);
    add(ListStep::Kind::insert, columns - pairs);
  }

  // The pairs, in order, that save the most.
  void pair_best(const Hunk& hunk) {
    const std::size_t rows = hunk.from_end - hunk.from_begin, columns = hunk.to_end - hunk.to_begin;
    const std::size_t width = columns + 1;
    // Of what begins at (row, column): how much can be saved.
    std::vector<std::uint32_t> best((rows + 1) * width, 0), alike(rows * columns, 0);
    for (std::size_t r = rows; r-- > 0;)
      for (std::size_t c = columns; c-- > 0;) {
        const auto like = likeness(before_[hunk.from_begin + r], after_[hunk.to_begin + c]);
        alike[r * columns + c] = like;
        const std::uint32_t apart = std::max(best[(r + 1) * width + c], best[r * width + c + 1]);
        const std::uint32_t paired = like > 0 ? like + best[(r + 1) * width + c + 1] : 0;
        best[r * width + c] = std::max(apart, paired);
      }
    std::size_t r = 0, c = 0;
    while (r < rows && c < columns) {
      const std::uint32_t like = alike[r * columns + c];
      if (like > 0 && best[r * width + c] == like + best[(r + 1) * width + c + 1]) {
        add(ListStep::Kind::keep, 1);
        ++r, ++c;
      } else if (best[r * width + c] == best[(r + 1) * width + c]) {
        add(ListStep::Kind::remove, 1);
        ++r;
      } else {
        add(ListStep::Kind::insert, 1);
        ++c;
      }
    }
    add(ListStep::Kind::remove, rows - r);
    add(ListStep::Kind::insert, columns - c);
  }

  const ShapeList& before_;
  const ShapeList& after_;
  std::vector<ListStep> steps_;
};

}  // namespace

std::vector<ListStep> align_lists(const ShapeList& before, const ShapeList& after) {
  return Alignment(before, after).run();
}

}  // namespace syncline::crdt
