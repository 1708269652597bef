// SPDX-License-Identifier: Apache-2.0
#include "agent/printable.h"

#include <cstdint>

namespace syncline::agent {
namespace {

constexpr char digits[] = "0123456789abcdef";

struct Decoded {
  std::uint32_t scalar = 0;
  std::size_t length = 0;  // 0: not UTF-8
};

Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return {};
  std::uint32_t scalar = first & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    scalar = scalar << 6 | (byte(i) & 0x3fu);
  }
  constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = scalar >= 0xd800 && scalar <= 0xdfff;
  if (scalar < smallest[length] || scalar > 0x10ffff || surrogate) return {};
  return {scalar, length};
}

bool is_hidden(std::uint32_t scalar) {
  const bool control = scalar < 0x20 || (scalar >= 0x7f && scalar <= 0x9f);
  const bool line = scalar == 0x2028 || scalar == 0x2029 || scalar == 0xfeff;
  const bool direction = (scalar >= 0x200b && scalar <= 0x200f) ||
                         (scalar >= 0x202a && scalar <= 0x202e) ||
                         (scalar >= 0x2066 && scalar <= 0x2069);
  // Zero-width joiner and non-joiner are part of ordinary words and emoji.
  return control || line || (direction && scalar != 0x200c && scalar != 0x200d);
}

void append_byte_escape(std::string& out, std::uint32_t byte) {
  out += "\\x";
  out += digits[byte >> 4 & 15];
  out += digits[byte & 15];
}

void append_scalar_escape(std::string& out, std::uint32_t scalar) {
  if (scalar < 0x80) return append_byte_escape(out, scalar);
  out += "\\u{";
  bool started = false;
  for (int shift = 20; shift >= 0; shift -= 4) {
    const std::uint32_t digit = scalar >> shift & 15;
    started = started || digit != 0;
    if (started) out += digits[digit];
  }
  out += '}';
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Decoded next = decode(text);
    const std::size_t length = next.length == 0 ? 1 : next.length;
    if (next.length == 0)
      append_byte_escape(out, static_cast<std::uint8_t>(text[0]));
    else if (is_hidden(next.scalar))
      append_scalar_escape(out, next.scalar);
    else
      out += text.substr(0, length);
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace syncline::agent
