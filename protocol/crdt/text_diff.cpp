// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/text_diff.h"

#include "protocol/crdt/container.h"
#include "protocol/crdt/symbol_diff.h"

#include <algorithm>
#include <map>

namespace syncline::crdt {
namespace {

// Texts are compared as sequences of numbers: characters by their code point, lines by a number
// given to each different line.
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
    trim(hunk, from_, to_);
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
    const auto hunks = shortest_script(a, b);
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
  Shift(std::size_t length, const std::vector<TextChange>& edits) {
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

std::vector<TextChange> diff_texts(std::string_view from, std::string_view to) {
  const Symbols a = characters_of(from), b = characters_of(to);
  std::vector<TextChange> edits;
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

std::string apply_edits(std::string_view from, const std::vector<TextChange>& edits) {
  std::string out;
  std::uint64_t at = 0;
  for (const TextChange& edit : edits) {
    const std::size_t kept = byte_of_scalar(from, edit.position - at);
    out += from.substr(0, kept);
    from.remove_prefix(kept);
    out += edit.inserted;
    from.remove_prefix(byte_of_scalar(from, edit.removed));
    at = edit.position + edit.removed;
  }
  return out += from;
}

std::vector<TextChange> merge_texts(std::string_view from, std::string_view to,
                                    std::string_view current) {
  const auto theirs = diff_texts(from, current);
  const Shift shift(static_cast<std::size_t>(count_scalars(from)), theirs);
  std::vector<TextChange> merged;
  for (const TextChange& edit : diff_texts(from, to)) {
    // Both made the very same change: once is enough.
    if (std::find(theirs.begin(), theirs.end(), edit) != theirs.end()) continue;
    TextChange piece{shift.of(edit.position), 0, edit.inserted};
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

std::vector<Op> ops_of(const std::vector<TextChange>& edits, const Path& path) {
  std::vector<Op> ops;
  // From the back, so that no edit moves the place of another.
  for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit) {
    if (edit->removed > 0) ops.push_back({path, TextRemove{edit->position, edit->removed}});
    if (!edit->inserted.empty()) ops.push_back({path, TextInsert{edit->position, edit->inserted}});
  }
  return ops;
}

}  // namespace syncline::crdt
