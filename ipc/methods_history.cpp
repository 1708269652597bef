// SPDX-License-Identifier: Apache-2.0
//
// entity.history and what goes with it: looking back, and going back.
#include "ipc/method_fields.h"
#include "ipc/methods.h"
#include "ipc/params.h"

#include <utility>

namespace syncline::ipc {

namespace {

constexpr std::int64_t versions_max = 1000;

// What every change takes.
std::vector<Field> change_fields() {
  return {entity_field(),
          optional("if_version", version_text("only if this is still the version"),
                   "whatever the version is"),
          wait_field()};
}

template <class Change>
Change read_change(Json& params) {
  Change change;
  change.entity = read_entity(params);
  change.if_version = take_text(params, "if_version");
  change.wait = read_wait(params);
  return change;
}

Result<step::Command> read_history(Json& params) {
  step::EntityHistory command;
  command.entity = read_entity(params);
  command.limit = static_cast<std::uint32_t>(read_integer(params, "limit", 100));
  command.cursor = take_text(params, "cursor");
  return step::Command(std::move(command));
}

Result<step::Command> read_diff(Json& params) {
  step::EntityDiff command;
  command.entity = read_entity(params);
  command.from = take_text(params, "from");
  command.to = take_text(params, "to");
  command.positions = read_positions(params);
  return step::Command(std::move(command));
}

Result<step::Command> read_restore(Json& params) {
  auto command = read_change<step::EntityRestore>(params);
  command.version = take_text(params, "version");
  return step::Command(std::move(command));
}

Result<step::Command> read_undo(Json& params) {
  return step::Command(read_change<step::EntityUndo>(params));
}

Result<step::Command> read_redo(Json& params) {
  auto command = read_change<step::EntityUndo>(params);
  command.direction = step::UndoDirection::again;
  return step::Command(std::move(command));
}

Schema restore_params() {
  std::vector<Field> fields = change_fields();
  fields.insert(
      fields.begin() + 1,
      required("version", version_text("the version, as entity.history gave it, or its name")));
  return object("", std::move(fields));
}

}  // namespace

std::vector<Method> history_methods() {
  return {
      {.name = "entity.history",
       .summary = "Who changed an entity, when and where in it, newest first",
       .params = object(
           "",
           {entity_field(), optional("limit", integer("at most so many", 1, versions_max), "100"),
            optional("cursor", version_text("where the list before ended"), "from the newest")}),
       .result = history_schema(),
       .command = read_history},
      {.name = "entity.diff",
       .summary = "What differs between two versions of an entity",
       .params =
           object("", {entity_field(),
                       required("from", version_text("the version that comes first, or its name")),
                       optional("to", version_text("the version to compare it with, or its name"),
                                "as it is now"),
                       positions_field()}),
       .result = diff_schema(),
       .command = read_diff},
      {.name = "entity.restore",
       .summary = "Makes an entity read as it did at a version, by the fewest changes",
       .params = restore_params(),
       .result = written_schema(),
       .command = read_restore},
      {.name = "entity.undo",
       .summary =
           "Takes back the newest change of the entity that this device made and has not "
           "taken back yet. The entity reads as if that change had not been made: what others "
           "did stays, at the same time and place as well, and a conflict in which the change "
           "took part is settled for the highest of what they put there",
       .params = object("", change_fields()),
       .result = written_schema(),
       .command = read_undo},
      {.name = "entity.redo",
       .summary =
           "Does again what entity.undo took back last, now over what others did at the same "
           "place",
       .params = object("", change_fields()),
       .result = written_schema(),
       .command = read_redo},
  };
}

}  // namespace syncline::ipc
