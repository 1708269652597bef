// SPDX-License-Identifier: Apache-2.0
//
// presence.*: what programs show of themselves while they are there.
#include "ipc/methods.h"
#include "ipc/params.h"

#include <utility>

namespace syncline::ipc {

namespace {

constexpr std::int64_t lifetime_ms_max = 86'400'000;

Result<step::Command> show_presence(Json& params) {
  step::PresenceSet command;
  command.entity = read_id<EntityId>(params, "entity").value_or(EntityId{});
  command.value = dump(params["value"]);
  if (has(params, "ttl_ms"))
    command.lifetime = std::chrono::milliseconds(read_integer(params, "ttl_ms", 0));
  return step::Command(std::move(command));
}

Result<step::Command> clear_presence(Json& params) {
  step::PresenceClear command;
  command.entity = read_id<EntityId>(params, "entity");
  return step::Command(command);
}

Result<step::Command> list_presence(Json& params) {
  return step::Command(
      step::PresenceList{read_id<EntityId>(params, "entity").value_or(EntityId{})});
}

}  // namespace

std::vector<Method> presence_methods() {
  return {
      {.name = "presence.set",
       .summary = "Shows a value to whoever looks at an entity now, here and on connected devices; "
                  "it is never stored, and goes with this connection",
       .params = object(
           "", {required("entity", id16("the entity")),
                required("value", any_value("what to show, at most 4096 bytes: a cursor, a name, a "
                                            "colour; it replaces this connection's earlier one")),
                optional("ttl_ms", integer("how long to show it", 1, lifetime_ms_max),
                         "as long as this connection is open")}),
       .result = presence_set_schema(),
       .command = show_presence},
      {.name = "presence.clear",
       .summary = "Shows nothing of this connection any more",
       .params = object("", {optional("entity", id16("only there"), "everywhere")}),
       .result = done_schema(),
       .command = clear_presence},
      {.name = "presence.list",
       .summary = "What programs show at an entity now, this device's own included",
       .params = object("", {required("entity", id16("the entity"))}),
       .result = presence_list_schema(),
       .command = list_presence},
  };
}

}  // namespace syncline::ipc
