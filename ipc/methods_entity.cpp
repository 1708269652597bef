// SPDX-License-Identifier: Apache-2.0
//
// entity.* and conflict.*: reading and changing documents.
#include "ipc/document_value.h"
#include "ipc/entity_ops.h"
#include "ipc/methods.h"
#include "ipc/params.h"
#include "ipc/path.h"

#include <limits>
#include <utility>

namespace syncline::ipc {

namespace {

constexpr std::int64_t word_size_max = 64;
constexpr std::int64_t version_size_max = 4096;
constexpr std::int64_t rows_max = 1000;

Field entity_field() { return required("entity", id16("the entity")); }
Field key_field() {
  return optional(
      "idempotency_key",
      text("the same call repeated with the same key is done once; another call with it is refused",
           word_size_max),
      "none");
}
Field version_field() {
  return optional("if_version", text("only if this is still the version", version_size_max),
                  "whatever the version is");
}
Field limit_field() { return optional("limit", integer("at most so many", 1, rows_max), "100"); }
Field wait_field() {
  return optional("wait",
                  one_of("what has to hold the change before the answer: this process's store, "
                         "this device's disk, one more device, or every device",
                         {"buffered", "local", "one_device", "all_devices"}),
                  "\"local\"");
}

step::Wait read_wait(Json& params) {
  const std::string word = take_text(params, "wait");
  if (word == "buffered") return step::Wait::local_buffered;
  if (word == "one_device") return step::Wait::one_device;
  if (word == "all_devices") return step::Wait::all_devices;
  return step::Wait::local;
}

std::uint32_t read_limit(const Json& params) {
  return static_cast<std::uint32_t>(read_integer(params, "limit", 100));
}

// Requires: the schema requires "entity".
EntityId entity_of(const Json& params) {
  return read_id<EntityId>(params, "entity").value_or(EntityId{});
}

Result<step::Command> create(Json& params) {
  step::EntityCreate command;
  command.space = read_id<SpaceId>(params, "space");
  command.type = take_text(params, "type");
  command.idempotency_key = take_text(params, "idempotency_key");
  command.wait = read_wait(params);
  if (const auto value = params.find("value"); value != params.end()) {
    Status filled = OpsWriter(command.ops).fill_document(*value, "params.value");
    if (!filled) return pass(filled);
  }
  return step::Command(std::move(command));
}

Result<step::Command> get(Json& params) {
  step::EntityGet command;
  command.entity = entity_of(params);
  command.with_kinds = read_boolean(params, "annotated");
  return step::Command(command);
}

Result<step::Command> list(Json& params) {
  step::EntityList command;
  command.space = read_id<SpaceId>(params, "space");
  command.type = take_text(params, "type");
  command.cursor = take_text(params, "cursor");
  command.limit = read_limit(params);
  return step::Command(std::move(command));
}

Result<step::Command> update(Json& params) {
  step::EntityUpdate command;
  command.entity = entity_of(params);
  command.if_version = take_text(params, "if_version");
  command.idempotency_key = take_text(params, "idempotency_key");
  command.wait = read_wait(params);
  Result<std::vector<step::EditOp>> ops = read_entity_ops(params["ops"], "params.ops");
  if (!ops) return pass(ops);
  command.ops = std::move(*ops);
  return step::Command(std::move(command));
}

Result<step::Command> remove(Json& params) {
  step::EntityDelete command;
  command.entity = entity_of(params);
  command.if_version = take_text(params, "if_version");
  command.wait = read_wait(params);
  return step::Command(std::move(command));
}

Result<step::Command> resolve(Json& params) {
  step::ConflictResolve command;
  command.entity = entity_of(params);
  Result<crdt::Path> slot = read_path(params["path"], "params.path");
  if (!slot) return pass(slot);
  // Empty: the entity itself, edited here and deleted there.
  command.slot = std::move(*slot);
  command.choose.reset();
  const Json& choose = params["choose"];
  if (choose.is_number_integer()) command.choose = choose.get<std::uint32_t>();
  return step::Command(std::move(command));
}

}  // namespace

std::vector<Method> entity_methods() {
  return {
      {.name = "entity.create",
       .summary = "Makes a new entity",
       .params = object("", {optional("space", id32("the space to put it in"), "the home space"),
                             optional("type", text("the app's word for it", word_size_max), "none"),
                             optional("value", any_object("the document; see Documents"), "empty"),
                             key_field(), wait_field()}),
       .result = written_schema(),
       .command = create},
      {.name = "entity.get",
       .summary = "Reads an entity",
       .params = object(
           "", {entity_field(), optional("annotated",
                                         boolean("whether texts, counters and sets are marked, so "
                                                 "that entity.create makes the same document"),
                                         "false")}),
       .result = entity_schema(),
       .command = get},
      {.name = "entity.list",
       .summary = "Lists entities",
       .params =
           object("", {optional("space", id32("only of this space"), "every space"),
                       optional("type", text("only of this type", word_size_max), "every type"),
                       optional("cursor", text("where the list before ended", version_size_max),
                                "from the start"),
                       limit_field()}),
       .result = entities_schema(),
       .command = list},
      {.name = "entity.update",
       .summary = "Changes an entity: all of the changes or none",
       .params = object("", {entity_field(), required("ops", entity_ops_schema()), version_field(),
                             key_field(), wait_field()}),
       .result = written_schema(),
       .command = update},
      {.name = "entity.delete",
       .summary = "Deletes an entity; a change made elsewhere at the same time brings it back",
       .params = object("", {entity_field(), version_field(), wait_field()}),
       .result = written_schema(),
       .command = remove},
      {.name = "entity.history",
       .summary = "Who changed an entity and when, newest first",
       .params = object("", {entity_field(), limit_field()}),
       .result = history_schema(),
       .command = [](Json& params) -> Result<step::Command> {
         return step::Command(step::EntityHistory{entity_of(params), read_limit(params)});
       }},
  };
}

std::vector<Method> conflict_methods() {
  return {
      {.name = "conflict.list",
       .summary = "Places where devices wrote at the same time; every value is kept",
       .params = object(
           "", {optional("entity", id16("only of this entity"), "every entity"), limit_field()}),
       .result = conflicts_schema(),
       .command = [](Json& params) -> Result<step::Command> {
         return step::Command(
             step::ConflictList{read_id<EntityId>(params, "entity"), read_limit(params)});
       }},
      {.name = "conflict.resolve",
       .summary = "Keeps one value of a conflict",
       .params = object(
           "", {entity_field(),
                required("path",
                         path_schema(
                             "the place, as conflict.list gave it; empty for the entity itself")),
                required("choose",
                         either("which",
                                {integer("the position in the conflict's values; 0 keeps an entity",
                                         0, std::numeric_limits<std::uint32_t>::max()),
                                 one_of("", {"removal"})}))}),
       .result = written_schema(),
       .command = resolve},
  };
}

}  // namespace syncline::ipc
