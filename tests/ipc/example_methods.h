// SPDX-License-Identifier: Apache-2.0
//
// The methods that the examples of the JSON-RPC specification assume.
//
// They take params by position, as ours do not: the envelope has to allow both.
#pragma once

#include "ipc/methods.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace syncline::ipc::testing {

inline std::vector<Method> example_methods() {
  const auto local = [](std::string name, std::function<Json(const Json&)> compute) {
    return Method{
        .name = std::move(name),
        .summary = "",
        .params = any_value(""),
        .result = any_value(""),
        .local = [compute](const Json& params, const Backend&) { return compute(params); }};
  };
  const auto subtract = [](const Json& params) -> Json {
    const bool named = params.is_object();
    const Json& minuend = named ? params["minuend"] : params[0];
    const Json& subtrahend = named ? params["subtrahend"] : params[1];
    return minuend.get<int>() - subtrahend.get<int>();
  };
  const auto sum = [](const Json& params) -> Json {
    int total = 0;
    for (const Json& number : params) total += number.get<int>();
    return total;
  };
  return {local("subtract", subtract),
          local("sum", sum),
          local("get_data",
                [](const Json&) -> Json {
                  return {"hello", 5};
                }),
          local("update", [](const Json&) { return Json(); }),
          local("notify_hello", [](const Json&) { return Json(); }),
          local("notify_sum", [](const Json&) { return Json(); })};
}

// What the examples cannot know: that our errors explain themselves.
inline void check_and_drop_data(Json& answer) {
  if (answer.is_array()) {
    for (Json& one : answer) check_and_drop_data(one);
  } else if (answer.contains("error")) {
    CHECK(answer["error"]["data"]["kind"].is_string());
    CHECK_FALSE(answer["error"]["data"]["next"].get<std::string>().empty());
    answer["error"].erase("data");
  }
}

}  // namespace syncline::ipc::testing
