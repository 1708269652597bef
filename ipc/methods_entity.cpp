// SPDX-License-Identifier: Apache-2.0
//
// entity.* and conflict.*: reading and changing documents.
#include "ipc/document_value.h"
#include "ipc/entity_ops.h"
#include "ipc/method_fields.h"
#include "ipc/methods.h"
#include "ipc/params.h"
#include "ipc/path.h"
#include "ipc/shape_json.h"
#include "ipc/text_marks.h"

#include <limits>
#include <utility>

namespace syncline::ipc {

namespace {

constexpr std::int64_t word_size_max = 64;
constexpr std::int64_t version_size_max = 4096;
constexpr std::int64_t rows_max = 1000;

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
std::uint32_t read_limit(const Json& params) {
  return static_cast<std::uint32_t>(read_integer(params, "limit", 100));
}

// What is, or is like, a whole document, and the marks that are taken out of it.
struct Whole {
  crdt::Shape shape;
  std::vector<step::PutMarks> marks;
};
Result<std::vector<step::PutMarks>> take_all_marks(Json& value, crdt::Positions positions,
                                                   const std::string& place) {
  std::vector<step::PutMarks> marks;
  if (Status taken = take_marks(value, {{}, place, positions}, marks); !taken) return pass(taken);
  return marks;
}
Result<Whole> read_whole(Json& value, crdt::Positions positions, const std::string& place) {
  Whole whole;
  auto marks = take_all_marks(value, positions, place);
  if (!marks) return pass(marks);
  whole.marks = std::move(*marks);
  if (Status is_map = check_is_map(value, place, "the document itself"); !is_map)
    return pass(is_map);
  auto shape = read_shape(value, place, 0);
  if (!shape) return pass(shape);
  whole.shape = std::move(*shape);
  return whole;
}

Result<step::Command> create(Json& params) {
  step::EntityCreate command;
  command.space = read_id<SpaceId>(params, "space");
  command.type = take_text(params, "type");
  command.idempotency_key = take_text(params, "idempotency_key");
  command.wait = read_wait(params);
  if (const auto value = params.find("value"); value != params.end()) {
    auto marks = take_all_marks(*value, read_positions(params), "params.value");
    if (!marks) return pass(marks);
    Status filled = OpsWriter(command.ops).fill_document(*value, "params.value");
    if (!filled) return pass(filled);
    for (step::PutMarks& put : *marks) command.ops.emplace_back(std::move(put));
  }
  return step::Command(std::move(command));
}

Result<step::Command> get(Json& params) {
  step::EntityGet command;
  command.entity = read_entity(params);
  command.with_kinds = read_boolean(params, "annotated");
  command.positions = read_positions(params);
  command.at = take_text(params, "at");
  if (has(params, "path")) {
    auto path = read_path(params["path"], "params.path");
    if (!path) return pass(path);
    command.path = std::move(*path);
  }
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
  command.entity = read_entity(params);
  command.if_version = take_text(params, "if_version");
  command.idempotency_key = take_text(params, "idempotency_key");
  command.wait = read_wait(params);
  command.positions = read_positions(params);
  const int forms =
      int{has(params, "ops")} + int{has(params, "merge_patch")} + int{has(params, "json_patch")};
  if (forms != 1)
    return fail(Errc::invalid,
                "params has to have one of \"ops\", \"merge_patch\" and \"json_patch\"");
  if (has(params, "merge_patch")) {
    auto patch = read_whole(params["merge_patch"], command.positions, "params.merge_patch");
    if (!patch) return pass(patch);
    command.marks = std::move(patch->marks);
    command.rewrite = step::MergePatch{std::move(patch->shape)};
  } else if (has(params, "json_patch")) {
    auto patch = read_json_patch(params["json_patch"], "params.json_patch");
    if (!patch) return pass(patch);
    command.rewrite = std::move(*patch);
  } else {
    auto ops = read_entity_ops(params["ops"], "params.ops", command.positions);
    if (!ops) return pass(ops);
    command.ops = std::move(ops->edits);
    command.origins = std::move(ops->origins);
  }
  return step::Command(std::move(command));
}

Result<step::Command> put(Json& params) {
  step::EntityUpdate command;
  command.entity = read_entity(params);
  command.if_version = take_text(params, "if_version");
  command.idempotency_key = take_text(params, "idempotency_key");
  command.wait = read_wait(params);
  auto whole = read_whole(params["value"], read_positions(params), "params.value");
  if (!whole) return pass(whole);
  command.marks = std::move(whole->marks);
  command.rewrite = step::WholePut{std::move(whole->shape)};
  return step::Command(std::move(command));
}

Result<step::Command> remove(Json& params) {
  step::EntityDelete command;
  command.entity = read_entity(params);
  command.if_version = take_text(params, "if_version");
  command.wait = read_wait(params);
  return step::Command(std::move(command));
}

std::optional<crdt::ConflictKind> read_conflict_kind(Json& params) {
  const std::string word = take_text(params, "kind");
  if (word == "concurrent_values") return crdt::ConflictKind::concurrent_values;
  if (word == "edited_and_deleted") return crdt::ConflictKind::edited_and_deleted;
  if (word == "move_lost") return crdt::ConflictKind::move_lost;
  return std::nullopt;
}

Result<step::Command> resolve(Json& params) {
  step::ConflictResolve command;
  command.entity = read_entity(params);
  Result<crdt::Path> slot = read_path(params["path"], "params.path");
  if (!slot) return pass(slot);
  // Empty: the entity itself, edited here and deleted there.
  command.slot = std::move(*slot);
  command.choose.reset();
  command.kind = read_conflict_kind(params);
  command.if_version = take_text(params, "if_version");
  if (has(params, "choose") == has(params, "value"))
    return fail(Errc::invalid, "params has to have one of \"choose\" and \"value\"");
  if (has(params, "value")) {
    auto value = read_shape(params["value"], "params.value", command.slot.size());
    if (!value) return pass(value);
    command.value = std::move(*value);
  } else if (const Json& choose = params["choose"]; choose.is_number_integer()) {
    command.choose = choose.get<std::uint32_t>();
  }
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
                             positions_field(), key_field(), wait_field()}),
       .result = written_schema(),
       .command = create},
      {.name = "entity.get",
       .summary = "Reads an entity",
       .params = object(
           "",
           {entity_field(), optional("path", path_schema("only this part of it"), "all of it"),
            optional("at",
                     version_text("as it was at this version, see entity.history, or name of one"),
                     "as it is now"),
            optional("annotated",
                     boolean("whether texts, counters, sets and trees have their markers, so that "
                             "entity.create makes the same document, and notes tell who wrote "
                             "what"),
                     "false"),
            positions_field()}),
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
       .params = object(
           "", {entity_field(), optional("ops", entity_ops_schema(), "one of the patches is given"),
                optional("merge_patch",
                         any_object("the keys that change, null for those that go (RFC 7386)"),
                         "ops or json_patch is given"),
                optional("json_patch", json_patch_schema("operations, in order (RFC 6902)"),
                         "ops or merge_patch is given"),
                positions_field(), version_field(), key_field(), wait_field()}),
       .result = written_schema(),
       .command = update},
      {.name = "entity.put",
       .summary = "Makes the whole document what is given, by the fewest changes",
       .params =
           object("", {entity_field(), required("value", any_object("the document; see Documents")),
                       positions_field(), version_field(), key_field(), wait_field()}),
       .result = written_schema(),
       .command = put},
      {.name = "entity.delete",
       .summary = "Deletes an entity; a change made elsewhere at the same time brings it back",
       .params = object("", {entity_field(), version_field(), wait_field()}),
       .result = written_schema(),
       .command = remove},
  };
}

std::vector<Method> conflict_methods() {
  return {
      {.name = "conflict.list",
       .summary = "Places where devices wrote at the same time; every value is kept",
       .params = object(
           "", {optional("entity", id16("only of this entity"), "every entity"),
                optional("space", id32("only of this space"), "every space"), limit_field()}),
       .result = conflicts_schema(),
       .command = [](Json& params) -> Result<step::Command> {
         return step::Command(step::ConflictList{read_id<EntityId>(params, "entity"),
                                                 read_id<SpaceId>(params, "space"),
                                                 read_limit(params)});
       }},
      {.name = "conflict.resolve",
       .summary = "Ends a conflict: keeps one of its values, or writes another one",
       .params = object(
           "",
           {entity_field(),
            required(
                "path",
                path_schema("the place, as conflict.list gave it; empty for the entity itself")),
            optional(
                "choose",
                either("which", {integer("the position in the conflict's values; 0 keeps an entity",
                                         0, std::numeric_limits<std::uint32_t>::max()),
                                 one_of("", {"removal"})}),
                "a value is given"),
            optional("value", any_value("what to write instead; not of a move"), "choose is given"),
            optional("kind",
                     one_of("which, where a place has several conflicts",
                            {"concurrent_values", "edited_and_deleted", "move_lost"}),
                     "the first that conflict.list gives"),
            version_field()}),
       .result = written_schema(),
       .command = resolve},
  };
}

}  // namespace syncline::ipc
