// SPDX-License-Identifier: Apache-2.0
#include "protocol/session/outbox.h"

#include "tests/protocol/session/link_pair.h"

#include <doctest/doctest.h>

namespace syncline::session {
namespace {

constexpr std::size_t plenty = 100 * 1024 * 1024;

Buffer next_frame(Outbox& outbox) {
  Buffer frame;
  outbox.fill_frame(frame, frame_stream_size_max);
  return frame;
}

TEST_CASE("S10: channels that all wait share the link 8 : 8 : 4") {
  Outbox outbox(plenty, plenty);
  for (const Channel channel : {Channel::control, Channel::live, Channel::bulk}) {
    for (int i = 0; i < 60; ++i) outbox.push(channel, 1, testing::pattern(60 * 1024));
  }
  std::array<std::size_t, channel_count> sent{};
  for (int i = 0; i < 60; ++i) {
    const Buffer frame = next_frame(outbox);
    CHECK(frame.size() <= 1 + frame_stream_size_max);
    sent[frame[0]] += frame.size() - 1;
  }
  CHECK(sent[0] == sent[1]);
  CHECK(sent[0] == 2 * sent[2]);
}

TEST_CASE("S14: the ephemeral channel gets a frame only while no other channel can send") {
  Outbox outbox(100, 1000);
  outbox.push(Channel::ephemeral, 1, testing::pattern(10));
  outbox.push(Channel::bulk, 1, testing::pattern(100));
  outbox.push(Channel::bulk, 1, testing::pattern(100));
  outbox.push(Channel::control, 1, testing::pattern(100 * 1024));
  std::vector<int> order;
  while (outbox.can_send()) order.push_back(next_frame(outbox)[0]);
  CHECK(order == std::vector<int>{0, 2, 0, 3});  // the second batch waits for credit
  outbox.push(Channel::ephemeral, 1, testing::pattern(10));
  REQUIRE(outbox.add_credit(Channel::bulk, 200));
  CHECK(next_frame(outbox)[0] == 2);
  CHECK(next_frame(outbox)[0] == 3);
  CHECK(outbox.add_credit(Channel::ephemeral, 1).error().code == Errc::invalid);
}

TEST_CASE("S10: a channel that is alone fills whole frames") {
  Outbox outbox(plenty, plenty);
  outbox.push(Channel::bulk, 1, testing::pattern(200 * 1024));
  CHECK(next_frame(outbox).size() == 1 + frame_stream_size_max);
}

TEST_CASE("S10: short messages of one channel share a frame") {
  Outbox outbox(plenty, plenty);
  for (int i = 0; i < 100; ++i) outbox.push(Channel::live, 1, testing::pattern(10));
  CHECK(next_frame(outbox).size() == 1 + 100 * 12);
  CHECK_FALSE(outbox.can_send());
}

TEST_CASE("S10: a smaller frame limit of the other side is kept") {
  Outbox outbox(plenty, plenty);
  outbox.push(Channel::live, 1, testing::pattern(5000));
  Buffer frame;
  outbox.fill_frame(frame, 1007);
  CHECK(frame.size() == 1008);
}

TEST_CASE("S11: a message that has begun is finished without credit, the next one waits") {
  Outbox outbox(10, 1000);
  outbox.push(Channel::bulk, 1, testing::pattern(100));
  outbox.push(Channel::bulk, 2, testing::pattern(1));
  CHECK(next_frame(outbox).size() == 1 + 102);
  CHECK_FALSE(outbox.can_send());
  CHECK(outbox.queued_bytes(Channel::bulk) == 3);
  REQUIRE(outbox.add_credit(Channel::bulk, 92));  // back to nothing, still no credit
  CHECK_FALSE(outbox.can_send());
  REQUIRE(outbox.add_credit(Channel::bulk, 1));
  CHECK(next_frame(outbox).size() == 1 + 3);
}

TEST_CASE("S11: credit beyond the largest window, or for control, is refused") {
  Outbox outbox(100, 1000);
  CHECK(outbox.add_credit(Channel::control, 1).error().code == Errc::invalid);
  CHECK(outbox.add_credit(Channel::live, 901).error().code == Errc::limit);
  CHECK(outbox.add_credit(Channel::live, SIZE_MAX).error().code == Errc::limit);
  CHECK(outbox.add_credit(Channel::live, 900));
  CHECK(outbox.add_credit(Channel::live, 1).error().code == Errc::limit);
}

TEST_CASE("S13: before a last message only the one begun on its channel is finished") {
  Outbox outbox(plenty, plenty);
  outbox.push(Channel::control, 1, testing::pattern(100 * 1024));
  outbox.push(Channel::control, 2, testing::pattern(10));
  outbox.push(Channel::live, 3, testing::pattern(10));
  outbox.push(Channel::bulk, 5, testing::pattern(100 * 1024));
  for (int i = 0; i < 3; ++i) (void)next_frame(outbox);  // control, live, bulk
  outbox.drop_waiting();
  outbox.push_first(4, testing::pattern(1));
  Buffer rest;
  while (outbox.can_send()) {
    const Buffer frame = next_frame(outbox);
    if (frame[0] == 0) append(rest, Bytes(frame).subspan(1));
    CHECK(frame[0] == 0);
  }
  REQUIRE(rest.size() == 100 * 1024 + 4 - frame_stream_size_max + 3);
  CHECK(rest[rest.size() - 3] == 4);
  CHECK(outbox.queued_bytes(Channel::control) == 0);
}

}  // namespace
}  // namespace syncline::session
