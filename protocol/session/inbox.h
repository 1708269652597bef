// SPDX-License-Identifier: Apache-2.0
//
// Inbox: what arrives on the channels of a link, and how much more may.
//
// Puts messages together again per channel and refuses a sender that exceeds its credit.
// Credit is given back when the caller says that a message is stored. Spec S9 and S11.
#pragma once

#include "protocol/session/assembler.h"
#include "protocol/session/channel.h"

#include <vector>

namespace syncline::session {

class Inbox {
 public:
  Inbox(std::size_t initial_credit, std::size_t credit_max);

  struct Arrived {
    Channel channel{};
    RawMessage message;
  };
  // The content of one frame: channel ‖ bytes. Appends whole messages to `out`.
  Status take_frame(Bytes plaintext, std::vector<Arrived>& out);

  // Requires: no more than what arrived and was not given back yet.
  void consumed(Channel channel, std::size_t bytes);
  // What to grant now, at least half a window or nothing; it counts as granted.
  std::size_t take_grant(Channel channel);
  bool has_grant(Channel channel) const { return of(channel).due() > 0; }

 private:
  struct Lane {
    MessageAssembler assembler;
    std::int64_t window = 0;      // how much may be granted or unconsumed at a time
    std::int64_t credit = 0;      // granted and not arrived; below 0 inside a message at most
    std::int64_t unconsumed = 0;  // arrived and not given back
    std::int64_t arrived = 0;     // since the window grew last

    std::int64_t due() const;
  };
  Lane& of(Channel channel) { return lanes_[static_cast<std::size_t>(channel)]; }
  const Lane& of(Channel channel) const { return lanes_[static_cast<std::size_t>(channel)]; }

  std::vector<Lane> lanes_;
  std::int64_t window_max_;
};

}  // namespace syncline::session
