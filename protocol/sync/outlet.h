// SPDX-License-Identifier: Apache-2.0
//
// Outlet: what replication needs of a link: to queue a message and to know whether there is room.
//
// session::Session is behind it in the agent; tests use a plain queue. Nothing is sent before
// the step's writes are committed, whatever is queued here.
#pragma once

#include "protocol/base/result.h"
#include "protocol/session/channel.h"

namespace syncline::sync {

class Outlet {
 public:
  virtual ~Outlet() = default;

  // As Session::send.
  virtual Status send(session::Channel channel, std::uint8_t type, Bytes body) = 0;
  virtual std::size_t queued_bytes(session::Channel channel) const = 0;
  virtual bool has_room(session::Channel channel) const = 0;
};

}  // namespace syncline::sync
