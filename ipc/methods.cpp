// SPDX-License-Identifier: Apache-2.0
#include "ipc/methods.h"

#include <iterator>
#include <utility>

namespace syncline::ipc {

namespace {

std::vector<Method> all_methods() {
  std::vector<Method> all;
  for (const auto& part :
       {system_methods, vault_methods, pair_methods, entity_methods, history_methods, text_methods,
        typing_methods, version_methods, conflict_methods, type_methods, sync_methods, net_methods,
        watch_methods, presence_methods}) {
    std::vector<Method> some = part();
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace

MethodTable methods() {
  static const std::vector<Method> table = all_methods();
  return table;
}

const Method* find_method(MethodTable table, std::string_view name) {
  for (const Method& method : table) {
    if (method.name == name) return &method;
  }
  return nullptr;
}

std::vector<std::string> names_of(MethodTable table) {
  std::vector<std::string> names;
  for (const Method& method : table) names.push_back(method.name);
  return names;
}

CallerId* caller_in(step::Command& command) {
  return std::visit(
      [](auto& one) -> CallerId* {
        if constexpr (requires { one.caller; }) {
          return &one.caller;
        } else {
          return nullptr;
        }
      },
      command);
}

Form form_of(const step::Command& command) {
  const auto* get = std::get_if<step::EntityGet>(&command);
  return get != nullptr && get->with_kinds ? Form::annotated : Form::plain;
}

}  // namespace syncline::ipc
