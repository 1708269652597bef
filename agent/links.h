// SPDX-License-Identifier: Apache-2.0
//
// Links: every open connection, its bytes in both directions, and nothing else.
//
// Reads are taken in rounds: after it gave bytes to the core a link is not read again until
// resume_reading(), so what the core has not dealt with stays with the sender. What the core
// sends is queued and leaves at flush(); Drained tells the core when it may produce more.
#pragma once

#include "agent/asio.h"
#include "protocol/step/step.h"

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace syncline::agent {

class Links {
 public:
  // One read takes at most this much from a link before everybody else has had a turn.
  static constexpr std::size_t read_round_max = std::size_t{256} << 10;
  // Drained is told when a queue falls below this, and again when it is empty.
  static constexpr std::size_t low_water = std::size_t{256} << 10;
  // The core keeps far below this; a link that gets here is not being read by its other end.
  static constexpr std::size_t queue_size_max = std::size_t{64} << 20;
  // How long bytes that were sent before a hang-up may still take to leave.
  static constexpr auto linger = std::chrono::seconds(2);

  // What the links tell. All are called from the io_context, never from inside a call to Links
  // except flush().
  struct Events {
    std::function<void(Link, Buffer)> received;
    std::function<void(Link)> down;  // the other end or the network ended it; the link is gone
    std::function<void(step::Drained)> drained;
    std::function<void(Link)> closed;  // whoever ended it: for those who count
  };

  Links(asio::io_context& io, Events events);
  ~Links();
  Links(const Links&) = delete;
  Links& operator=(const Links&) = delete;

  void add(Link link, tcp::socket socket);
  // Unknown links are ignored here and below: the core may not have heard of their end yet.
  void send(Link link, Buffer bytes);
  // Lets what is queued leave, then closes; nothing more is heard of this link.
  void hang_up(Link link);
  // Closes at once and forgets what is queued.
  void drop(Link link);
  // Ends those whose own address this computer does not have any more: nothing will ever come
  // from there again, and no error either.
  void drop_orphans(const std::vector<std::string>& own_hosts);

  void flush();
  void resume_reading();

  std::size_t size() const { return links_.size(); }
  std::size_t queued_size() const;

 private:
  struct Connection;
  using Shared = std::shared_ptr<Connection>;
  Shared find(Link link) const;
  void await_readable(const Shared& connection);
  void read_round(const Shared& connection);
  void await_writable(const Shared& connection);
  void write_round(const Shared& connection);
  void report_drained(Connection& connection);
  void lost(const Shared& connection);
  void finish_lingering(const Shared& connection);
  void close(Connection& connection);

  asio::io_context& io_;
  Events events_;
  std::map<Link, Shared> links_;
  std::vector<Shared> lingering_;
  std::vector<Link> unread_;  // waiting for resume_reading()
  std::vector<Link> unsent_;  // waiting for flush()
  std::array<std::uint8_t, std::size_t{64} << 10> scratch_{};
};

}  // namespace syncline::agent
