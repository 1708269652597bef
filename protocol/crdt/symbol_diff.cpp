// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/symbol_diff.h"

#include <algorithm>

namespace syncline::crdt {
namespace {

// The search keeps one row a difference: at most about 1 MB of rows.
constexpr std::ptrdiff_t differences_max = 512;

// The greedy search of Myers for the shortest script between two sequences, and the way back.
class Myers {
 public:
  Myers(const Symbols& from, const Symbols& to) : from_(from), to_(to) {}

  std::optional<std::vector<Hunk>> run() {
    const auto n = static_cast<std::ptrdiff_t>(from_.size());
    const auto m = static_cast<std::ptrdiff_t>(to_.size());
    for (std::ptrdiff_t d = 0; d <= std::min(n + m, differences_max); ++d) {
      rows_.emplace_back(static_cast<std::size_t>(2 * d + 1));
      for (std::ptrdiff_t k = -d; k <= d; k += 2) {
        std::ptrdiff_t x = d == 0 ? 0 : start(d, k);
        while (x < n && x - k < m && x - k >= 0 && same(x, x - k)) ++x;
        reached(d, k) = x;
        if (x >= n && x - k >= m) return way_back(d, k);
      }
    }
    return std::nullopt;
  }

 private:
  bool same(std::ptrdiff_t x, std::ptrdiff_t y) const {
    return from_[static_cast<std::size_t>(x)] == to_[static_cast<std::size_t>(y)];
  }
  std::ptrdiff_t& reached(std::ptrdiff_t d, std::ptrdiff_t k) {
    return rows_[static_cast<std::size_t>(d)][static_cast<std::size_t>(k + d)];
  }
  bool from_above(std::ptrdiff_t d, std::ptrdiff_t k) {
    return k == -d || (k != d && reached(d - 1, k - 1) < reached(d - 1, k + 1));
  }
  std::ptrdiff_t start(std::ptrdiff_t d, std::ptrdiff_t k) {
    return from_above(d, k) ? reached(d - 1, k + 1) : reached(d - 1, k - 1) + 1;
  }
  std::vector<Hunk> way_back(std::ptrdiff_t d, std::ptrdiff_t k) {
    std::vector<Hunk> hunks;
    for (; d > 0; --d) {
      const bool insertion = from_above(d, k);
      const std::ptrdiff_t before = insertion ? k + 1 : k - 1;
      const auto x = static_cast<std::size_t>(reached(d - 1, before));
      const auto y = static_cast<std::size_t>(reached(d - 1, before) - before);
      const Hunk step{x, x + (insertion ? 0u : 1u), y, y + (insertion ? 1u : 0u)};
      if (!hunks.empty() && hunks.back().from_begin == step.from_end &&
          hunks.back().to_begin == step.to_end) {
        hunks.back().from_begin = step.from_begin;
        hunks.back().to_begin = step.to_begin;
      } else {
        hunks.push_back(step);
      }
      k = before;
    }
    std::reverse(hunks.begin(), hunks.end());
    return hunks;
  }

  const Symbols& from_;
  const Symbols& to_;
  // Of each number of differences, how far each diagonal got.
  std::vector<std::vector<std::ptrdiff_t>> rows_;
};

constexpr std::size_t nowhere = SIZE_MAX, twice = SIZE_MAX - 1;

std::vector<std::size_t> places_of(const Symbols& symbols, std::size_t symbol_count) {
  std::vector<std::size_t> at(symbol_count, nowhere);
  for (std::size_t i = 0; i < symbols.size(); ++i)
    at[symbols[i]] = at[symbols[i]] == nowhere ? i : twice;
  return at;
}

class SymbolDiff {
 public:
  SymbolDiff(const Symbols& from, const Symbols& to) : from_(from), to_(to) {}

  std::vector<Hunk> run(std::size_t symbol_count) {
    Hunk all{0, from_.size(), 0, to_.size()};
    if (compare(all)) return std::move(found_);
    Hunk gap{all.from_begin, 0, all.to_begin, 0};
    for (const auto& [from_at, to_at] : anchors_of(from_, to_, symbol_count)) {
      if (from_at < gap.from_begin || to_at < gap.to_begin) continue;  // in the trimmed front
      if (from_at >= all.from_end || to_at >= all.to_end) break;
      gap.from_end = from_at;
      gap.to_end = to_at;
      if (!compare(gap)) found_.push_back(gap);
      gap.from_begin = from_at + 1;
      gap.to_begin = to_at + 1;
    }
    gap.from_end = all.from_end;
    gap.to_end = all.to_end;
    if (!compare(gap)) found_.push_back(gap);
    return std::move(found_);
  }

 private:
  // False: too different; `hunk` is what remained after trimming.
  bool compare(Hunk& hunk) {
    trim(hunk, from_, to_);
    const bool shrunk = hunk.from_begin == hunk.from_end, grown = hunk.to_begin == hunk.to_end;
    if (shrunk && grown) return true;
    if (shrunk || grown) {
      found_.push_back(hunk);
      return true;
    }
    const auto script = shortest_script(part(from_, hunk.from_begin, hunk.from_end),
                                        part(to_, hunk.to_begin, hunk.to_end));
    if (!script) return false;
    for (const Hunk& h : *script)
      found_.push_back({hunk.from_begin + h.from_begin, hunk.from_begin + h.from_end,
                        hunk.to_begin + h.to_begin, hunk.to_begin + h.to_end});
    return true;
  }

  static Symbols part(const Symbols& all, std::size_t begin, std::size_t end) {
    return {all.begin() + static_cast<std::ptrdiff_t>(begin),
            all.begin() + static_cast<std::ptrdiff_t>(end)};
  }

  const Symbols& from_;
  const Symbols& to_;
  std::vector<Hunk> found_;
};

}  // namespace

std::optional<std::vector<Hunk>> shortest_script(const Symbols& from, const Symbols& to) {
  return Myers(from, to).run();
}

std::vector<Anchor> anchors_of(const Symbols& from, const Symbols& to, std::size_t symbol_count) {
  const auto in_from = places_of(from, symbol_count), in_to = places_of(to, symbol_count);
  std::vector<Anchor> pairs;
  std::vector<std::size_t> before;  // of each pair: the one before it in its chain
  std::vector<std::size_t> chain;   // of each length: the pair that ends it earliest
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (in_from[from[i]] >= twice || in_to[from[i]] >= twice) continue;
    pairs.emplace_back(i, in_to[from[i]]);
    const auto at = std::lower_bound(
        chain.begin(), chain.end(), pairs.back().second,
        [&pairs](std::size_t pair, std::size_t place) { return pairs[pair].second < place; });
    before.push_back(at == chain.begin() ? nowhere : *(at - 1));
    if (at == chain.end()) {
      chain.push_back(pairs.size() - 1);
    } else {
      *at = pairs.size() - 1;
    }
  }
  std::vector<Anchor> anchors;
  for (std::size_t i = chain.empty() ? nowhere : chain.back(); i != nowhere; i = before[i])
    anchors.push_back(pairs[i]);
  std::reverse(anchors.begin(), anchors.end());
  return anchors;
}

void trim(Hunk& hunk, const Symbols& from, const Symbols& to) {
  while (hunk.from_begin < hunk.from_end && hunk.to_begin < hunk.to_end &&
         from[hunk.from_begin] == to[hunk.to_begin]) {
    ++hunk.from_begin;
    ++hunk.to_begin;
  }
  while (hunk.from_begin < hunk.from_end && hunk.to_begin < hunk.to_end &&
         from[hunk.from_end - 1] == to[hunk.to_end - 1]) {
    --hunk.from_end;
    --hunk.to_end;
  }
}

std::vector<Hunk> diff_symbols(const Symbols& from, const Symbols& to, std::size_t symbol_count) {
  return SymbolDiff(from, to).run(symbol_count);
}

}  // namespace syncline::crdt
