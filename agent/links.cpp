// SPDX-License-Identifier: Apache-2.0
#include "agent/links.h"

#include <algorithm>

#include <boost/asio/buffer.hpp>

namespace syncline::agent {

struct Links::Connection {
  Connection(Link named, tcp::socket opened)
      : link(named), socket(std::move(opened)), deadline(socket.get_executor()) {}

  Link link;
  tcp::socket socket;
  asio::steady_timer deadline;  // of a link that lingers
  std::deque<Buffer> queue;
  std::size_t front_sent = 0;  // of the first buffer
  std::size_t queued = 0;
  bool report_due = false;  // something was sent since the core last heard of an empty queue
  bool was_high = false;
  bool awaiting_writable = false;
  bool lingering = false;
};

Links::Links(asio::io_context& io, Events events) : io_(io), events_(std::move(events)) {}

Links::~Links() {
  // Handlers that are still pending own their connection and find it closed.
  for (auto& [link, connection] : links_) close(*connection);
  for (const Shared& connection : lingering_) close(*connection);
}

void Links::close(Connection& connection) {
  ErrorCode ignored;
  connection.deadline.cancel(ignored);
  connection.socket.close(ignored);
  connection.queue.clear();
  connection.queued = 0;
}

Links::Shared Links::find(Link link) const {
  const auto found = links_.find(link);
  return found == links_.end() ? nullptr : found->second;
}

std::size_t Links::queued_size() const {
  std::size_t all = 0;
  for (const auto& [link, connection] : links_) all += connection->queued;
  return all;
}

void Links::add(Link link, tcp::socket socket) {
  ErrorCode ignored;
  socket.non_blocking(true, ignored);
  socket.set_option(tcp::no_delay(true), ignored);
  auto connection = std::make_shared<Connection>(link, std::move(socket));
  links_.emplace(link, connection);
  await_readable(connection);
}

// ---- Reading ---------------------------------------------------------------------------

void Links::await_readable(const Shared& connection) {
  connection->socket.async_wait(tcp::socket::wait_read, [this, connection](ErrorCode error) {
    if (!connection->socket.is_open()) return;
    if (error) return lost(connection);
    if (connection->lingering) return finish_lingering(connection);
    read_round(connection);
  });
}

void Links::read_round(const Shared& connection) {
  Buffer bytes;
  bool ended = false;
  while (bytes.size() < read_round_max) {
    ErrorCode error;
    const std::size_t got = connection->socket.read_some(asio::buffer(scratch_), error);
    append(bytes, Bytes(scratch_.data(), got));
    if (error == asio::error::would_block || error == asio::error::interrupted) break;
    ended = bool(error);
    if (ended || got < scratch_.size()) break;
  }
  if (!bytes.empty()) {
    unread_.push_back(connection->link);
    events_.received(connection->link, std::move(bytes));
  } else if (!ended) {
    await_readable(connection);
  }
  if (ended) lost(connection);
}

void Links::resume_reading() {
  for (const Link link : std::exchange(unread_, {}))
    if (const Shared connection = find(link)) await_readable(connection);
}

// ---- Writing ---------------------------------------------------------------------------

void Links::send(Link link, Buffer bytes) {
  const Shared connection = find(link);
  if (!connection || bytes.empty()) return;
  connection->queued += bytes.size();
  connection->queue.push_back(std::move(bytes));
  connection->report_due = true;
  connection->was_high = connection->was_high || connection->queued >= low_water;
  unsent_.push_back(link);
}

void Links::flush() {
  for (const Link link : std::exchange(unsent_, {})) {
    const Shared connection = find(link);
    if (connection && !connection->awaiting_writable && connection->queued > 0)
      write_round(connection);
  }
}

void Links::write_round(const Shared& connection) {
  constexpr std::size_t pieces_max = 16;
  while (connection->queued > 0) {
    std::array<asio::const_buffer, pieces_max> pieces;
    const std::size_t count = std::min(pieces_max, connection->queue.size());
    for (std::size_t i = 0; i < count; ++i) pieces[i] = asio::buffer(connection->queue[i]);
    pieces[0] += connection->front_sent;
    ErrorCode error;
    std::size_t sent = connection->socket.write_some(pieces, error);
    if (error == asio::error::would_block || error == asio::error::interrupted) break;
    if (error) return lost(connection);
    connection->queued -= sent;
    while (sent > 0) {
      const std::size_t rest = connection->queue.front().size() - connection->front_sent;
      const std::size_t step = std::min(rest, sent);
      sent -= step;
      connection->front_sent += step;
      if (step < rest) continue;
      connection->queue.pop_front();
      connection->front_sent = 0;
    }
  }
  if (connection->queued > queue_size_max) return lost(connection);
  report_drained(*connection);
  if (connection->queued > 0) return await_writable(connection);
  if (connection->lingering) finish_lingering(connection);
}

void Links::await_writable(const Shared& connection) {
  connection->awaiting_writable = true;
  connection->socket.async_wait(tcp::socket::wait_write, [this, connection](ErrorCode error) {
    connection->awaiting_writable = false;
    if (!connection->socket.is_open()) return;
    if (error) return lost(connection);
    write_round(connection);
  });
}

void Links::report_drained(Connection& connection) {
  if (connection.lingering) return;
  const bool empty = connection.queued == 0;
  const bool fell = connection.was_high && connection.queued < low_water;
  if (!connection.report_due || (!empty && !fell)) return;
  connection.was_high = false;
  connection.report_due = !empty;
  events_.drained(step::Drained{.link = connection.link, .queued = connection.queued});
}

// ---- Ending ----------------------------------------------------------------------------

void Links::lost(const Shared& connection) {
  close(*connection);
  if (connection->lingering) {
    std::erase(lingering_, connection);
    return;
  }
  links_.erase(connection->link);
  events_.closed(connection->link);
  events_.down(connection->link);
}

void Links::drop_orphans(const std::vector<std::string>& own_hosts) {
  std::vector<Shared> orphans;
  for (const auto& [link, connection] : links_) {
    ErrorCode error;
    const auto local = connection->socket.local_endpoint(error);
    if (error) continue;
    std::string host = local.address().to_string();
    host.resize(std::min(host.size(), host.find('%')));
    // What came to a door for both families.
    constexpr std::string_view mapped = "::ffff:";
    if (host.starts_with(mapped) && host.find('.') != std::string::npos)
      host.erase(0, mapped.size());
    if (std::find(own_hosts.begin(), own_hosts.end(), host) == own_hosts.end())
      orphans.push_back(connection);
  }
  for (const Shared& connection : orphans) lost(connection);
}

void Links::drop(Link link) {
  const Shared connection = find(link);
  if (!connection) return;
  close(*connection);
  links_.erase(link);
  events_.closed(link);
}

void Links::hang_up(Link link) {
  const Shared connection = find(link);
  if (!connection) return;
  links_.erase(link);
  events_.closed(link);
  connection->lingering = true;
  lingering_.push_back(connection);
  connection->deadline.expires_after(linger);
  connection->deadline.async_wait([this, connection](ErrorCode error) {
    if (!error && connection->socket.is_open()) lost(connection);
  });
  if (!connection->awaiting_writable) write_round(connection);
}

// Everything has left. Closing with unread bytes would make the system throw away what it
// has not delivered yet, so the other end is told first and then read until it closes too.
void Links::finish_lingering(const Shared& connection) {
  if (connection->queued > 0) return;
  ErrorCode error;
  connection->socket.shutdown(tcp::socket::shutdown_send, error);
  for (std::size_t rounds = 0; !error && rounds < read_round_max / scratch_.size(); ++rounds)
    connection->socket.read_some(asio::buffer(scratch_), error);
  if (!error || error == asio::error::would_block) return await_readable(connection);
  lost(connection);
}

}  // namespace syncline::agent
