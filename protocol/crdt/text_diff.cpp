// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/text_diff.h"

#include "protocol/crdt/container.h"

#include <algorithm>
#include <map>
#include <optional>

namespace syncline::crdt {
namespace {

// Texts are compared as sequences of numbers: characters by their code point, lines by a number
// given to each different line.
using Symbols = std::vector<std::uint32_t>;

// The search keeps one row a difference: at most about 1 MB of rows.
constexpr std::ptrdiff_t differences_max = 512;

// from[from_begin, from_end) becomes to[to_begin, to_end).
struct Hunk {
  std::size_t from_begin = 0, from_end = 0, to_begin = 0, to_end = 0;
};

Symbols characters_of(std::string_view utf8) {
  Symbols out;
  out.reserve(utf8.size());
  for (const char raw : utf8) {
    const auto byte = static_cast<std::uint8_t>(raw);
    if ((byte & 0xc0) == 0x80 && !out.empty()) {
      out.back() = out.back() << 8 | byte;
    } else {
      out.push_back(byte);
    }
  }
  return out;
}

// Lines with their line ends, as [begin, end) of the characters.
std::vector<std::size_t> line_ends(const Symbols& text, std::size_t begin, std::size_t end) {
  std::vector<std::size_t> ends;
  for (std::size_t i = begin; i < end; ++i)
    if (text[i] == '\n' || i + 1 == end) ends.push_back(i + 1);
  return ends;
}

// The greedy search of Myers for the shortest script between two sequences, and the way back.
class Myers {
 public:
  Myers(const Symbols& from, const Symbols& to) : from_(from), to_(to) {}

  // Nothing if more than `differences_max` are needed.
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

class Diff {
 public:
  Diff(const Symbols& from, const Symbols& to) : from_(from), to_(to) {}

  std::vector<Hunk> run() {
    compare({0, from_.size(), 0, to_.size()}, Step::characters);
    return std::move(found_);
  }

 private:
  enum class Step { characters, lines, whole };

  // Cuts what is equal at both ends, then goes from the exact to the coarse comparison.
  void compare(Hunk hunk, Step step) {
    while (hunk.from_begin < hunk.from_end && hunk.to_begin < hunk.to_end &&
           from_[hunk.from_begin] == to_[hunk.to_begin]) {
      ++hunk.from_begin;
      ++hunk.to_begin;
    }
    while (hunk.from_begin < hunk.from_end && hunk.to_begin < hunk.to_end &&
           from_[hunk.from_end - 1] == to_[hunk.to_end - 1]) {
      --hunk.from_end;
      --hunk.to_end;
    }
    if (hunk.from_begin == hunk.from_end && hunk.to_begin == hunk.to_end) return;
    if (hunk.from_begin == hunk.from_end || hunk.to_begin == hunk.to_end) return keep(hunk);
    if (step != Step::whole && compare_characters(hunk)) return;
    if (step == Step::characters && compare_lines(hunk)) return;
    keep(hunk);
  }

  static Symbols part(const Symbols& text, std::size_t begin, std::size_t end) {
    return {text.begin() + static_cast<std::ptrdiff_t>(begin),
            text.begin() + static_cast<std::ptrdiff_t>(end)};
  }

  bool compare_characters(const Hunk& hunk) {
    const Symbols a = part(from_, hunk.from_begin, hunk.from_end);
    const Symbols b = part(to_, hunk.to_begin, hunk.to_end);
    const auto hunks = Myers(a, b).run();
    if (!hunks) return false;
    for (const Hunk& h : *hunks)
      keep({hunk.from_begin + h.from_begin, hunk.from_begin + h.from_end,
            hunk.to_begin + h.to_begin, hunk.to_begin + h.to_end});
    return true;
  }

  // Lines that stand once in either text, as far as they stand in the same order, hold the two
  // together; what lies between them is compared by itself.
  bool compare_lines(const Hunk& hunk) {
    const auto from_ends = line_ends(from_, hunk.from_begin, hunk.from_end);
    const auto to_ends = line_ends(to_, hunk.to_begin, hunk.to_end);
    std::map<Symbols, std::uint32_t> numbers;
    const Symbols a = number_lines(from_, hunk.from_begin, from_ends, numbers);
    const Symbols b = number_lines(to_, hunk.to_begin, to_ends, numbers);
    const auto anchors = anchors_of(a, b, numbers.size());
    if (anchors.empty()) return false;
    Hunk gap{hunk.from_begin, 0, hunk.to_begin, 0};
    for (const auto& [from_line, to_line] : anchors) {
      gap.from_end = from_ends[from_line];
      gap.to_end = to_ends[to_line];
      compare(gap, Step::lines);
      gap.from_begin = gap.from_end;
      gap.to_begin = gap.to_end;
    }
    gap.from_end = hunk.from_end;
    gap.to_end = hunk.to_end;
    compare(gap, Step::lines);
    return true;
  }

  static constexpr std::size_t nowhere = SIZE_MAX, twice = SIZE_MAX - 1;
  using Anchor = std::pair<std::size_t, std::size_t>;  // the same line, in either text

  // The longest chain that ascends in both texts.
  static std::vector<Anchor> anchors_of(const Symbols& a, const Symbols& b, std::size_t numbers) {
    const auto places = [numbers](const Symbols& lines) {
      std::vector<std::size_t> at(numbers, nowhere);
      for (std::size_t i = 0; i < lines.size(); ++i)
        at[lines[i]] = at[lines[i]] == nowhere ? i : twice;
      return at;
    };
    const auto in_a = places(a), in_b = places(b);
    std::vector<Anchor> pairs;
    std::vector<std::size_t> before;  // of each pair: the one before it in its chain
    std::vector<std::size_t> chain;   // of each length: the pair that ends it earliest
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (in_a[a[i]] >= twice || in_b[a[i]] >= twice) continue;
      pairs.emplace_back(i, in_b[a[i]]);
      const auto at = std::lower_bound(
          chain.begin(), chain.end(), pairs.back().second,
          [&pairs](std::size_t pair, std::size_t line) { return pairs[pair].second < line; });
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

  static Symbols number_lines(const Symbols& text, std::size_t begin,
                              const std::vector<std::size_t>& ends,
                              std::map<Symbols, std::uint32_t>& numbers) {
    Symbols out;
    for (const std::size_t end : ends) {
      const auto next = static_cast<std::uint32_t>(numbers.size());
      out.push_back(numbers.try_emplace(part(text, begin, end), next).first->second);
      begin = end;
    }
    return out;
  }

  void keep(const Hunk& hunk) {
    if (!found_.empty() && found_.back().from_end == hunk.from_begin &&
        found_.back().to_end == hunk.to_begin) {
      found_.back().from_end = hunk.from_end;
      found_.back().to_end = hunk.to_end;
    } else {
      found_.push_back(hunk);
    }
  }

  const Symbols& from_;
  const Symbols& to_;
  std::vector<Hunk> found_;
};

// Where each boundary between characters of a text went when `edits` were made.
class Shift {
 public:
  Shift(std::size_t length, const std::vector<TextEdit>& edits) {
    std::uint64_t at = 0;
    std::size_t next = 0;
    std::uint64_t removed_left = 0;
    for (std::size_t i = 0; i <= length; ++i) {
      if (next < edits.size() && edits[next].position == i) {
        at += count_scalars(edits[next].inserted);
        removed_left = edits[next].removed;
        ++next;
      }
      to_.push_back(at);
      survives_.push_back(i < length && removed_left == 0);
      if (removed_left > 0) {
        --removed_left;
      } else {
        ++at;
      }
    }
  }
  std::uint64_t of(std::uint64_t position) const { return to_[static_cast<std::size_t>(position)]; }
  bool survives(std::uint64_t character) const {
    return survives_[static_cast<std::size_t>(character)];
  }

 private:
  std::vector<std::uint64_t> to_;
  std::vector<bool> survives_;
};

}  // namespace

std::vector<TextEdit> diff_texts(std::string_view from, std::string_view to) {
  const Symbols a = characters_of(from), b = characters_of(to);
  std::vector<TextEdit> edits;
  std::size_t to_character = 0, to_byte = 0;
  for (const Hunk& hunk : Diff(a, b).run()) {
    to_byte += byte_of_scalar(to.substr(to_byte), hunk.to_begin - to_character);
    const std::size_t size = byte_of_scalar(to.substr(to_byte), hunk.to_end - hunk.to_begin);
    edits.push_back(
        {hunk.from_begin, hunk.from_end - hunk.from_begin, std::string(to.substr(to_byte, size))});
    to_byte += size;
    to_character = hunk.to_end;
  }
  return edits;
}

std::string apply_edits(std::string_view from, const std::vector<TextEdit>& edits) {
  std::string out;
  std::uint64_t at = 0;
  for (const TextEdit& edit : edits) {
    const std::size_t kept = byte_of_scalar(from, edit.position - at);
    out += from.substr(0, kept);
    from.remove_prefix(kept);
    out += edit.inserted;
    from.remove_prefix(byte_of_scalar(from, edit.removed));
    at = edit.position + edit.removed;
  }
  return out += from;
}

std::vector<TextEdit> merge_texts(std::string_view from, std::string_view to,
                                  std::string_view current) {
  const auto theirs = diff_texts(from, current);
  const Shift shift(static_cast<std::size_t>(count_scalars(from)), theirs);
  std::vector<TextEdit> merged;
  for (const TextEdit& edit : diff_texts(from, to)) {
    // Both made the very same change: once is enough.
    if (std::find(theirs.begin(), theirs.end(), edit) != theirs.end()) continue;
    TextEdit piece{shift.of(edit.position), 0, edit.inserted};
    for (std::uint64_t i = edit.position; i < edit.position + edit.removed; ++i) {
      if (!shift.survives(i)) continue;
      if (shift.of(i) != piece.position + piece.removed) {
        if (piece.removed > 0 || !piece.inserted.empty()) merged.push_back(piece);
        piece = {shift.of(i), 0, {}};
      }
      ++piece.removed;
    }
    if (piece.removed > 0 || !piece.inserted.empty()) merged.push_back(std::move(piece));
  }
  return merged;
}

std::vector<Op> ops_of(const std::vector<TextEdit>& edits, const Path& path) {
  std::vector<Op> ops;
  // From the back, so that no edit moves the place of another.
  for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit) {
    if (edit->removed > 0) ops.push_back({path, TextRemove{edit->position, edit->removed}});
    if (!edit->inserted.empty()) ops.push_back({path, TextInsert{edit->position, edit->inserted}});
  }
  return ops;
}

}  // namespace syncline::crdt
