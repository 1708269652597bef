// SPDX-License-Identifier: Apache-2.0
//
// Json-rpc: the envelope of JSON-RPC 2.0, and nothing about methods.
//
// A line comes in as calls and as error answers that are ready; answers go out as lines.
// Pure: no socket, no state. A caller answers every call that has an id, exactly once.
#pragma once

#include "ipc/errors.h"
#include "ipc/json.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace syncline::ipc {

inline constexpr std::size_t batch_calls_max = 100;
inline constexpr std::size_t id_size_max = 256;

// Its params are wiped when it dies: they may hold a password, also in a call that is refused.
struct Call {
  std::optional<Json> id;  // a string, an integer or null; nothing: a notification
  std::string method;
  Json params;  // an object, an array, or null if there were none

  Call() = default;
  Call(Call&&) = default;
  Call& operator=(Call&&) = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() { wipe(params); }
};

// An answer that is ready: the element was no call.
struct Refused {
  Json answer;
};

struct Incoming {
  bool batch = false;  // answer with one array, in a single line
  std::vector<std::variant<Call, Refused>> items;
};

// Never empty: what cannot be read at all is one Refused.
Incoming read_line(std::string_view line);

Json result_answer(const Json& id, Json result);
Json error_answer(const Json& id, const RpcError& error);

}  // namespace syncline::ipc
