// SPDX-License-Identifier: Apache-2.0
#include "agent/tcp_listen.h"

#include <boost/asio/ip/v6_only.hpp>
#include <sys/socket.h>

namespace syncline::agent {
namespace {

// Whether another socket of this user may be bound to the same port.
bool set_shared(int socket, int value) {
  return ::setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &value, sizeof value) == 0;
}

Error bind_error(const HostPort& where, const ErrorCode& error) {
  const Errc code = error == asio::error::address_in_use ? Errc::busy : Errc::io;
  return {code, "cannot listen on " + address_text(where) + ": " + error.message()};
}

bool family_is_missing(const ErrorCode& error) {
  return error == asio::error::address_family_not_supported ||
         error == boost::system::errc::address_not_available;
}

}  // namespace

struct TcpListen::Door {
  explicit Door(asio::io_context& io) : acceptor(io), retry(io) {}
  tcp::acceptor acceptor;
  asio::steady_timer retry;
};

TcpListen::TcpListen(asio::io_context& io, Accepted accepted)
    : io_(io), accepted_(std::move(accepted)) {}

Status TcpListen::bind(const HostPort& where) {
  ErrorCode error;
  const auto address = asio::ip::make_address(where.host, error);
  if (error) return fail(Errc::invalid, "`" + where.host + "` is not an IP address to listen on");
  auto door = std::make_shared<Door>(io_);
  const tcp::endpoint endpoint(address, where.port);
  door->acceptor.open(endpoint.protocol(), error);
  if (!error) door->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && address.is_v6()) door->acceptor.set_option(asio::ip::v6_only(true), error);
  if (!error) door->acceptor.bind(endpoint, error);
  if (!error) door->acceptor.listen(128, error);
  if (!error) door->acceptor.non_blocking(true, error);
  if (error && family_is_missing(error))
    return fail(Errc::unsupported, bind_error(where, error).context);
  if (error) return tl::unexpected<Error>(bind_error(where, error));
  doors_.push_back(std::move(door));
  return {};
}

// Port 0 means one free port for all addresses: the first one picks, the others follow.
Status TcpListen::bind_any(const std::vector<HostPort>& where) {
  std::uint16_t chosen = 0;
  Status missing;
  for (const HostPort& wanted : where) {
    HostPort exact = wanted;
    if (exact.port == 0) exact.port = chosen;
    if (auto bound_now = bind(exact); !bound_now) {
      if (bound_now.error().code != Errc::unsupported) return bound_now;
      missing = std::move(bound_now);
      continue;
    }
    if (wanted.port == 0) chosen = bound().back().port;
  }
  return doors_.empty() ? missing : Status();
}

Status TcpListen::open(const std::vector<HostPort>& where, std::uint16_t usual_port) {
  std::vector<HostPort> usual = where;
  for (HostPort& one : usual)
    if (one.port == 0) one.port = usual_port;
  constexpr int attempts_max = 8;
  Status opened = bind_any(usual);
  // The usual port is taken, or a port free for one family was taken for the other.
  for (int i = 0; !opened && opened.error().code == Errc::busy && i < attempts_max; ++i) {
    close();
    opened = bind_any(where);
  }
  if (!opened) {
    close();
    return opened;
  }
  for (const auto& door : doors_) accept_next(door);
  return {};
}

void TcpListen::close() {
  ErrorCode ignored;
  for (const auto& door : doors_) {
    door->acceptor.close(ignored);
    door->retry.cancel(ignored);
  }
  doors_.clear();
}

std::vector<HostPort> TcpListen::bound() const {
  std::vector<HostPort> all;
  for (const auto& door : doors_) {
    ErrorCode error;
    const tcp::endpoint at = door->acceptor.local_endpoint(error);
    if (!error) all.push_back({at.address().to_string(), at.port()});
  }
  return all;
}

std::shared_ptr<TcpListen::Door> TcpListen::door_for(const asio::ip::address& remote) const {
  for (const auto& door : doors_) {
    ErrorCode error;
    const asio::ip::address at = door->acceptor.local_endpoint(error).address();
    if (!error && at.is_v4() == remote.is_v4() && at.is_loopback() <= remote.is_loopback())
      return door;
  }
  return nullptr;
}

std::uint16_t TcpListen::port_for(const asio::ip::address& remote) const {
  const auto door = door_for(remote);
  ErrorCode error;
  return door ? door->acceptor.local_endpoint(error).port() : std::uint16_t{0};
}

ErrorCode TcpListen::bind_beside(tcp::socket& socket, const asio::ip::address& remote) {
  const auto door = door_for(remote);
  if (!door) return asio::error::address_in_use;
  ErrorCode error;
  const tcp::endpoint at = door->acceptor.local_endpoint(error);
  if (!error) socket.set_option(tcp::socket::reuse_address(true), error);
  if (error) return error;
  const int listening = door->acceptor.native_handle();
  if (!set_shared(socket.native_handle(), 1) || !set_shared(listening, 1))
    return asio::error::operation_not_supported;
  socket.bind(at, error);
  (void)set_shared(listening, 0);
  return error;
}

void TcpListen::accept_next(const std::shared_ptr<Door>& door) {
  door->acceptor.async_accept([this, door](ErrorCode error, tcp::socket socket) {
    if (!door->acceptor.is_open()) return;
    if (error) {
      // Out of descriptors or memory: the connection stays in the queue; try again, not at once.
      door->retry.expires_after(std::chrono::milliseconds(200));
      door->retry.async_wait([this, door](ErrorCode stopped) {
        if (!stopped && door->acceptor.is_open()) accept_next(door);
      });
      return;
    }
    ErrorCode gone;
    const tcp::endpoint remote = socket.remote_endpoint(gone);
    if (!gone) accepted_(std::move(socket), remote);
    accept_next(door);
  });
}

}  // namespace syncline::agent
