// SPDX-License-Identifier: Apache-2.0
//
// Errors: how a failure looks to a local program.
//
// Every error answer has a code, a short stable message, and data with the stable kind,
// what exactly was wrong (`detail`) and what to do next (`next`). Programs decide by the
// kind; people read the rest. One table here serves answers, API.md and the client.
#pragma once

#include "ipc/json.h"
#include "protocol/base/result.h"

#include <span>
#include <string>
#include <string_view>

namespace syncline::ipc {

// The codes of the JSON-RPC 2.0 specification.
enum class RpcCode : int {
  parse_error = -32700,
  invalid_request = -32600,
  method_not_found = -32601,
  invalid_params = -32602,
  internal_error = -32603,
};

struct ErrorRow {
  Errc code;
  int number;                // in `error.code`
  std::string_view message;  // in `error.message`
  std::string_view next;     // in `error.data.next` unless a better one is known
};
std::span<const ErrorRow> error_rows();
const ErrorRow& row_of(Errc code);
// `io` for a kind this version does not know.
Errc errc_of_kind(std::string_view kind);

// The `error` member of an answer.
struct RpcError {
  int code = 0;
  std::string message;
  Errc kind = Errc::invalid;
  std::string detail;
  std::string next;
};
Json to_json(const RpcError& error);

RpcError parse_error(const Error& why);
RpcError invalid_request(Errc kind, std::string detail);
RpcError method_not_found(std::string detail, std::string next);
RpcError invalid_params(std::string detail, std::string next);
RpcError internal_error(std::string detail);
// What the agent answered; `invalid` becomes the specification's "Invalid params". Advice
// (advice.h) is what to do next, and what begins with a part of the params is named as one.
RpcError from_agent(const Error& why);

}  // namespace syncline::ipc
