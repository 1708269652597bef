// SPDX-License-Identifier: Apache-2.0
//
//   plaintext of a frame = channel u8 ‖ bytes of that channel's stream of messages
#include "protocol/session/inbox.h"

#include "protocol/base/check.h"

#include <algorithm>

namespace syncline::session {

Inbox::Inbox(std::size_t initial_credit, std::size_t credit_max)
    : window_max_(static_cast<std::int64_t>(credit_max)) {
  const auto initial = static_cast<std::int64_t>(initial_credit);
  for (const Channel channel : channels) {
    lanes_.push_back({.assembler = MessageAssembler(body_size_max(channel)),
                      .window = initial,
                      .credit = initial});
  }
}

Status Inbox::take_frame(Bytes plaintext, std::vector<Arrived>& out) {
  if (plaintext.size() < 2) return fail(Errc::truncated, "frame");
  if (plaintext[0] >= channel_count) return fail(Errc::unsupported, "channel");
  const auto channel = static_cast<Channel>(plaintext[0]);
  const bool is_limited = has_credit(channel);
  Lane& lane = of(channel);
  Bytes stream = plaintext.subspan(1);
  while (!stream.empty()) {
    if (is_limited && lane.assembler.is_between_messages() && lane.credit <= 0) {
      return fail(Errc::limit, "more than its credit");
    }
    const std::size_t before = stream.size();
    auto message = lane.assembler.take(stream);
    if (!message) return pass(message);
    if (is_limited) {
      const auto taken = static_cast<std::int64_t>(before - stream.size());
      lane.credit -= taken;
      lane.unconsumed += taken;
      lane.arrived += taken;
    }
    if (*message) out.push_back({channel, std::move(**message)});
  }
  return {};
}

void Inbox::consumed(Channel channel, std::size_t bytes) {
  Lane& lane = of(channel);
  const auto given_back = static_cast<std::int64_t>(bytes);
  SYNCLINE_CHECK(given_back <= lane.unconsumed);
  lane.unconsumed -= given_back;
}

std::int64_t Inbox::Lane::due() const {
  const std::int64_t free = window - credit - unconsumed;
  return 2 * free >= window ? free : 0;
}

std::size_t Inbox::take_grant(Channel channel) {
  Lane& lane = of(channel);
  if (lane.due() == 0) return 0;
  // The window opens by doubling to what a long path needs, and only on links that carry as much.
  if (lane.arrived >= lane.window) {
    lane.window = std::min(2 * lane.window, window_max_);
    lane.arrived = 0;
  }
  const std::int64_t grant = lane.due();
  lane.credit += grant;
  return static_cast<std::size_t>(grant);
}

}  // namespace syncline::session
