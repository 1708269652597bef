// SPDX-License-Identifier: Apache-2.0
#include "protocol/wire/writer.h"

namespace syncline::wire {

Writer& Writer::big_endian(std::uint64_t value, int size) {
  for (int shift = (size - 1) * 8; shift >= 0; shift -= 8)
    out_.push_back(static_cast<std::uint8_t>(value >> shift));
  return *this;
}

Writer& Writer::u8(std::uint8_t value) { return big_endian(value, 1); }
Writer& Writer::u16(std::uint16_t value) { return big_endian(value, 2); }
Writer& Writer::u32(std::uint32_t value) { return big_endian(value, 4); }
Writer& Writer::u64(std::uint64_t value) { return big_endian(value, 8); }

Writer& Writer::varint(std::uint64_t value) {
  while (value >= 0x80) {
    out_.push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  out_.push_back(static_cast<std::uint8_t>(value));
  return *this;
}

Writer& Writer::zigzag(std::int64_t value) {
  return varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
}

Writer& Writer::bytes(Bytes value) {
  varint(value.size());
  return fixed(value);
}

Writer& Writer::text(std::string_view value) { return bytes(as_bytes(value)); }

Writer& Writer::fixed(Bytes value) {
  append(out_, value);
  return *this;
}

std::size_t varint_size(std::uint64_t value) {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

}  // namespace syncline::wire
