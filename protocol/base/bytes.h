// SPDX-License-Identifier: Apache-2.0
//
// Bytes and Buffer: the two shapes raw bytes take everywhere in Syncline.
//
// Bytes looks at memory somebody else owns; Buffer owns it. Neither is for keys:
// those live in crypto/secret.h, which wipes them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace syncline {

using Bytes = std::span<const std::uint8_t>;
using Buffer = std::vector<std::uint8_t>;

// The bytes of a text, without its terminator. Valid while `text` is.
Bytes as_bytes(std::string_view text);
// The characters of `bytes`, whatever they are: the caller knows that they are text.
std::string to_text(Bytes bytes);
// The same, valid while `bytes` are.
std::string_view as_text(Bytes bytes);

Buffer to_buffer(Bytes bytes);
void append(Buffer& out, Bytes bytes);

// Lower-case hexadecimal, two characters a byte.
std::string to_hex(Bytes bytes);
// Nothing if `text` has an odd length or a character that is not a hexadecimal digit.
std::optional<Buffer> from_hex(std::string_view text);

// Plain equality, for public values. Secrets are compared by crypto::equal_secret.
bool equal(Bytes a, Bytes b);
// Lexicographic order as of memcmp, shorter first: the order of keys in a store.
bool less(Bytes a, Bytes b);

}  // namespace syncline
