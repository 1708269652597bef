// SPDX-License-Identifier: Apache-2.0
//
// type.*: what apps declare of the types of their entities.
#include "ipc/methods.h"
#include "ipc/params.h"

#include <utility>

namespace syncline::ipc {

namespace {

constexpr std::int64_t type_size_max = 64;

Result<std::map<std::string, std::optional<crdt::Rule>>> read_rules(const Json& rules) {
  std::map<std::string, std::optional<crdt::Rule>> read;
  for (const auto& [pattern, word] : rules.items()) {
    const auto* name = word.is_string() ? &word.get_ref<const std::string&>() : nullptr;
    const auto rule = name ? crdt::rule_named(*name) : std::nullopt;
    if (!rule && !word.is_null())
      return fail(Errc::invalid,
                  "params.rules." + pattern +
                      R"( has to be "max", "min", "union" or "text", or null for no rule)");
    read.emplace(pattern, rule);
  }
  return read;
}

Result<step::Command> declare(Json& params) {
  step::TypeDeclare command;
  command.space = read_id<SpaceId>(params, "space");
  command.type = take_text(params, "type");
  auto rules = read_rules(params["rules"]);
  if (!rules) return pass(rules);
  command.rules = std::move(*rules);
  return step::Command(std::move(command));
}

}  // namespace

std::vector<Method> type_methods() {
  return {
      {.name = "type.declare",
       .summary = "Says how conflicts in entities of a type are to be read, on every device",
       .params = object(
           "", {required("type", text("the app's word", type_size_max, 1)),
                required("rules",
                         any_object("by pattern, like \"/items/*/price\": \"max\", \"min\", "
                                    "\"union\" or \"text\"; null for no rule any more; see Rules")),
                optional("space", id32("the space of the entities"), "the home space")}),
       .result = written_schema(),
       .command = declare},
      {.name = "type.list",
       .summary = "The types that were declared, with their rules",
       .params = object("", {}),
       .result = types_schema(),
       .command = [](Json&) -> Result<step::Command> { return step::Command(step::TypeList{}); }},
  };
}

}  // namespace syncline::ipc
