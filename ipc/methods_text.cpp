// SPDX-License-Identifier: Apache-2.0
//
// text.*: cursors that stay with their character, and who wrote what in a text.
#include "ipc/method_fields.h"
#include "ipc/methods.h"
#include "ipc/params.h"
#include "ipc/path.h"

#include <utility>

namespace syncline::ipc {

namespace {

constexpr std::int64_t position_max = std::int64_t{1} << 53;
constexpr std::int64_t cursor_size_max = 128;
constexpr std::int64_t cursors_max = 1000;
constexpr std::int64_t rows_max = 10'000;

Field path_field() { return required("path", path_schema("the text")); }

// What every call about a text says.
template <class Command>
Result<Command> read_place(Json& params) {
  Command command;
  command.entity = read_entity(params);
  command.positions = read_positions(params);
  auto path = read_path(params["path"], "params.path");
  if (!path) return pass(path);
  command.path = std::move(*path);
  return command;
}

Result<step::Command> read_cursor(Json& params) {
  auto command = read_place<step::TextCursor>(params);
  if (!command) return pass(command);
  command->position = static_cast<std::uint64_t>(read_integer(params, "at", 0));
  if (take_text(params, "side") == "right") command->side = step::CursorSide::right;
  return step::Command(std::move(*command));
}

Result<step::Command> read_resolve(Json& params) {
  auto command = read_place<step::TextResolve>(params);
  if (!command) return pass(command);
  command->cursors = take_texts(params, "cursors");
  return step::Command(std::move(*command));
}

Result<step::Command> read_blame(Json& params) {
  auto command = read_place<step::TextBlame>(params);
  if (!command) return pass(command);
  command->at = take_text(params, "at");
  command->from = static_cast<std::uint64_t>(read_integer(params, "from", 0));
  command->limit = static_cast<std::uint32_t>(read_integer(params, "limit", 1000));
  return step::Command(std::move(*command));
}

}  // namespace

std::vector<Method> text_methods() {
  return {
      {.name = "text.cursor",
       .summary = "Makes a cursor: a place in a text that stays where it is meant while the text "
                  "changes, on every device",
       .params = object(
           "",
           {entity_field(), path_field(), required("at", integer("the position", 0, position_max)),
            optional("side",
                     one_of("which neighbour it stays with when something is written right "
                            "there",
                            {"left", "right"}),
                     "\"left\""),
            positions_field()}),
       .result = cursor_schema(),
       .command = read_cursor},
      {.name = "text.resolve",
       .summary = "Where cursors stand now",
       .params = object("", {entity_field(), path_field(),
                             required("cursors", array("what text.cursor gave, for this text",
                                                       text("", cursor_size_max, 1), cursors_max)),
                             positions_field()}),
       .result = cursor_places_schema(),
       .command = read_resolve},
      {.name = "text.blame",
       .summary = "Who wrote each part of a text, and when",
       .params = object(
           "", {entity_field(), path_field(),
                optional("at", version_text("as it was at this version, or name of one"),
                         "as it is now"),
                optional("from", integer("the position to begin with", 0, position_max), "0"),
                optional("limit", integer("at most so many parts", 1, rows_max), "1000"),
                positions_field()}),
       .result = blame_schema(),
       .command = read_blame},
  };
}

}  // namespace syncline::ipc
