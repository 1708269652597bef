// SPDX-License-Identifier: Apache-2.0
//
// Params: reading what a Schema has already checked.
//
// Every function requires that `params` fits the schema that declares `name` with the type
// asked for. Nothing here can fail on input.
#pragma once

#include "ipc/json.h"
#include "protocol/base/ids.h"
#include "protocol/step/command.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace syncline::ipc {

bool has(const Json& params, const char* name);
// Moved out; empty if left out.
std::string take_text(Json& params, const char* name);
// Moved out, and every copy wiped.
step::SecretText take_secret(Json& params, const char* name);
std::vector<std::string> take_texts(Json& params, const char* name);
std::int64_t read_integer(const Json& params, const char* name, std::int64_t otherwise);
bool read_boolean(const Json& params, const char* name);  // false if left out
// Of a `decimal`: nothing if left out or beyond 64 bits.
std::optional<std::uint64_t> read_decimal(const Json& params, const char* name);

template <class AnyId>
std::optional<AnyId> read_id(const Json& params, const char* name) {
  const auto found = params.find(name);
  if (found == params.end()) return std::nullopt;
  return AnyId::from_hex_text(found->template get_ref<const std::string&>());
}

// What is wrong at a place of the request.
inline Status inside(const std::string& place, Status status) {
  if (status) return status;
  return fail(status.error().code, place + ": " + status.error().context);
}

}  // namespace syncline::ipc
