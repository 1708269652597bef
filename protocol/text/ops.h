// SPDX-License-Identifier: Apache-2.0
//
// Ops: what was done to one text, as runs of units of one kind at adjoining places.
//
// Positions count Unicode scalar values of the text at the version of the run's first unit. A
// keystroke that goes on where the last one ended makes its run longer and nothing else.
#pragma once

#include "protocol/text/graph.h"

#include <string>
#include <string_view>
#include <vector>

namespace syncline::text {

enum class OpKind : std::uint8_t {
  insert,
  remove,       // unit by unit at one place, as with the delete key
  remove_back,  // unit by unit before the last one, as with backspace
  clear,        // everything there; one unit
  mark,         // of a range; one unit that changes no character
};

// What a mark lies on. Where it ends is held by the characters inside, or by those outside: then it
// takes in what is put down right there. Peritext (Litt et al., CSCW 2022), section 3.
struct MarkRange {
  std::uint32_t position = 0;
  std::uint32_t count = 0;
  std::uint8_t grows = 0;  // of mark_grows_at_*
};
inline constexpr std::uint8_t mark_grows_at_start = 1, mark_grows_at_end = 2;

struct OpRun {
  Lv from = 0;
  OpKind kind = OpKind::insert;
  std::uint32_t count = 0;
  std::uint32_t position = 0;  // the lowest one of the range
  std::uint32_t bytes = 0;     // of an insert: of its UTF-8, which begins at text_at
  std::size_t text_at = 0;     // of a mark: its number
};

class Ops {
 public:
  Lv size() const { return runs_.empty() ? 0 : runs_.back().from + runs_.back().count; }
  std::size_t run_count() const { return runs_.size(); }
  const OpRun& run(std::size_t index) const { return runs_[index]; }
  // The run that unit `lv` lies in. `hint`: where it is looked for first.
  std::size_t find(Lv lv, std::size_t hint) const;

  void insert(std::uint32_t position, std::string_view utf8, std::uint32_t count);
  void remove(std::uint32_t position, std::uint32_t count);
  void clear();
  // Marks count from 0 on.
  void mark(const MarkRange& range);
  // Requires: the run is a mark.
  std::size_t mark_of(std::size_t run) const { return runs_[run].text_at; }
  const MarkRange& mark_range(std::size_t mark) const { return marks_[mark]; }
  std::size_t mark_count() const { return marks_.size(); }

  // The characters of units [offset, offset + count) of an insert.
  std::string_view text_of(std::size_t run, std::uint32_t offset, std::uint32_t count) const;
  std::size_t text_bytes() const { return text_.size(); }

  std::size_t memory_bytes() const {
    return runs_.capacity() * sizeof(OpRun) + text_.capacity() +
           marks_.capacity() * sizeof(MarkRange);
  }

 private:
  std::vector<OpRun> runs_;
  std::string text_;  // of all inserts
  std::vector<MarkRange> marks_;
};

}  // namespace syncline::text
