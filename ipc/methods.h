// SPDX-License-Identifier: Apache-2.0
//
// Methods: the one table of what the local API offers.
//
// A row says what a method takes and gives, and how a call becomes a Command. Dispatch,
// validation, rpc.discover and the method part of API.md all come from it.
#pragma once

#include "ipc/answers.h"
#include "ipc/backend.h"
#include "ipc/json.h"
#include "ipc/schema.h"
#include "protocol/base/result.h"
#include "protocol/step/command.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::ipc {

struct Method {
  std::string name;
  std::string summary;
  Schema params;
  Schema result;
  // Params that fit the schema, into what to ask of the core; they may be taken apart.
  std::function<Result<step::Command>(Json& params)> command = nullptr;
  // Narrows what the core answered to what this method promises; nothing: all of it.
  std::function<Json(Json)> narrow = nullptr;
  // Of a method that needs no core: its result. Exactly one of `command` and `local` is set.
  std::function<Json(const Json& params, const Backend& backend)> local = nullptr;
};

using MethodTable = std::span<const Method>;

// Every method, in the order of API.md. Built once, at the first call.
MethodTable methods();
const Method* find_method(MethodTable table, std::string_view name);
std::vector<std::string> names_of(MethodTable table);

// The Form a caller asked for in `command`.
Form form_of(const step::Command& command);

// Where a command says which connection it comes from; nullptr if it does not.
CallerId* caller_in(step::Command& command);

// The rows, by what they are about.
std::vector<Method> system_methods();
std::vector<Method> vault_methods();
std::vector<Method> pair_methods();
std::vector<Method> entity_methods();
std::vector<Method> history_methods();
std::vector<Method> text_methods();
std::vector<Method> typing_methods();
std::vector<Method> version_methods();
std::vector<Method> conflict_methods();
std::vector<Method> type_methods();
std::vector<Method> sync_methods();
std::vector<Method> net_methods();
std::vector<Method> watch_methods();
std::vector<Method> presence_methods();

}  // namespace syncline::ipc
