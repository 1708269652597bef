// SPDX-License-Identifier: Apache-2.0
//
// Json: texts from local programs, read strictly or not at all.
//
// The only place that turns text into a Json. What parse() gives is shallow enough to be
// copied, compared, written and destroyed without care, and its texts are UTF-8 without NUL.
// Not responsible for what a text means. A caller never parses with the library itself.
#pragma once

#include "protocol/base/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace syncline::ipc {

using Json = nlohmann::json;

enum class IntegerRange : std::uint8_t {
  exact_in_doubles,  // at most 2^53 either way: every language reads it unchanged
  int64,
};

// What a line may cost. The defaults are those of a request: a document as deep as one may be fits,
// whatever markers are in it (two levels of JSON a step), with its envelope.
struct ParseLimits {
  std::size_t size_max = 4 * 1024 * 1024;
  std::size_t depth_max = 80;
  std::size_t values_max = 256 * 1024;  // one value costs up to 100 bytes of memory
  IntegerRange integers = IntegerRange::exact_in_doubles;
};

// Whether every program that keeps numbers as doubles keeps this one.
constexpr bool is_exact_integer(std::int64_t value) {
  constexpr std::int64_t max = std::int64_t{1} << 53;
  return value >= -max && value <= max;
}

// Answers of the agent: documents are nested below the envelope.
inline constexpr ParseLimits answer_limits{.size_max = 64 * 1024 * 1024,
                                           .depth_max = 96,
                                           .values_max = 16 * 1024 * 1024,
                                           .integers = IntegerRange::int64};

// `oversized` beyond a limit, otherwise `invalid`; the context says what and at which byte.
// Texts are allocated once, at their size: no piece of a password is left behind in a buffer
// that grew.
Result<Json> parse(std::string_view text, const ParseLimits& limits = {});

// One line, without its end.
std::string dump(const Json& value);

// Overwrites every text inside; keys of objects stay.
void wipe(Json& value);

// Valid UTF-8: shortest forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace syncline::ipc
