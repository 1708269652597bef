// SPDX-License-Identifier: Apache-2.0
//
// AvahiPoller: Avahi's event loop interface on an io_context, without a thread of its own.
#pragma once

#include "agent/asio.h"

#include <avahi-common/watch.h>

namespace syncline::agent {

class AvahiPoller {
 public:
  explicit AvahiPoller(asio::io_context& io);
  AvahiPoller(const AvahiPoller&) = delete;
  AvahiPoller& operator=(const AvahiPoller&) = delete;

  // Everything made with it must be freed before the poller.
  const AvahiPoll* get() const { return &poll_; }

 private:
  AvahiPoll poll_{};
};

}  // namespace syncline::agent
