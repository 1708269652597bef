// SPDX-License-Identifier: Apache-2.0
//
// entity.history and what goes with it: looking back, and going back.
#include "ipc/methods.h"
#include "ipc/params.h"

#include <utility>

namespace syncline::ipc {

namespace {

constexpr std::int64_t version_name_size_max = 4096;
constexpr std::int64_t versions_max = 1000;

Field of_entity() { return required("entity", id16("the entity")); }
Schema version_text(std::string about) { return text(std::move(about), version_name_size_max, 1); }

// What every change takes.
std::vector<Field> change_fields() {
  return {of_entity(),
          optional("if_version", version_text("only if this is still the version"),
                   "whatever the version is"),
          optional("wait",
                   one_of("what has to hold the change before the answer, as in entity.update",
                          {"buffered", "local", "one_device", "all_devices"}),
                   "\"local\"")};
}

template <class Change>
Change read_change(Json& params) {
  Change change;
  change.entity = read_id<EntityId>(params, "entity").value_or(EntityId{});
  change.if_version = take_text(params, "if_version");
  const std::string word = take_text(params, "wait");
  if (word == "buffered") change.wait = step::Wait::local_buffered;
  if (word == "one_device") change.wait = step::Wait::one_device;
  if (word == "all_devices") change.wait = step::Wait::all_devices;
  return change;
}

Result<step::Command> read_history(Json& params) {
  step::EntityHistory command;
  command.entity = read_id<EntityId>(params, "entity").value_or(EntityId{});
  command.limit = static_cast<std::uint32_t>(read_integer(params, "limit", 100));
  command.cursor = take_text(params, "cursor");
  return step::Command(std::move(command));
}

Result<step::Command> read_diff(Json& params) {
  step::EntityDiff command;
  command.entity = read_id<EntityId>(params, "entity").value_or(EntityId{});
  command.from = take_text(params, "from");
  command.to = take_text(params, "to");
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
  fields.insert(fields.begin() + 1,
                required("version", version_text("the version, as entity.history gave it")));
  return object("", std::move(fields));
}

}  // namespace

std::vector<Method> history_methods() {
  return {
      {.name = "entity.history",
       .summary = "Who changed an entity, when and where in it, newest first",
       .params = object(
           "",
           {of_entity(), optional("limit", integer("at most so many", 1, versions_max), "100"),
            optional("cursor", version_text("where the list before ended"), "from the newest")}),
       .result = history_schema(),
       .command = read_history},
      {.name = "entity.diff",
       .summary = "What differs between two versions of an entity",
       .params = object(
           "", {of_entity(), required("from", version_text("the version that comes first")),
                optional("to", version_text("the version to compare it with"), "as it is now")}),
       .result = diff_schema(),
       .command = read_diff},
      {.name = "entity.restore",
       .summary = "Makes an entity read as it did at a version, by the fewest changes",
       .params = restore_params(),
       .result = written_schema(),
       .command = read_restore},
      {.name = "entity.undo",
       .summary = "Takes back the newest change of the entity that this device made and has not "
                  "taken back yet; what others did stays",
       .params = object("", change_fields()),
       .result = written_schema(),
       .command = read_undo},
      {.name = "entity.redo",
       .summary = "Does again what entity.undo took back last",
       .params = object("", change_fields()),
       .result = written_schema(),
       .command = read_redo},
  };
}

}  // namespace syncline::ipc
