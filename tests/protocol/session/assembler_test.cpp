// SPDX-License-Identifier: Apache-2.0
#include "protocol/session/assembler.h"

#include "protocol/wire/writer.h"
#include "tests/protocol/session/link_pair.h"

#include <doctest/doctest.h>

namespace syncline::session {
namespace {

constexpr std::size_t body_max = 64 * 1024;

Result<std::optional<RawMessage>> take_header(Bytes length, std::size_t size_max = body_max) {
  Buffer bytes = {0x20};
  append(bytes, length);
  MessageAssembler assembler(size_max);
  Bytes input = bytes;
  return assembler.take(input);
}

TEST_CASE("S9: a length is refused by its value before anything of the body is kept") {
  for (const std::uint64_t size :
       {std::uint64_t{body_max + 1}, std::uint64_t{1} << 31, std::uint64_t{UINT32_MAX},
        std::uint64_t{1} << 32, std::uint64_t{1} << 63, UINT64_MAX}) {
    const auto taken = take_header(wire::Writer().varint(size).view());
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code == Errc::oversized);
  }
  for (const std::uint64_t size : {1, 127, 128, 65535, 65536}) {
    const auto taken = take_header(wire::Writer().varint(size).view());
    REQUIRE(taken);
    CHECK_FALSE(taken->has_value());
  }
  const auto empty = take_header(wire::Writer().varint(0).view());
  REQUIRE(empty);
  REQUIRE(empty->has_value());
  CHECK((*empty)->body.empty());
  CHECK((*empty)->stream_size == 2);
}

TEST_CASE("S9: a length in more bytes than it needs, or without an end, is refused") {
  const std::vector<Buffer> overlong = {
      {0x80, 0x00},
      {0xff, 0x00},
      {0x81, 0x80, 0x00},
      {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02},
      {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
      {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80},
  };
  for (const Buffer& length : overlong) {
    const auto taken = take_header(length);
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code == Errc::non_canonical);
  }
}

TEST_CASE("S9: messages come out the same however their bytes are cut") {
  Buffer stream;
  std::vector<Buffer> bodies;
  for (const std::size_t size : {0, 1, 200, 3, 70, 0}) {
    bodies.push_back(testing::pattern(size));
    append_message(stream, static_cast<std::uint8_t>(bodies.size()), bodies.back());
  }
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    MessageAssembler assembler(body_max);
    std::size_t seen = 0;
    for (std::size_t i = 0; i < stream.size(); i += piece) {
      Bytes input = Bytes(stream).subspan(i, std::min(piece, stream.size() - i));
      while (!input.empty()) {
        const auto taken = assembler.take(input);
        REQUIRE(taken);
        if (!*taken) continue;
        REQUIRE(seen < bodies.size());
        CHECK((*taken)->body == bodies[seen]);
        CHECK((*taken)->type == ++seen);
      }
    }
    CHECK(seen == bodies.size());
    CHECK(assembler.is_between_messages());
  }
}

TEST_CASE("S9: a declared length alone costs no memory") {
  constexpr std::size_t size_max = std::size_t{1} << 40;
  MessageAssembler assembler(size_max);
  Buffer begun = {0x20};
  append(begun, wire::Writer().varint(size_max).view());
  begun.push_back(1);
  Bytes input = begun;
  // Reserving what was declared would fail here, and end the test.
  const auto taken = assembler.take(input);
  REQUIRE(taken);
  CHECK_FALSE(taken->has_value());
}

}  // namespace
}  // namespace syncline::session
