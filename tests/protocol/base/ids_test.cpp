// SPDX-License-Identifier: Apache-2.0
#include "protocol/base/ids.h"

#include <type_traits>

#include <doctest/doctest.h>

namespace syncline {
namespace {

// Two ids of equal size are different types: mixing them up does not compile.
static_assert(!std::is_convertible_v<DeviceId, LogId>);
static_assert(!std::is_constructible_v<DeviceId, LogId>);
static_assert(!std::is_convertible_v<DeviceId, Bytes>);
static_assert(!std::is_convertible_v<Link, RequestId>);

TEST_CASE("an id is made only of exactly its number of bytes") {
  const Buffer bytes(64, 7);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    CHECK(DeviceId::from(Bytes(bytes).first(size)).has_value() == (size == 16));
    CHECK(SpaceId::from(Bytes(bytes).first(size)).has_value() == (size == 32));
    CHECK(EntityTag8::from(Bytes(bytes).first(size)).has_value() == (size == 8));
  }
}

TEST_CASE("an id reads its own hexadecimal text and no other length or alphabet") {
  const std::string text = "000102030405060708090a0b0c0d0eff";
  const auto id = DeviceId::from_hex_text(text);
  REQUIRE(id.has_value());
  CHECK(id->hex() == text);
  CHECK(id->bytes[15] == 0xff);
  CHECK_FALSE(DeviceId::from_hex_text(text.substr(1)).has_value());
  CHECK_FALSE(DeviceId::from_hex_text(text.substr(2)).has_value());
  CHECK_FALSE(DeviceId::from_hex_text(text + "00").has_value());
  CHECK_FALSE(DeviceId::from_hex_text("zz" + text.substr(2)).has_value());
}

TEST_CASE("ids order by their bytes, the first byte first, unsigned") {
  DeviceId low, high;
  low.bytes[15] = 255;
  high.bytes[0] = 128;
  CHECK(low < high);
  CHECK(low != high);
  CHECK(DeviceId{} < low);
  CHECK(less(low.view(), high.view()));
}

}  // namespace
}  // namespace syncline
