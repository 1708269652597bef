// SPDX-License-Identifier: Apache-2.0
//
// version.*: names for versions of an entity.
#include "ipc/method_fields.h"
#include "ipc/methods.h"
#include "ipc/params.h"

#include <utility>

namespace syncline::ipc {

namespace {

constexpr std::int64_t name_size_max = 64;

Field name_field(const char* about) { return required("name", text(about, name_size_max, 1)); }

Result<step::Command> read_name(Json& params) {
  step::VersionName command;
  command.entity = read_entity(params);
  command.name = take_text(params, "name");
  command.at = take_text(params, "at");
  command.wait = read_wait(params);
  return step::Command(std::move(command));
}

Result<step::Command> read_remove(Json& params) {
  step::VersionRemove command;
  command.entity = read_entity(params);
  command.name = take_text(params, "name");
  command.wait = read_wait(params);
  return step::Command(std::move(command));
}

// Of what was written, what concerns the caller.
Json without_ops(Json written) {
  written.erase("ops_applied");
  return written;
}

}  // namespace

std::vector<Method> version_methods() {
  return {
      {.name = "version.name",
       .summary = "Gives a version of an entity a name, on every device; it then stands wherever a "
                  "version is asked for",
       .params = object(
           "", {entity_field(), name_field("the name; none that has the form of a version"),
                optional("at", version_text("the version, or another name of it"), "as it is now"),
                wait_field()}),
       .result = named_schema(),
       .command = read_name,
       .narrow = without_ops},
      {.name = "version.list",
       .summary = "The versions of an entity that have names",
       .params = object("", {entity_field()}),
       .result = named_versions_schema(),
       .command = [](Json& params) -> Result<step::Command> {
         return step::Command(step::VersionList{read_entity(params)});
       }},
      {.name = "version.remove",
       .summary = "Takes a name away; the version stays",
       .params = object("", {entity_field(), name_field("the name"), wait_field()}),
       .result = named_schema(),
       .command = read_remove,
       .narrow = without_ops},
  };
}

}  // namespace syncline::ipc
