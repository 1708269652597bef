// SPDX-License-Identifier: Apache-2.0
//
// Spec C23. cursor = hexadecimal of: bias u8 (0 before, 1 after) [log 16 seq v offset v]
//
// Without what is in brackets it is an edge of the text. The offset counts characters and not
// units of change: how many units a removal has depends on what there was to remove.
#include "protocol/crdt/cursor.h"

#include "protocol/crdt/reading.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <algorithm>

namespace syncline::crdt {

namespace {

// Calls visit(first, count) with the units in `range` that put characters down, until it is false.
template <class Visit>
void for_each_insert(const text::TextLog& log, text::LvRange range, Visit visit) {
  std::size_t run = log.ops().find(range.from, 0);
  for (text::Lv at = range.from; at < range.to; ++run) {
    const text::OpRun& op = log.ops().run(run);
    const text::Lv end = std::min(range.to, op.from + op.count);
    if (op.kind == text::OpKind::insert && !visit(at, end - at)) return;
    at = end;
  }
}

// The character that is shown at `position`.
text::CharId character_at(const text::OrderTree& tree, std::uint64_t position) {
  text::CharId found = text::no_char;
  std::uint64_t before = 0;
  tree.for_each([&](const text::OrderTree::Record& record) {
    const std::uint64_t shown = record.shown();
    if (before <= position && position < before + shown)
      found = record.id + static_cast<text::CharId>(position - before);
    before += shown;
  });
  return found;
}

Cursor::Character character_of(const text::TextLog& log, text::CharId id, const LogTable& logs) {
  const text::EventRef event = log.authors().event_of(id);
  Cursor::Character character{logs.at(event.log), event.seq, 0};
  const auto units = log.authors().units_of(event);
  for_each_insert(log, units.value_or(text::LvRange{}), [&](text::Lv first, text::Lv count) {
    const bool is_here = id - first < count;
    character.offset += is_here ? id - first : count;
    return !is_here;
  });
  return character;
}

std::optional<text::CharId> find(const text::TextLog& log, const Cursor::Character& character,
                                 const LogTable& logs) {
  const auto index = std::find(logs.begin(), logs.end(), character.log);
  if (index == logs.end()) return std::nullopt;
  const auto units =
      log.authors().units_of({static_cast<std::uint32_t>(index - logs.begin()), character.seq});
  if (!units) return std::nullopt;
  std::optional<text::CharId> found;
  std::uint64_t rest = character.offset;
  for_each_insert(log, *units, [&](text::Lv first, text::Lv count) {
    if (rest < count) found = first + static_cast<text::Lv>(rest);
    rest -= std::min<std::uint64_t>(rest, count);
    return !found;
  });
  return found;
}

Error no_cursor() {
  return {Errc::invalid,
          "this is no cursor; make one with text.cursor and pass it back as it came"};
}

}  // namespace

const TextContainer* Document::find_text(const Path& path) const {
  const Container* child = container_at(state_->root, path, Kind::text);
  return child == nullptr ? nullptr : std::get_if<TextContainer>(&child->node);
}

std::string Cursor::to_text() const {
  wire::Writer out;
  out.u8(static_cast<std::uint8_t>(bias));
  if (character) out.id(character->log).varint(character->seq).varint(character->offset);
  return to_hex(out.view());
}

Result<Cursor> Cursor::parse(std::string_view text) {
  constexpr std::size_t text_size_max = 2 * (1 + 16 + 10 + 10);
  const auto raw = text.size() <= text_size_max ? from_hex(text) : std::nullopt;
  if (!raw) return tl::unexpected<Error>(no_cursor());
  wire::Reader in(*raw);
  const std::uint8_t bias = in.u8();
  Cursor cursor{bias == 0 ? Bias::before : Bias::after, {}};
  if (in.left() > 0) {
    Character character;
    character.log = in.id<LogId>();
    character.seq = in.varint();
    character.offset = in.varint();
    cursor.character = character;
  }
  if (!in.ok() || in.left() > 0 || bias > 1) return tl::unexpected<Error>(no_cursor());
  return cursor;
}

Cursor cursor_at(const TextContainer& text, std::uint64_t position, Bias bias,
                 const LogTable& logs) {
  Cursor cursor{bias, {}};
  const text::TextLog& log = *text.history();
  const std::uint64_t length = text.length();
  const bool at_edge = bias == Bias::before ? position >= length : position == 0;
  if (at_edge) return cursor;
  const text::CharId id =
      character_at(text.whole().tree(), bias == Bias::before ? position : position - 1);
  cursor.character = character_of(log, id, logs);
  return cursor;
}

std::optional<CursorPlace> place_of(const TextContainer& text, const Cursor& cursor,
                                    const LogTable& logs) {
  if (!cursor.character) return CursorPlace{cursor.bias == Bias::before ? text.length() : 0, false};
  const auto id = find(*text.history(), *cursor.character, logs);
  if (!id) return std::nullopt;
  const text::OrderTree& tree = text.whole().tree();
  const bool is_gone = tree.at(tree.locate(*id)).gone;
  const bool is_behind = cursor.bias == Bias::after && !is_gone;
  return CursorPlace{tree.shown_before(*id) + (is_behind ? 1U : 0U), is_gone};
}

}  // namespace syncline::crdt
