// SPDX-License-Identifier: Apache-2.0
//
// text.type and text.flush: typing as it happens.
#include "ipc/method_fields.h"
#include "ipc/methods.h"
#include "ipc/params.h"
#include "ipc/path.h"

#include <utility>

namespace syncline::ipc {

namespace {

constexpr std::int64_t typing_position_max = UINT32_MAX;
constexpr std::int64_t typed_size_max = 8 * 1024;

Result<step::Command> read_type(Json& params) {
  step::TextType command;
  command.entity = read_entity(params);
  command.positions = read_positions(params);
  auto path = read_path(params["path"], "params.path");
  if (!path) return pass(path);
  command.path = std::move(*path);
  command.position = static_cast<std::uint64_t>(read_integer(params, "at", 0));
  command.removed = static_cast<std::uint64_t>(read_integer(params, "remove", 0));
  command.inserted = take_text(params, "insert");
  return step::Command(std::move(command));
}

Result<step::Command> read_flush(Json& params) {
  return step::Command(step::TextFlush{read_entity(params), read_wait(params)});
}

}  // namespace

std::vector<Method> typing_methods() {
  return {
      {.name = "text.type",
       .summary =
           "Types into a text: keystrokes become one change after 2 seconds without any, after "
           "5 seconds, or when something else is asked about entities; until then connected "
           "devices are shown a preview, and a crash loses nothing",
       .params = object(
           "", {entity_field(), required("path", path_schema("the text")),
                required("at",
                         integer("where, in the text as this connection was shown it, with what it "
                                 "did since",
                                 0, typing_position_max)),
                optional("remove",
                         integer("how much is removed from there on", 0, typing_position_max), "0"),
                optional("insert", text("what is put there", typed_size_max), "nothing"),
                positions_field()}),
       .result = typed_schema(),
       .command = read_type},
      {.name = "text.flush",
       .summary = "Makes a change of what was typed into an entity, now",
       .params = object("", {entity_field(), wait_field()}),
       .result = written_schema(),
       .command = read_flush},
  };
}

}  // namespace syncline::ipc
