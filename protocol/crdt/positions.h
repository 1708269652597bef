// SPDX-License-Identifier: Apache-2.0
//
// Positions in a text, counted as somebody else's language counts them.
//
// Documents count Unicode scalar values. A program whose strings are UTF-16 or UTF-8 counts
// units of those; what it says is converted here against the text as it is. A position inside
// of a character is no position: it is refused, never rounded.
#pragma once

#include "protocol/base/result.h"

#include <cstdint>
#include <string_view>

namespace syncline::crdt {

enum class Positions : std::uint8_t { scalars, utf16, bytes };

// How many scalar values stand before `position`. Requires: `text` is valid UTF-8.
// Errors: Errc::invalid beyond the end or inside of a character, with the nearest positions.
Result<std::uint64_t> scalars_before(std::string_view text, std::uint64_t position, Positions unit);

// The position of scalar value number `scalars`, or of the end if there are fewer.
std::uint64_t position_of(std::string_view text, std::uint64_t scalars, Positions unit);
std::uint64_t length_of(std::string_view text, Positions unit);

}  // namespace syncline::crdt
