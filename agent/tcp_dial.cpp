// SPDX-License-Identifier: Apache-2.0
#include "agent/tcp_dial.h"

#include "agent/address.h"

namespace syncline::agent {

struct TcpDial::Attempt {
  Attempt(asio::io_context& io, Link named) : link(named), resolver(io), socket(io), deadline(io) {}

  Link link;
  tcp::resolver resolver;
  tcp::socket socket;
  asio::steady_timer deadline;
  tcp::resolver::results_type found;
  tcp::resolver::results_type::const_iterator next;
  std::string reason = "no address";
  bool over = false;

  void stop() {
    over = true;
    ErrorCode ignored;
    resolver.cancel();
    socket.close(ignored);
    deadline.cancel(ignored);
  }
};

TcpDial::TcpDial(asio::io_context& io, Events events) : io_(io), events_(std::move(events)) {}

TcpDial::~TcpDial() {
  for (auto& [link, attempt] : attempts_) attempt->stop();
}

void TcpDial::dial(Link link, const std::string& address) {
  auto attempt = std::make_shared<Attempt>(io_, link);
  attempts_[link] = attempt;
  attempt->deadline.expires_after(timeout);
  attempt->deadline.async_wait([this, attempt](ErrorCode error) {
    if (!error && !attempt->over) finish(attempt, "no answer within ten seconds");
  });
  resolve(attempt, address);
}

void TcpDial::cancel(Link link) {
  const auto found = attempts_.find(link);
  if (found == attempts_.end()) return;
  found->second->stop();
  attempts_.erase(found);
}

void TcpDial::resolve(const Shared& attempt, const std::string& address) {
  const auto parsed = parse_host_port(address);
  if (!parsed || parsed->port == 0) {
    asio::post(io_, [this, attempt] {
      if (!attempt->over) finish(attempt, "not an address of the form host:port");
    });
    return;
  }
  ErrorCode not_numeric;
  const auto numeric = asio::ip::make_address(parsed->host, not_numeric);
  if (!not_numeric) {
    const tcp::endpoint endpoint(numeric, parsed->port);
    attempt->found = tcp::resolver::results_type::create(endpoint, parsed->host, "");
    attempt->next = attempt->found.begin();
    asio::post(io_, [this, attempt] {
      if (!attempt->over) try_next(attempt);
    });
    return;
  }
  attempt->resolver.async_resolve(
      parsed->host, std::to_string(parsed->port), tcp::resolver::numeric_service,
      [this, attempt](ErrorCode error, tcp::resolver::results_type found) {
        if (attempt->over) return;
        if (error) return finish(attempt, "the name is not known: " + error.message());
        attempt->found = std::move(found);
        attempt->next = attempt->found.begin();
        try_next(attempt);
      });
}

void TcpDial::try_next(const Shared& attempt) {
  if (attempt->next == attempt->found.end()) return finish(attempt, attempt->reason);
  const tcp::endpoint endpoint = attempt->next->endpoint();
  ++attempt->next;
  ErrorCode error;
  attempt->socket.close(error);
  attempt->socket.async_connect(endpoint, [this, attempt, endpoint](ErrorCode failed) {
    if (attempt->over) return;
    if (failed) {
      attempt->reason = failed.message();
      return try_next(attempt);
    }
    const std::string address =
        address_text(HostPort{endpoint.address().to_string(), endpoint.port()});
    tcp::socket socket = std::move(attempt->socket);
    attempt->stop();
    attempts_.erase(attempt->link);
    events_.connected(attempt->link, std::move(socket), address);
  });
}

void TcpDial::finish(const Shared& attempt, const std::string& reason) {
  attempt->stop();
  attempts_.erase(attempt->link);
  events_.failed(attempt->link, reason);
}

}  // namespace syncline::agent
