// SPDX-License-Identifier: Apache-2.0
//
// Cursor: a place in a text that stays where it is meant while the text changes.
//
// It names a character by the event that wrote it, so it means the same on every device and
// outlives the character: then it stands where that was. Not responsible for showing cursors to
// others (node/presence.h). A caller makes sure that the text has its history.
#pragma once

#include "protocol/crdt/text_container.h"

#include <string>
#include <string_view>

namespace syncline::crdt {

// Which neighbour a place holds on to when something is inserted right there.
enum class Bias : std::uint8_t {
  before,  // stands before the character that follows
  after,   // stands after the character that comes first
};

struct Cursor {
  Bias bias = Bias::before;
  // Nothing: the end of the text for `before`, its start for `after`.
  struct Character {
    LogId log;
    std::uint64_t seq = 0;
    std::uint64_t offset = 0;  // among all characters that the event put into this text

    bool operator==(const Character&) const = default;
  };
  std::optional<Character> character;

  bool operator==(const Cursor&) const = default;

  // Opaque for programs.
  std::string to_text() const;
  // Errors: Errc::invalid.
  static Result<Cursor> parse(std::string_view text);
};

// Requires: text.has_history(), position <= text.length().
Cursor cursor_at(const TextContainer& text, std::uint64_t position, Bias bias,
                 const LogTable& logs);
struct CursorPlace {
  std::uint64_t position = 0;
  bool is_gone = false;  // the character it holds on to

  bool operator==(const CursorPlace&) const = default;
};
// Where it stands now. Nothing if the event has not arrived, or wrote no such character here.
// Requires: text.has_history().
std::optional<CursorPlace> place_of(const TextContainer& text, const Cursor& cursor,
                                    const LogTable& logs);

}  // namespace syncline::crdt
