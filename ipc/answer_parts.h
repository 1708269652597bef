// SPDX-License-Identifier: Apache-2.0
//
// What answers have in common as JSON: lists of rows, texts that are left out when empty, whole
// seconds. What an answer is made of is not known here.
#pragma once

#include "ipc/json.h"
#include "protocol/base/time.h"

#include <chrono>
#include <string>

namespace syncline::ipc {

template <class Rows, class Show>
Json rows_of(const Rows& rows, Show show) {
  Json made = Json::array();
  for (const auto& row : rows) made.push_back(show(row));
  return made;
}

// Left out when empty.
inline void put_text(Json& object, const char* name, const std::string& text) {
  if (!text.empty()) object[name] = text;
}

inline std::int64_t seconds_of(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

}  // namespace syncline::ipc
