// SPDX-License-Identifier: Apache-2.0
//
// line    = call | "[" call *( "," call ) "]"                  at most 100 calls
// call    = {"jsonrpc":"2.0", "method": string, "params"?: object | array, "id"?: id}
// id      = string | integer | null                            absent: a notification
// answer  = {"jsonrpc":"2.0", "id": id, "result": any}
//         | {"jsonrpc":"2.0", "id": id, "error": {"code", "message", "data"}}
// Other members of a call are ignored. What cannot be read is answered with id null.
#include "ipc/json_rpc.h"

#include <utility>

namespace syncline::ipc {

namespace {

bool is_id(const Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().size() <= id_size_max;
  return value.is_null() || value.is_number_integer();
}

Refused refuse(const Json& id, Errc kind, std::string detail) {
  return {error_answer(id, invalid_request(kind, std::move(detail)))};
}

std::variant<Call, Refused> read_call(Json& element) {
  if (!element.is_object()) return refuse(nullptr, Errc::invalid, "a call is an object");
  Call call;
  bool params_fit = true;
  if (const auto params = element.find("params"); params != element.end()) {
    call.params = std::move(*params);
    params_fit = call.params.is_structured();
  }
  if (const auto id = element.find("id"); id != element.end()) {
    if (!is_id(*id)) {
      return refuse(nullptr, Errc::invalid,
                    "an id is a string of at most " + std::to_string(id_size_max) +
                        " bytes, an integer or null");
    }
    call.id = std::move(*id);
  }
  const Json echoed = call.id.value_or(nullptr);
  const auto version = element.find("jsonrpc");
  if (version == element.end() || *version != "2.0") {
    return refuse(echoed, Errc::invalid, R"("jsonrpc" has to be "2.0")");
  }
  const auto method = element.find("method");
  if (method == element.end() || !method->is_string()) {
    return refuse(echoed, Errc::invalid, R"("method" has to be a string)");
  }
  if (!params_fit) return refuse(echoed, Errc::invalid, R"("params" has to be an object)");
  call.method = std::move(method->get_ref<std::string&>());
  return call;
}

}  // namespace

Incoming read_line(std::string_view line) {
  Incoming incoming;
  Result<Json> parsed = parse(line);
  if (!parsed) {
    incoming.items.emplace_back(Refused{error_answer(nullptr, parse_error(parsed.error()))});
    return incoming;
  }
  if (!parsed->is_array()) {
    incoming.items.push_back(read_call(*parsed));
  } else if (parsed->empty()) {
    incoming.items.emplace_back(refuse(nullptr, Errc::invalid, "an empty batch"));
  } else if (parsed->size() > batch_calls_max) {
    incoming.items.emplace_back(
        refuse(nullptr, Errc::oversized,
               "a batch has at most " + std::to_string(batch_calls_max) + " calls"));
  } else {
    incoming.batch = true;
    incoming.items.reserve(parsed->size());
    for (Json& element : *parsed) incoming.items.push_back(read_call(element));
  }
  wipe(*parsed);
  return incoming;
}

Json result_answer(const Json& id, Json result) {
  return {{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}};
}

Json error_answer(const Json& id, const RpcError& error) {
  return {{"jsonrpc", "2.0"}, {"id", id}, {"error", to_json(error)}};
}

}  // namespace syncline::ipc
