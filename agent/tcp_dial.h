// SPDX-License-Identifier: Apache-2.0
//
// TcpDial: opens connections to other devices.
//
// Resolves a name, tries its addresses one after another, and gives up on all of them
// together after ten seconds. It does not decide whom to dial or when to try again.
#pragma once

#include "agent/asio.h"
#include "protocol/base/ids.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace syncline::agent {

class TcpDial {
 public:
  static constexpr auto timeout = std::chrono::seconds(10);

  struct Events {
    std::function<void(Link, tcp::socket, std::string address)> connected;
    std::function<void(Link, std::string reason)> failed;
  };

  TcpDial(asio::io_context& io, Events events);
  // Forgets every attempt without telling anybody.
  ~TcpDial();
  TcpDial(const TcpDial&) = delete;
  TcpDial& operator=(const TcpDial&) = delete;

  // Answered by one of the events, never from inside this call.
  void dial(Link link, const std::string& address);
  // Ends an attempt without an answer.
  void cancel(Link link);

 private:
  struct Attempt;
  using Shared = std::shared_ptr<Attempt>;
  void resolve(const Shared& attempt, const std::string& address);
  void try_next(const Shared& attempt);
  void finish(const Shared& attempt, const std::string& reason);

  asio::io_context& io_;
  Events events_;
  std::map<Link, Shared> attempts_;
};

}  // namespace syncline::agent
