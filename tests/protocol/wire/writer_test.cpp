// SPDX-License-Identifier: Apache-2.0
#include "protocol/wire/writer.h"

#include "protocol/wire/reader.h"

#include <doctest/doctest.h>

namespace syncline::wire {
namespace {

// Where a width, a sign or a group of seven bits ends.
const std::vector<std::uint64_t> boundaries = {0,
                                               1,
                                               127,
                                               128,
                                               255,
                                               256,
                                               16383,
                                               16384,
                                               65535,
                                               65536,
                                               (1u << 21) - 1,
                                               1u << 21,
                                               (1u << 28) - 1,
                                               1u << 28,
                                               (1u << 31) - 1,
                                               1u << 31,
                                               (1u << 31) + 1,
                                               UINT32_MAX - 1,
                                               UINT32_MAX,
                                               1ULL << 32,
                                               (1ULL << 35) - 1,
                                               1ULL << 35,
                                               (1ULL << 56) - 1,
                                               1ULL << 56,
                                               (1ULL << 63) - 1,
                                               1ULL << 63,
                                               (1ULL << 63) + 1,
                                               UINT64_MAX - 1,
                                               UINT64_MAX};

TEST_CASE("fixed-width numbers are big-endian and as wide as they say") {
  Writer out;
  out.u8(0x01).u16(0x0203).u32(0x04050607).u64(0x08090a0b0c0d0e0f);
  CHECK(to_hex(out.view()) == "0102030405060708090a0b0c0d0e0f");
  CHECK(out.size() == 15);
}

TEST_CASE("W2: varints at every boundary have the one shortest form and read back") {
  for (const std::uint64_t value : boundaries) {
    CAPTURE(value);
    Writer out;
    out.varint(value);
    CHECK(out.size() == varint_size(value));
    std::size_t groups = 1;
    for (std::uint64_t rest = value >> 7; rest != 0; rest >>= 7) ++groups;
    CHECK(out.size() == groups);
    Reader in(out.view());
    CHECK(in.varint() == value);
    CHECK(in.finish(0).has_value());
  }
}

TEST_CASE("varints are little-endian groups of seven bits, as LEB128 defines them") {
  const auto hex = [](std::uint64_t value) {
    Writer out;
    out.varint(value);
    return to_hex(out.view());
  };
  CHECK(hex(0) == "00");
  CHECK(hex(127) == "7f");
  CHECK(hex(128) == "8001");
  CHECK(hex(300) == "ac02");
  CHECK(hex(624485) == "e58e26");
  CHECK(hex(1u << 31) == "8080808008");
  CHECK(hex(1ULL << 63) == "80808080808080808001");
  CHECK(hex(UINT64_MAX) == "ffffffffffffffffff01");
}

TEST_CASE("W3: zigzag puts small numbers of both signs first and loses none") {
  const auto hex = [](std::int64_t value) {
    Writer out;
    out.zigzag(value);
    return to_hex(out.view());
  };
  CHECK(hex(0) == "00");
  CHECK(hex(-1) == "01");
  CHECK(hex(1) == "02");
  CHECK(hex(-64) == "7f");
  CHECK(hex(64) == "8001");
  CHECK(hex(INT64_MAX) == "feffffffffffffffff01");
  CHECK(hex(INT64_MIN) == "ffffffffffffffffff01");
  for (const std::uint64_t raw : boundaries) {
    const auto value = static_cast<std::int64_t>(raw);
    Writer out;
    out.zigzag(value);
    Reader in(out.view());
    CHECK(in.zigzag() == value);
    CHECK(in.finish(0).has_value());
  }
}

TEST_CASE("W4: bytes and texts carry their length, fixed fields and ids do not") {
  Writer out;
  out.bytes(Buffer{1, 2}).text("\xc3\xa9").fixed(Buffer{9}).bytes({}).id(EntityTag8{});
  CHECK(to_hex(out.view()) == "02010202c3a90900" + std::string(16, '0'));
  Reader in(out.view());
  CHECK(to_buffer(in.bytes(2)) == Buffer{1, 2});
  CHECK(in.text(2) == "\xc3\xa9");
  CHECK(in.fixed(1)[0] == 9);
  CHECK(in.bytes(0).empty());
  CHECK(in.id<EntityTag8>() == EntityTag8{});
  CHECK(in.finish(0).has_value());
}

TEST_CASE("take leaves the written bytes to the caller") {
  Writer out;
  out.u8(7);
  CHECK(out.take() == Buffer{7});
}

}  // namespace
}  // namespace syncline::wire
