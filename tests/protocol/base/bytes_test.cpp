// SPDX-License-Identifier: Apache-2.0
#include "protocol/base/bytes.h"

#include <cstring>

#include <doctest/doctest.h>

namespace syncline {
namespace {

const Buffer all_bytes = [] {
  Buffer out;
  for (int value = 0; value < 256; ++value) out.push_back(static_cast<std::uint8_t>(value));
  return out;
}();

TEST_CASE("every byte survives hexadecimal and back, in either case of letters") {
  const std::string text = to_hex(all_bytes);
  CHECK(text.size() == 512);
  CHECK(text.substr(0, 6) == "000102");
  CHECK(text.substr(506) == "fdfeff");
  CHECK(from_hex(text) == all_bytes);
  CHECK(from_hex("aBCdeF") == Buffer{0xab, 0xcd, 0xef});
  CHECK(to_hex({}).empty());
  CHECK(from_hex("") == Buffer{});
}

TEST_CASE("a text that is not hexadecimal gives nothing") {
  for (const std::string_view text :
       {"0", "abc", "0g", "g0", " 0", "0x", "0 ", "/0", "0:", "@a", "`a"})
    CHECK_FALSE(from_hex(text).has_value());
}

TEST_CASE("text and bytes are two views of the same characters, NUL included") {
  const std::string text("a\0\xff z", 5);
  CHECK(as_bytes(text).size() == 5);
  CHECK(as_bytes(text)[2] == 0xff);
  CHECK(to_text(as_bytes(text)) == text);
  CHECK(as_bytes("").empty());
  CHECK(to_text({}).empty());
}

TEST_CASE("append adds at the end and to_buffer copies") {
  Buffer out{1};
  append(out, Buffer{2, 3});
  append(out, {});
  CHECK(out == Buffer{1, 2, 3});
  Buffer copy = to_buffer(out);
  copy[0] = 9;
  CHECK(out[0] == 1);
}

TEST_CASE("bytes order as memory does, a prefix before what continues it") {
  const std::vector<Buffer> ascending = {{},         {0},   {0, 0}, {0, 255}, {1},
                                         {127, 255}, {128}, {255},  {255, 0}};
  for (std::size_t i = 0; i < ascending.size(); ++i)
    for (std::size_t k = 0; k < ascending.size(); ++k) {
      CHECK(less(ascending[i], ascending[k]) == (i < k));
      CHECK(equal(ascending[i], ascending[k]) == (i == k));
    }
}

}  // namespace
}  // namespace syncline
