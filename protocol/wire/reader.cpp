// SPDX-License-Identifier: Apache-2.0
#include "protocol/wire/reader.h"

#include <algorithm>

namespace syncline::wire {

std::uint64_t Reader::long_varint(std::uint64_t max) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (!error_ && input_.empty()) fail_with(Errc::truncated);
    if (error_) return 0;
    const std::uint8_t b = input_.front();
    input_ = input_.subspan(1);
    // The tenth byte may only carry the topmost bit.
    if (shift == 63 && b > 1) break;
    value |= static_cast<std::uint64_t>(b & 0x7f) << shift;
    if (b & 0x80) continue;
    if (b == 0 && shift != 0) {
      fail_with(Errc::non_canonical);
      return 0;
    }
    if (value > max) {
      fail_with(Errc::oversized);
      return 0;
    }
    return value;
  }
  fail_with(Errc::oversized);
  return 0;
}

std::string Reader::text(std::size_t size_max) {
  const Bytes raw = bytes(size_max);
  if (!is_utf8(raw) || std::ranges::find(raw, std::uint8_t{0}) != raw.end()) {
    fail_with(Errc::invalid);
    return {};
  }
  return to_text(raw);
}

bool is_utf8(Bytes bytes) {
  std::size_t i = 0;
  while (i < bytes.size()) {
    const std::uint8_t lead = bytes[i++];
    if (lead < 0x80) continue;
    const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4 || bytes.size() - i < static_cast<std::size_t>(more))
      return false;
    const std::uint8_t second = bytes[i];
    const std::uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const std::uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high) return false;
    for (int k = 1; k < more; ++k)
      if ((bytes[i + static_cast<std::size_t>(k)] & 0xc0) != 0x80) return false;
    i += static_cast<std::size_t>(more);
  }
  return true;
}

}  // namespace syncline::wire
