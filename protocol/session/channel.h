// SPDX-License-Identifier: Apache-2.0
//
// Channel: the streams of messages that share one link, and who owns which message type.
//
// Spec S8 to S10. Types 0x70 to 0x7f are session's own, on the control channel; a caller never
// sees or sends them.
#pragma once

#include "protocol/base/limits.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace syncline::session {

enum class Channel : std::uint8_t {
  control = 0,    // agreements and questions; no credit, short messages
  live = 1,       // what somebody is waiting for
  bulk = 2,       // catch-up
  ephemeral = 3,  // what is worth nothing later; only while no other channel can send
};
inline constexpr std::size_t channel_count = 4;
inline constexpr std::array<Channel, channel_count> channels = {Channel::control, Channel::live,
                                                                Channel::bulk, Channel::ephemeral};

// Whether a sender waits until the receiver has stored what came before.
inline constexpr bool has_credit(Channel channel) {
  return channel == Channel::live || channel == Channel::bulk;
}

inline constexpr bool is_own_type(std::uint8_t type) { return type >= 0x70 && type < 0x80; }
// A receiver that does not know such a type skips the message; any other unknown type is an error.
inline constexpr bool is_ignorable(std::uint8_t type) { return type >= 0x80; }

// The longest body on a channel.
inline constexpr std::size_t body_size_max(Channel channel) {
  switch (channel) {
    case Channel::control: return limits::control_message_size_max;
    case Channel::live:
    case Channel::bulk: break;
    case Channel::ephemeral: return limits::ephemeral_message_size_max;
  }
  return limits::batch_message_size_max;
}

}  // namespace syncline::session
