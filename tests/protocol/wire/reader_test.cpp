// SPDX-License-Identifier: Apache-2.0
#include "protocol/wire/reader.h"

#include "protocol/wire/writer.h"

#include <tuple>

#include <doctest/doctest.h>

namespace syncline::wire {
namespace {

Buffer hex(std::string_view text) {
  const auto bytes = from_hex(text);
  REQUIRE(bytes.has_value());
  return *bytes;
}

// The reason why `input` is not one varint of at most `max`, or nothing.
std::optional<Errc> varint_error(const Buffer& input, std::uint64_t max = UINT64_MAX) {
  Reader in(input);
  const auto read = in.finish(in.varint(max));
  if (read) return std::nullopt;
  return read.error().code;
}

TEST_CASE("W1: a message is refused when it ends early, at every byte, and when bytes follow it") {
  Writer out;
  out.u8(1).u16(2).u32(3).u64(4).varint(300).zigzag(-300).bytes(Buffer{5, 6}).text("ab");
  out.id(DeviceId{}).fixed(Buffer{7, 8, 9});
  Buffer message = out.take();
  const auto decode = [](Bytes input) {
    Reader in(input);
    // Braces, because they fix the order in which the fields are read.
    auto numbers = std::tuple{in.u8(), in.u16(), in.u32(), in.u64(), in.varint(), in.zigzag()};
    auto strings = std::tuple{to_buffer(in.bytes(2)), in.text(2), in.id<DeviceId>()};
    auto last = to_buffer(in.fixed(3));
    return in.finish(std::tuple(numbers, strings, last));
  };
  const auto whole = decode(message);
  REQUIRE(whole.has_value());
  CHECK(std::get<0>(*whole) == std::tuple(1, 2, 3u, 4u, 300u, -300));
  CHECK(std::get<1>(std::get<1>(*whole)) == "ab");
  CHECK(std::get<2>(*whole) == Buffer{7, 8, 9});
  for (std::size_t size = 0; size < message.size(); ++size) {
    CAPTURE(size);
    CHECK(decode(Bytes(message).first(size)).error().code == Errc::truncated);
  }
  message.push_back(0);
  CHECK(decode(message).error().code == Errc::non_canonical);
}

TEST_CASE("W2: a varint in any longer form than its shortest is refused") {
  for (const char* text : {"8000", "808000", "ff00", "80808080808080808000"})
    CHECK(varint_error(hex(text)) == Errc::non_canonical);
}

TEST_CASE("W2: a varint beyond 64 bits or ten bytes is refused") {
  CHECK(varint_error(hex("ffffffffffffffffff01")) == std::nullopt);
  for (const char* text : {"ffffffffffffffffff02", "ffffffffffffffffff7f", "80808080808080808081",
                           "8080808080808080808001", "ffffffffffffffffffff01"})
    CHECK(varint_error(hex(text)) == Errc::oversized);
}

TEST_CASE("W2: a varint that does not end is truncated, however long it is") {
  Buffer input;
  for (int i = 0; i < 9; ++i) {
    CHECK(varint_error(input) == Errc::truncated);
    input.push_back(0x80);
  }
}

TEST_CASE("W2: a bounded varint takes its bound and nothing above it") {
  for (const std::uint64_t max :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{127}, std::uint64_t{128},
        (std::uint64_t{1} << 31) - 1, std::uint64_t{1} << 31, std::uint64_t{UINT32_MAX},
        std::uint64_t{1} << 32, (std::uint64_t{1} << 63) - 1, std::uint64_t{1} << 63,
        UINT64_MAX - 1}) {
    CAPTURE(max);
    Writer at;
    at.varint(max);
    CHECK(varint_error(at.take(), max) == std::nullopt);
    Writer above;
    above.varint(max + 1);
    CHECK(varint_error(above.take(), max) == Errc::oversized);
  }
}

TEST_CASE("W4: a length above its bound, or above what is left, is refused without reading on") {
  struct Case {
    std::uint64_t size;
    std::optional<Errc> error;
  };
  // The bound is 4; eight bytes follow the length.
  for (const Case& c :
       {Case{0, {}}, Case{1, {}}, Case{4, {}}, Case{5, Errc::oversized}, Case{8, Errc::oversized},
        Case{(1ULL << 31), Errc::oversized}, Case{UINT32_MAX, Errc::oversized},
        Case{1ULL << 63, Errc::oversized}, Case{UINT64_MAX, Errc::oversized}}) {
    CAPTURE(c.size);
    Writer out;
    out.varint(c.size).u64(0);
    Reader in(out.view());
    const Bytes field = in.bytes(4);
    CHECK(in.ok() == !c.error.has_value());
    CHECK(field.size() == (c.error ? 0 : c.size));
    if (c.error) CHECK(in.finish(0).error().code == *c.error);
  }
  // Within the bound, but the input is shorter: a huge bound costs nothing.
  for (const std::uint64_t size : {std::uint64_t{9}, std::uint64_t{1} << 31, UINT64_MAX}) {
    Writer out;
    out.varint(size).u64(0);
    Reader in(out.view());
    CHECK(in.bytes(SIZE_MAX).empty());
    CHECK(in.finish(0).error().code == Errc::truncated);
  }
}

TEST_CASE("W4: a text with malformed UTF-8 or a NUL is refused") {
  for (const std::string_view text :
       {std::string_view("\xff"), std::string_view("a\0b", 3), std::string_view("\xc0\x80", 2),
        std::string_view("\xed\xa0\x80")}) {
    Writer out;
    out.text(text);
    Reader in(out.view());
    CHECK(in.text(16).empty());
    CHECK(in.finish(0).error().code == Errc::invalid);
  }
}

TEST_CASE("the first failure is the one reported, and every later field is zero or empty") {
  const Buffer input = hex("8000ffffffffffffffffffffffffffffffffffffff");
  Reader in(input);
  CHECK(in.varint() == 0);
  CHECK_FALSE(in.ok());
  CHECK(in.left() == 0);
  CHECK(in.u8() == 0);
  CHECK(in.u64() == 0);
  CHECK(in.varint() == 0);
  CHECK(in.zigzag() == 0);
  CHECK(in.array<4>() == std::array<std::uint8_t, 4>{});
  CHECK(in.bytes(100).empty());
  CHECK(in.text(100).empty());
  CHECK(in.rest().empty());
  in.fail_with(Errc::invalid);
  CHECK(in.finish(1).error().code == Errc::non_canonical);
}

TEST_CASE("a rule of the caller's own fails the reader like any other") {
  const Buffer input{1, 2, 3};
  Reader in(input);
  CHECK(in.u8() == 1);
  in.fail_with(Errc::unsupported);
  CHECK(in.u8() == 0);
  CHECK(in.finish(0).error().code == Errc::unsupported);
}

TEST_CASE("W5: rest takes the trailing fields that only a newer version knows") {
  const Buffer input{1, 2, 3};
  Reader in(input);
  CHECK(in.u8() == 1);
  CHECK(to_buffer(in.rest()) == Buffer{2, 3});
  CHECK(in.finish(0).has_value());
}

TEST_CASE("views read from a message point into it") {
  const Buffer input{2, 8, 9};
  Reader in(input);
  const Bytes field = in.bytes(2);
  CHECK(field.data() == input.data() + 1);
}

}  // namespace
}  // namespace syncline::wire
