// SPDX-License-Identifier: Apache-2.0
//
// position = number fraction salt:2
// number   = 80h..bfh                 0 to 63
//          | c0h..dfh 1 byte          the next 8,192
//          | e0h..efh 2 bytes | f0h..f7h 3 bytes | f8h..ffh 4 bytes       and so on
//          | the complement of these, for -1 downwards
// fraction = digits of base 256, if there is no number between the neighbours
// What others made may be anything else: then everything is a fraction.
#include "protocol/crdt/tree_position.h"

#include "protocol/base/check.h"
#include "protocol/base/limits.h"

#include <optional>

namespace syncline::crdt {
namespace {

struct Width {
  std::uint8_t first;  // the lowest first byte
  unsigned firsts;     // how many first bytes
  unsigned more;       // how many bytes follow
};
constexpr Width widths[] = {
    {0x80, 64, 0}, {0xc0, 32, 1}, {0xe0, 16, 2}, {0xf0, 8, 3}, {0xf8, 8, 4}};

unsigned byte_of(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
}

void complement(std::string& bytes) {
  for (char& byte : bytes) byte = static_cast<char>(~static_cast<unsigned char>(byte));
}

std::optional<std::string> encode_number(std::int64_t number) {
  auto rest = static_cast<std::uint64_t>(number < 0 ? -1 - number : number);
  for (const Width& width : widths) {
    const std::uint64_t room = std::uint64_t{width.firsts} << (8 * width.more);
    if (rest >= room) {
      rest -= room;
      continue;
    }
    std::string out;
    out += static_cast<char>(width.first + (rest >> (8 * width.more)));
    for (unsigned i = width.more; i-- > 0;) out += static_cast<char>(rest >> (8 * i) & 0xff);
    if (number < 0) complement(out);
    return out;
  }
  return std::nullopt;
}

std::optional<std::int64_t> decode_number(std::string_view position) {
  std::string bytes(position.substr(0, 5));
  const bool negative = byte_of(bytes, 0) < 0x80;
  if (bytes.empty()) return std::nullopt;
  if (negative) complement(bytes);
  std::uint64_t before = 0;
  for (const Width& width : widths) {
    const std::uint64_t room = std::uint64_t{width.firsts} << (8 * width.more);
    if (byte_of(bytes, 0) >= width.first + width.firsts) {
      before += room;
      continue;
    }
    if (bytes.size() < width.more + 1) return std::nullopt;
    std::uint64_t number = byte_of(bytes, 0) - width.first;
    for (unsigned i = 1; i <= width.more; ++i) number = number << 8 | byte_of(bytes, i);
    const auto value = static_cast<std::int64_t>(before + number);
    return negative ? -1 - value : value;
  }
  return std::nullopt;
}

// The shortest fraction in between.
std::string middle(std::string_view low, std::string_view high) {
  std::string out;
  bool bounded = !high.empty();
  for (std::size_t i = 0;; ++i) {
    const unsigned from = byte_of(low, i), to = bounded ? byte_of(high, i) : 256;
    if (from + 1 < to) return out + static_cast<char>((from + to) / 2);
    out += static_cast<char>(from);
    if (from < to) bounded = false;
  }
}

std::optional<std::string> number_between(std::string_view low, std::string_view high) {
  if (low.empty() && high.empty()) return encode_number(0);
  const auto from = decode_number(low), to = decode_number(high);
  if (high.empty()) return from ? encode_number(*from + 1) : std::nullopt;
  if (low.empty()) return to ? encode_number(*to - 1) : std::nullopt;
  if (!from || !to || *to - *from < 2) return std::nullopt;
  return encode_number(*from + (*to - *from) / 2);
}

void fill(std::vector<std::string>& out, std::size_t from, std::size_t to, std::string_view low,
          std::string_view high, std::uint16_t salt) {
  if (from == to) return;
  const std::size_t at = from + (to - from) / 2;
  out[at] = tree_position_between(low, high, salt);
  fill(out, from, at, low, out[at], salt);
  fill(out, at + 1, to, out[at], high, salt);
}

}  // namespace

bool is_tree_position(std::string_view position) {
  return !position.empty() && position.size() <= limits::tree_position_size_max &&
         position.back() != '\0';
}

std::string tree_position_between(std::string_view low, std::string_view high, std::uint16_t salt) {
  SYNCLINE_CHECK(low.empty() || high.empty() || low < high);
  const auto number = number_between(low, high);
  std::string out = number ? *number : middle(low, high);
  out += static_cast<char>(salt >> 8);
  out += static_cast<char>(1 + (salt & 0xff) % 255);
  return out;
}

std::vector<std::string> tree_positions_between(std::string_view low, std::string_view high,
                                                std::size_t count, std::uint16_t salt) {
  std::vector<std::string> out(count);
  // At an open end the numbers go on, one after the other.
  if (high.empty()) {
    std::string before(low);
    for (std::string& position : out) before = position = tree_position_between(before, high, salt);
  } else {
    fill(out, 0, count, low, high, salt);
  }
  return out;
}

}  // namespace syncline::crdt
