// SPDX-License-Identifier: Apache-2.0
//
// TcpListen: takes connections from other devices.
//
// One port for IPv4 and IPv6. A port that was not chosen by the person is any free one
// and stays the same at the next start while it is free, since other devices remember
// it. Whom to let in is decided by whoever gets the connection.
#pragma once

#include "agent/address.h"
#include "agent/asio.h"
#include "protocol/base/result.h"

#include <functional>
#include <string>
#include <vector>

namespace syncline::agent {

class TcpListen {
 public:
  using Accepted = std::function<void(tcp::socket, tcp::endpoint remote)>;

  TcpListen(asio::io_context& io, Accepted accepted);
  ~TcpListen() { close(); }
  TcpListen(const TcpListen&) = delete;
  TcpListen& operator=(const TcpListen&) = delete;

  // Port 0 is `usual_port` if that is free, else any. An address family this computer does
  // not have is left out as long as one address works; a port in use is an error.
  Status open(const std::vector<HostPort>& where, std::uint16_t usual_port);
  void close();

  std::vector<HostPort> bound() const;

  // The port at which a connection of this kind of address would be taken; 0: none would.
  std::uint16_t port_for(const asio::ip::address& remote) const;
  // Binds an open socket to that port, from which it is to be dialled. For as long as that takes
  // the port can be bound twice, by this user only; nobody else can listen there.
  ErrorCode bind_beside(tcp::socket& socket, const asio::ip::address& remote);

 private:
  struct Door;
  Status bind(const HostPort& where);
  Status bind_any(const std::vector<HostPort>& where);
  void accept_next(const std::shared_ptr<Door>& door);
  std::shared_ptr<Door> door_for(const asio::ip::address& remote) const;

  asio::io_context& io_;
  Accepted accepted_;
  std::vector<std::shared_ptr<Door>> doors_;
};

}  // namespace syncline::agent
