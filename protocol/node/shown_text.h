// SPDX-License-Identifier: Apache-2.0
//
// ShownText: a text as a program shows it, beside the same text as it is.
//
// What others do changes the text as it is and not what is shown; what the program does changes
// both. Knows which characters are in both, so that a place in the one is found in the other.
// Not responsible for when the program is shown anew: then its owner makes another one.
#pragma once

#include "protocol/crdt/op.h"
#include "protocol/crdt/text_diff.h"
#include "protocol/text/rope.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::node {

class ShownText {
 public:
  // Shown as it is.
  explicit ShownText(text::Rope text) : shown_(std::move(text)) {}

  const text::Rope& shown() const { return shown_; }
  // The text as it is.
  const text::Rope& present() const { return present_ ? *present_ : shown_; }

  // The program puts `utf8` in the place of the shown characters from `from` to `to`. What that
  // does to the text as it is: each splice at what the one before left. What others put in
  // between stays. Requires: from <= to <= shown().scalars().
  std::vector<crdt::TextSplice> type(std::uint64_t from, std::uint64_t to, std::string_view utf8);
  // Others changed the text as it is, or the program itself did, which then shows it as well.
  // Ascending, each position in the text as it is.
  enum class By : std::uint8_t { others, itself };
  void changed(By by, const std::vector<crdt::TextChange>& changes);
  // The same of whoever only knows what the text is now.
  void became(By by, std::string_view utf8);

  // Of all that is shown otherwise than it is, in pieces.
  std::size_t differences() const { return parts_.size(); }
  std::size_t memory_bytes() const;

 private:
  enum class In : std::uint8_t { both, shown, present };
  struct Part {
    In in = In::both;
    std::uint64_t count = 0;
  };
  enum class Side : std::uint8_t { shown, present };
  static bool is_on(const Part& part, Side side) {
    return part.in == In::both || part.in == (side == Side::shown ? In::shown : In::present);
  }
  // The first part behind the character that precedes the place; parts are cut there.
  std::size_t part_at(Side side, std::uint64_t place);
  std::uint64_t place_of(Side side, std::size_t part) const;
  void splice(By by, const crdt::TextSplice& splice, std::string_view utf8);
  void diverge();
  void tidy();

  text::Rope shown_;
  std::optional<text::Rope> present_;  // nothing: as it is shown; parts_ is empty then
  std::vector<Part> parts_;
};

}  // namespace syncline::node
