// SPDX-License-Identifier: Apache-2.0
#include "protocol/text/utf8.h"

namespace syncline::text {

namespace {

// Blocks of a fixed size, counted in bytes, are what compilers turn into vector code.
constexpr std::size_t block = 64;

template <class Predicate>
std::size_t count_block(const char* at, Predicate predicate) {
  std::uint8_t count = 0;
  for (std::size_t i = 0; i < block; ++i)
    count = static_cast<std::uint8_t>(count + (predicate(at[i]) ? 1 : 0));
  return count;
}

template <class Predicate>
std::size_t count_bytes(std::string_view utf8, Predicate predicate) {
  std::size_t count = 0;
  const char* at = utf8.data();
  std::size_t left = utf8.size();
  for (; left >= block; at += block, left -= block) count += count_block(at, predicate);
  for (; left > 0; ++at, --left) count += predicate(*at) ? 1 : 0;
  return count;
}

}  // namespace

std::size_t count_scalars(std::string_view utf8) { return count_bytes(utf8, begins_character); }

std::size_t count_utf16(std::string_view utf8) {
  return count_bytes(utf8, begins_character) + count_bytes(utf8, begins_astral);
}

std::size_t byte_of_scalar(std::string_view utf8, std::size_t scalar) {
  std::size_t at = 0;
  while (utf8.size() - at >= block) {
    const std::size_t here = count_block(utf8.data() + at, begins_character);
    if (here > scalar) break;
    scalar -= here;
    at += block;
  }
  for (; at < utf8.size(); ++at) {
    if (!begins_character(utf8[at])) continue;
    if (scalar == 0) break;
    --scalar;
  }
  return at;
}

std::optional<std::size_t> byte_of_utf16(std::string_view utf8, std::size_t units) {
  std::size_t at = 0;
  for (; at < utf8.size(); ++at) {
    if (!begins_character(utf8[at])) continue;
    if (units == 0) return at;
    const std::size_t here = begins_astral(utf8[at]) ? 2 : 1;
    if (here > units) return std::nullopt;
    units -= here;
  }
  if (units > 0) return std::nullopt;
  return at;
}

}  // namespace syncline::text
