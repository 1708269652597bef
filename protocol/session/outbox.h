// SPDX-License-Identifier: Apache-2.0
//
// Outbox: what waits to be sent on a link, and whose turn it is.
//
// A queue of encoded messages per channel. Channels share the link by weight, one frame a
// turn: since a frame may end anywhere in a message, their byte counts never drift apart and
// no deficit has to be carried over. A message begins only while its channel has credit;
// once begun it is sent to its end. Spec S10 and S11.
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"
#include "protocol/session/channel.h"

#include <deque>

namespace syncline::session {

inline constexpr std::size_t frame_stream_size_max = 60 * 1024;

class Outbox {
 public:
  // `initial_credit` and the most that credit may add up to, for live and bulk.
  Outbox(std::size_t initial_credit, std::size_t credit_max);

  void push(Channel channel, std::uint8_t type, Bytes body);
  // A message of session's own: before all others on the control channel that have not begun.
  void push_first(std::uint8_t type, Bytes body);
  // Before a last message on control: everything is dropped but the message that has begun there.
  void drop_waiting();

  // Errors: Errc::limit if the other side grants more than the protocol allows.
  Status add_credit(Channel channel, std::size_t bytes);

  std::size_t queued_bytes(Channel channel) const { return of(channel).queued; }
  bool can_send() const;
  // Appends channel ‖ up to `stream_size_max` bytes of that channel. Requires: can_send().
  void fill_frame(Buffer& out, std::size_t stream_size_max);

 private:
  struct Lane {
    std::deque<Buffer> messages;
    std::size_t begun = 0;  // bytes of the first message that are in frames already
    std::size_t queued = 0;
    std::int64_t credit = 0;
    bool is_limited = true;

    bool can_send() const;
    void fill(Buffer& out, std::size_t size_max);
  };
  Lane& of(Channel channel) { return lanes_[static_cast<std::size_t>(channel)]; }
  const Lane& of(Channel channel) const { return lanes_[static_cast<std::size_t>(channel)]; }

  std::array<Lane, channel_count> lanes_;
  std::size_t turn_ = 0;  // the lane that is asked first
  std::int64_t credit_max_;
};

}  // namespace syncline::session
