// SPDX-License-Identifier: Apache-2.0
#include "protocol/session/inbox.h"

#include "protocol/wire/writer.h"
#include "tests/protocol/session/link_pair.h"

#include <doctest/doctest.h>

namespace syncline::session {
namespace {

constexpr std::size_t initial = 1000;
constexpr std::size_t window_max = 4000;

Buffer frame_of(std::uint8_t channel, std::size_t body_size) {
  Buffer frame = {channel};
  append_message(frame, 0x20, testing::pattern(body_size));
  return frame;
}

TEST_CASE("S8: a frame without content or for an unknown channel is refused") {
  Inbox inbox(initial, window_max);
  std::vector<Inbox::Arrived> out;
  CHECK(inbox.take_frame(Buffer{}, out).error().code == Errc::truncated);
  CHECK(inbox.take_frame(Buffer{0}, out).error().code == Errc::truncated);
  for (const int channel : {4, 5, 127, 128, 255}) {
    CHECK(inbox.take_frame(frame_of(static_cast<std::uint8_t>(channel), 1), out).error().code ==
          Errc::unsupported);
  }
}

TEST_CASE("S9: each channel has its own bound for a body") {
  for (const Channel channel : channels) {
    const auto header = [&](std::uint64_t size) {
      return wire::Writer().u8(static_cast<std::uint8_t>(channel)).u8(0x20).varint(size).take();
    };
    std::vector<Inbox::Arrived> out;
    Inbox within(initial, window_max);
    CHECK(within.take_frame(header(body_size_max(channel)), out));
    for (const std::uint64_t size :
         {std::uint64_t{body_size_max(channel) + 1}, std::uint64_t{1} << 31,
          std::uint64_t{UINT32_MAX}, std::uint64_t{1} << 63}) {
      Inbox beyond(initial, window_max);
      CHECK(beyond.take_frame(header(size), out).error().code == Errc::oversized);
    }
  }
  CHECK(body_size_max(Channel::control) == limits::control_message_size_max);
  CHECK(body_size_max(Channel::live) == limits::batch_message_size_max);
  CHECK(body_size_max(Channel::bulk) == limits::batch_message_size_max);
  CHECK(body_size_max(Channel::ephemeral) == limits::ephemeral_message_size_max);
}

TEST_CASE("S11: a message may begin with the last byte of credit and none after it") {
  Inbox inbox(initial, window_max);
  std::vector<Inbox::Arrived> out;
  REQUIRE(inbox.take_frame(frame_of(1, initial - 3 - 1), out));  // leaves one byte
  REQUIRE(inbox.take_frame(frame_of(1, 500), out));
  CHECK(inbox.take_frame(frame_of(1, 0), out).error().code == Errc::limit);
}

TEST_CASE("S11: control needs no credit") {
  Inbox inbox(initial, window_max);
  std::vector<Inbox::Arrived> out;
  for (int i = 0; i < 100; ++i) REQUIRE(inbox.take_frame(frame_of(0, 500), out));
  CHECK(out.size() == 100);
  CHECK_FALSE(inbox.has_grant(Channel::control));
}

TEST_CASE("S11: credit comes back with what was stored, half a window at a time") {
  Inbox inbox(initial, window_max);
  std::vector<Inbox::Arrived> out;
  REQUIRE(inbox.take_frame(frame_of(2, 597), out));
  CHECK(out[0].message.stream_size == 600);
  CHECK_FALSE(inbox.has_grant(Channel::bulk));
  inbox.consumed(Channel::bulk, 400);
  CHECK(inbox.take_grant(Channel::bulk) == 0);
  inbox.consumed(Channel::bulk, 200);
  CHECK(inbox.has_grant(Channel::bulk));
  CHECK_FALSE(inbox.has_grant(Channel::live));
  CHECK(inbox.take_grant(Channel::bulk) == 600);
  CHECK(inbox.take_grant(Channel::bulk) == 0);
}

TEST_CASE("S11: a window that was used up doubles, to its limit") {
  Inbox inbox(initial, window_max);
  std::vector<Inbox::Arrived> out;
  std::size_t credit = initial;
  std::size_t window = initial;
  for (int i = 0; i < 10; ++i) {
    REQUIRE(inbox.take_frame(frame_of(2, credit - 3), out));
    inbox.consumed(Channel::bulk, credit);
    window = std::min(2 * window, window_max);
    credit = inbox.take_grant(Channel::bulk);
    CHECK(credit == window);
    CHECK_FALSE(inbox.has_grant(Channel::bulk));
  }
}

}  // namespace
}  // namespace syncline::session
