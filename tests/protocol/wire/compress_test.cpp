// SPDX-License-Identifier: Apache-2.0
#include "protocol/wire/compress.h"

#include <string>

#include <doctest/doctest.h>

namespace syncline::wire {

namespace {

// Repeats enough to be worth it, and not so much that it is all one match.
Buffer prose(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i)
    text += "Line " + std::to_string(i * i) + " of a note about the weather. ";
  return to_buffer(as_bytes(text).first(size));
}

}  // namespace

TEST_CASE("what is compressed comes back as it was, whatever its size") {
  for (const std::size_t size : {0U, 1U, 2U, 100U, 255U, 256U, 70'000U, 1'000'000U}) {
    CAPTURE(size);
    const Buffer plain = prose(size);
    const Buffer packed = compress(plain);
    if (size >= 255) CHECK(packed.size() < size);
    CHECK(packed == compress(plain));
    const auto back = decompress(packed, size);
    REQUIRE(back);
    CHECK(*back == plain);
  }
}

TEST_CASE("what would come back longer than allowed is refused before memory is taken") {
  const Buffer packed = compress(Buffer(10'000'000));
  CHECK(packed.size() < 2000);
  CHECK(decompress(packed, 9'999'999).error().code == Errc::oversized);
  CHECK(decompress(packed, 10'000'000).has_value());
  // A frame that claims 2^62 bytes.
  const Buffer claim = {0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0x40};
  CHECK(decompress(claim, SIZE_MAX / 4).error().code == Errc::oversized);
}

TEST_CASE("what was cut short or is no compressed record is refused") {
  const Buffer packed = compress(prose(3000));
  for (std::size_t size = 0; size < packed.size(); ++size)
    CHECK_FALSE(decompress(Bytes(packed).first(size), 1 << 20).has_value());
  CHECK(decompress({}, 100).error().code == Errc::corrupt);
  CHECK(decompress(prose(3000), 1 << 20).error().code == Errc::corrupt);
}

TEST_CASE("a flipped bit is refused or gives other bytes, never more than were announced") {
  const Buffer plain = prose(2000);
  Buffer packed = compress(plain);
  for (std::size_t bit = 0; bit < 8 * packed.size(); ++bit) {
    packed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    const auto back = decompress(packed, 4000);
    if (back) CHECK(back->size() <= 4000);
    packed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
  }
  CHECK(decompress(packed, 4000) == plain);
}

}  // namespace syncline::wire
