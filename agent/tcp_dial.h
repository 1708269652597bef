// SPDX-License-Identifier: Apache-2.0
//
// TcpDial: opens connections to other devices.
//
// Resolves a name, tries its addresses one after another, and gives up on all of them
// together after ten seconds. What is to come from the port at which connections are taken
// is bound there first. It does not decide whom to dial or when to try again.
#pragma once

#include "agent/asio.h"
#include "protocol/step/step.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace syncline::agent {

class TcpDial {
 public:
  static constexpr auto timeout = std::chrono::seconds(10);
  // A port that is not the usual one is tried beside it when that does not connect at once.
  static constexpr auto door_head_start = std::chrono::milliseconds(250);

  struct Connected {
    Link link;
    std::string address;
    std::string local;  // own end
  };
  struct Events {
    std::function<void(Connected, tcp::socket)> connected;
    std::function<void(Link, std::string reason)> failed;
    // Binds an open socket to the port at which connections from there are taken.
    std::function<ErrorCode(tcp::socket&, const asio::ip::address& remote)> bind_to_door;
  };

  TcpDial(asio::io_context& io, Events events);
  // Forgets every attempt without telling anybody.
  ~TcpDial();
  TcpDial(const TcpDial&) = delete;
  TcpDial& operator=(const TcpDial&) = delete;

  // Answered by one of the events, never from inside this call.
  void dial(const step::Dial& dial);
  // Ends an attempt without an answer.
  void cancel(Link link);

 private:
  struct Attempt;
  using Shared = std::shared_ptr<Attempt>;
  void resolve(const Shared& attempt);
  void try_next(const Shared& attempt);
  void connect(const Shared& attempt, tcp::socket& socket, const tcp::endpoint& to);
  void connect_from_door(const Shared& attempt, const tcp::endpoint& to);
  void take(const Shared& attempt, tcp::socket& socket, const tcp::endpoint& to);
  void finish(const Shared& attempt, const std::string& reason);

  asio::io_context& io_;
  Events events_;
  std::map<Link, Shared> attempts_;
};

}  // namespace syncline::agent
