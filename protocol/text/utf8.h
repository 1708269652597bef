// SPDX-License-Identifier: Apache-2.0
//
// Counting in UTF-8: scalars (characters), UTF-16 units and bytes of one piece of text.
//
// Not responsible for validity: text comes from input only through wire::is_utf8. A caller passes
// whole characters, never a piece that begins or ends inside one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace syncline::text {

// Whether a byte is the first of its character.
inline bool begins_character(char byte) { return static_cast<signed char>(byte) >= -0x40; }
// Whether it is the first of a character that takes two UTF-16 units.
inline bool begins_astral(char byte) { return static_cast<unsigned char>(byte) >= 0xf0; }

std::size_t count_scalars(std::string_view utf8);
std::size_t count_utf16(std::string_view utf8);

// The byte at which character `scalar` begins; the size of `utf8` for the one behind the last.
// Requires: scalar <= count_scalars(utf8).
std::size_t byte_of_scalar(std::string_view utf8, std::size_t scalar);
// Nothing beyond the end or between the two units of one character.
std::optional<std::size_t> byte_of_utf16(std::string_view utf8, std::size_t units);

}  // namespace syncline::text
