// SPDX-License-Identifier: Apache-2.0
#include "protocol/wire/reader.h"

#include <doctest/doctest.h>

namespace syncline::wire {
namespace {

bool accepts(std::string_view hex) {
  const auto bytes = from_hex(hex);
  REQUIRE(bytes.has_value());
  return is_utf8(*bytes);
}

TEST_CASE("the first and last character of every length and range is UTF-8") {
  for (const char* hex : {"", "00", "7f", "c280", "dfbf", "e0a080", "e0bfbf", "e18080", "ecbfbf",
                          "ed8080", "ed9fbf", "ee8080", "efbfbf", "f0908080", "f0bfbfbf",
                          "f1808080", "f3bfbfbf", "f4808080", "f48fbfbf"}) {
    CAPTURE(hex);
    CHECK(accepts(hex));
    CHECK(accepts(std::string("61") + hex + "62"));
  }
}

TEST_CASE("overlong forms, surrogates, values beyond U+10FFFF and stray bytes are not UTF-8") {
  for (const char* hex :
       {"80",         "bf",  // continuation alone
        "c080",       "c1bf",         "e08080",   "e09fbf", "f0808080", "f08fbfbf",  // overlong
        "eda080",     "edafbf",       "edb080",   "edbfbf",                          // surrogates
        "f4908080",   "f5808080",     "f7bfbfbf",                    // beyond U+10FFFF
        "f888808080", "fc8480808080", "fe",       "ff",              // never in UTF-8
        "c2",         "e0a0",         "e180",     "f09080", "f180",  // cut short
        "c27f",       "c2c0",         "e1807f",   "e180c0", "e17f80",   "f1807f80", "f18080c0"}) {
    CAPTURE(hex);
    CHECK_FALSE(accepts(hex));
    CHECK_FALSE(accepts(std::string("61") + hex));
    CHECK_FALSE(accepts(std::string(hex) + "61"));
  }
}

// Encodes as RFC 3629 section 3 does, for values the standard forbids as well.
Buffer encode(std::uint32_t value) {
  const auto tail = [value](unsigned shift) {
    return static_cast<std::uint8_t>(0x80 | (value >> shift & 0x3f));
  };
  const auto lead = [value](unsigned mark, unsigned shift) {
    return static_cast<std::uint8_t>(mark | value >> shift);
  };
  if (value < 0x80) return {lead(0, 0)};
  if (value < 0x800) return {lead(0xc0, 6), tail(0)};
  if (value < 0x10000) return {lead(0xe0, 12), tail(6), tail(0)};
  return {lead(0xf0, 18), tail(12), tail(6), tail(0)};
}

TEST_CASE("of all values below 2^21 exactly the Unicode scalar values are UTF-8") {
  std::size_t accepted = 0;
  for (std::uint32_t value = 0; value < 1u << 21; ++value) {
    const bool scalar = value <= 0x10ffff && (value < 0xd800 || value > 0xdfff);
    const bool taken = is_utf8(encode(value));
    if (taken != scalar) FAIL("value " << value);
    accepted += taken ? 1 : 0;
  }
  CHECK(accepted == 0x110000 - 0x800);
}

}  // namespace
}  // namespace syncline::wire
