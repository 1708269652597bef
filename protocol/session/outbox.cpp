// SPDX-License-Identifier: Apache-2.0
#include "protocol/session/outbox.h"

#include "protocol/base/check.h"
#include "protocol/session/assembler.h"

#include <algorithm>

namespace syncline::session {
namespace {

// Bytes a turn: control and live twice as much as bulk (weights 8 : 8 : 4). The ephemeral channel
// has no turn: it fills what the others leave.
constexpr std::array<std::size_t, channel_count - 1> turn_sizes = {
    frame_stream_size_max, frame_stream_size_max, frame_stream_size_max / 2};

}  // namespace

Outbox::Outbox(std::size_t initial_credit, std::size_t credit_max)
    : credit_max_(static_cast<std::int64_t>(credit_max)) {
  for (Lane& lane : lanes_) lane.credit = static_cast<std::int64_t>(initial_credit);
  for (const Channel channel : channels) of(channel).is_limited = has_credit(channel);
}

bool Outbox::Lane::can_send() const {
  if (messages.empty()) return false;
  return begun > 0 || !is_limited || credit > 0;
}

void Outbox::Lane::fill(Buffer& out, std::size_t size_max) {
  while (size_max > 0 && can_send()) {
    const Bytes rest = Bytes(messages.front()).subspan(begun);
    const std::size_t taken = std::min(rest.size(), size_max);
    append(out, rest.first(taken));
    size_max -= taken;
    begun += taken;
    queued -= taken;
    credit -= static_cast<std::int64_t>(taken);
    if (taken < rest.size()) return;
    messages.pop_front();
    begun = 0;
  }
}

void Outbox::push(Channel channel, std::uint8_t type, Bytes body) {
  Buffer message;
  append_message(message, type, body);
  Lane& lane = of(channel);
  lane.queued += message.size();
  lane.messages.push_back(std::move(message));
}

void Outbox::push_first(std::uint8_t type, Bytes body) {
  Buffer message;
  append_message(message, type, body);
  Lane& lane = of(Channel::control);
  lane.queued += message.size();
  lane.messages.insert(lane.messages.begin() + (lane.begun > 0 ? 1 : 0), std::move(message));
}

void Outbox::drop_waiting() {
  for (Lane& lane : lanes_) {
    const bool is_kept = lane.begun > 0 && &lane == &of(Channel::control);
    lane.messages.resize(is_kept ? 1 : 0);
    if (!is_kept) lane.begun = 0;
    lane.queued = is_kept ? lane.messages.front().size() - lane.begun : 0;
  }
}

Status Outbox::add_credit(Channel channel, std::size_t bytes) {
  Lane& lane = of(channel);
  if (!lane.is_limited) return fail(Errc::invalid, "credit for a channel without credit");
  // Inside a message the balance may be below zero: then more than a window may come at once.
  const auto room = static_cast<std::size_t>(credit_max_ - lane.credit);
  if (bytes > room) return fail(Errc::limit, "credit");
  lane.credit += static_cast<std::int64_t>(bytes);
  return {};
}

bool Outbox::can_send() const {
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [](const Lane& lane) { return lane.can_send(); });
}

void Outbox::fill_frame(Buffer& out, std::size_t stream_size_max) {
  SYNCLINE_CHECK(can_send());
  std::size_t waiting = 0;
  for (std::size_t i = 0; i < turn_sizes.size(); ++i) waiting += lanes_[i].can_send() ? 1 : 0;
  auto chosen = static_cast<std::size_t>(Channel::ephemeral);
  if (waiting > 0) {
    while (!lanes_[turn_].can_send()) turn_ = (turn_ + 1) % turn_sizes.size();
    chosen = turn_;
    turn_ = (turn_ + 1) % turn_sizes.size();
  }
  const std::size_t size = waiting > 1 ? turn_sizes[chosen] : frame_stream_size_max;
  out.push_back(static_cast<std::uint8_t>(chosen));
  lanes_[chosen].fill(out, std::min(size, stream_size_max));
}

}  // namespace syncline::session
