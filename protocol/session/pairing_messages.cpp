// SPDX-License-Identifier: Apache-2.0
//
//   OFFER 1    introduction (space/device.cpp)
//   GRANT 2    join material
//   DONE 3, REFUSED 4    nothing
//   Bodies of 3 and 4 are for later versions and skipped.
//   check number = H("chk1" ‖ handshake hash), its first 8 bytes mod 10^6
#include "protocol/session/pairing_messages.h"

#include "protocol/crypto/hash.h"
#include "protocol/wire/reader.h"

namespace syncline::session {
namespace {

// The next code point of well-formed UTF-8.
std::uint32_t take_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  const std::size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  std::uint32_t point = size == 1 ? first : first & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) point = point << 6 | (byte(i) & 0x3fU);
  text.remove_prefix(size);
  return point;
}

bool is_control(std::uint32_t point) { return point < 0x20 || (point >= 0x7f && point < 0xa0); }

// Direction marks, embeddings, overrides and isolates, separators, and what takes no room; not
// the joiners U+200C and U+200D, which ordinary words and emoji are made with.
bool is_deceptive(std::uint32_t point) {
  return point == 0x061c || point == 0x200b || point == 0x200e || point == 0x200f ||
         (point >= 0x2028 && point <= 0x202e) || (point >= 0x2060 && point <= 0x206f) ||
         point == 0xfeff;
}

}  // namespace

bool is_plain_text(std::string_view text) {
  if (!wire::is_utf8(as_bytes(text))) return false;
  while (!text.empty()) {
    const std::uint32_t point = take_code_point(text);
    if (is_control(point) || is_deceptive(point)) return false;
  }
  return true;
}

Result<JoinOffer> decode_offer(Bytes bytes) {
  auto offer = space::decode_introduction(bytes);
  if (!offer) return offer;
  if (!is_plain_text(offer->name)) return fail(Errc::invalid, "a name with hidden characters");
  return offer;
}

std::string check_number(const Digest& handshake_hash) {
  const Digest digest = crypto::hash("chk1", handshake_hash.view());
  const std::uint64_t number = wire::Reader(digest.view()).u64() % 1'000'000;
  const std::string digits = std::to_string(number);
  return std::string(6 - digits.size(), '0') + digits;
}

}  // namespace syncline::session
