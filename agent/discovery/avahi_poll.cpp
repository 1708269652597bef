// SPDX-License-Identifier: Apache-2.0
#include "agent/discovery/avahi_poll.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <unistd.h>

namespace {

namespace asio = boost::asio;
using syncline::agent::ErrorCode;

asio::io_context& io_of(const AvahiPoll* poll) {
  return *static_cast<asio::io_context*>(poll->userdata);
}

bool wants(int events, int event) { return (events & event) != 0; }

}  // namespace

// Avahi declares these two and leaves them to the loop.

struct AvahiWatch : std::enable_shared_from_this<AvahiWatch> {
  // Asio registers the descriptor it is given, and closes it; Avahi keeps its own.
  AvahiWatch(asio::io_context& io, int of, AvahiWatchCallback call, void* data)
      : descriptor(io, ::dup(of)), fd(of), callback(call), userdata(data) {}

  void update(AvahiWatchEvent events) {
    wanted = events;
    if (wants(wanted, AVAHI_WATCH_IN)) wait(asio::posix::descriptor_base::wait_read, reading);
    if (wants(wanted, AVAHI_WATCH_OUT)) wait(asio::posix::descriptor_base::wait_write, writing);
  }

  void wait(asio::posix::descriptor_base::wait_type what, bool& pending) {
    if (pending) return;
    pending = true;
    descriptor.async_wait(what, [self = shared_from_this(), &pending](ErrorCode error) {
      pending = false;
      if (!error && self->self) self->ready();
    });
  }

  void ready() {
    pollfd now{fd, static_cast<short>(wanted), 0};
    happened = static_cast<AvahiWatchEvent>(::poll(&now, 1, 0) > 0 ? now.revents : 0);
    if (happened != 0) callback(this, fd, happened, userdata);
    happened = static_cast<AvahiWatchEvent>(0);
    if (self) update(wanted);
  }

  asio::posix::stream_descriptor descriptor;
  int fd;
  AvahiWatchCallback callback;
  void* userdata;
  AvahiWatchEvent wanted = static_cast<AvahiWatchEvent>(0);
  AvahiWatchEvent happened = static_cast<AvahiWatchEvent>(0);
  bool reading = false;
  bool writing = false;
  std::shared_ptr<AvahiWatch> self;  // until Avahi frees it
};

struct AvahiTimeout : std::enable_shared_from_this<AvahiTimeout> {
  AvahiTimeout(asio::io_context& io, AvahiTimeoutCallback call, void* data)
      : timer(io), callback(call), userdata(data) {}

  void update(const timeval* at) {
    timer.cancel();
    ++round;
    if (at == nullptr) return;
    const auto since_epoch =
        std::chrono::seconds(at->tv_sec) + std::chrono::microseconds(at->tv_usec);
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    timer.expires_after(
        std::max(std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch - now),
                 std::chrono::nanoseconds(0)));
    timer.async_wait([self = shared_from_this(), mine = round](ErrorCode error) {
      if (!error && self->self && self->round == mine) self->callback(self.get(), self->userdata);
    });
  }

  asio::steady_timer timer;
  AvahiTimeoutCallback callback;
  void* userdata;
  std::uint64_t round = 0;  // a timer that had expired already cannot be cancelled
  std::shared_ptr<AvahiTimeout> self;
};

namespace {

AvahiWatch* new_watch(const AvahiPoll* poll, int fd, AvahiWatchEvent events,
                      AvahiWatchCallback callback, void* userdata) {
  auto watch = std::make_shared<AvahiWatch>(io_of(poll), fd, callback, userdata);
  watch->self = watch;
  watch->update(events);
  return watch.get();
}

void update_watch(AvahiWatch* watch, AvahiWatchEvent events) { watch->update(events); }

AvahiWatchEvent events_of(AvahiWatch* watch) { return watch->happened; }

void free_watch(AvahiWatch* watch) {
  const auto kept = std::move(watch->self);
  ErrorCode ignored;
  kept->descriptor.close(ignored);
}

AvahiTimeout* new_timeout(const AvahiPoll* poll, const timeval* at, AvahiTimeoutCallback callback,
                          void* userdata) {
  auto timeout = std::make_shared<AvahiTimeout>(io_of(poll), callback, userdata);
  timeout->self = timeout;
  timeout->update(at);
  return timeout.get();
}

void update_timeout(AvahiTimeout* timeout, const timeval* at) { timeout->update(at); }

void free_timeout(AvahiTimeout* timeout) {
  const auto kept = std::move(timeout->self);
  kept->timer.cancel();
}

}  // namespace

namespace syncline::agent {

AvahiPoller::AvahiPoller(asio::io_context& io)
    : poll_{&io,        new_watch,   update_watch,   events_of,
            free_watch, new_timeout, update_timeout, free_timeout} {}

}  // namespace syncline::agent
