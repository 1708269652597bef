// SPDX-License-Identifier: Apache-2.0
#include "agent/tcp_dial.h"

#include "agent/address.h"

#include <netinet/in.h>
#include <sys/socket.h>

namespace syncline::agent {
namespace {

void set_number(tcp::socket& socket, int level, int name, int value) {
  // What cannot be set costs a chance, not the connection.
  (void)::setsockopt(socket.native_handle(), level, name, &value, sizeof value);
}

void set_ttl(tcp::socket& socket, bool is_v6, int ttl) {
  if (is_v6)
    set_number(socket, IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl);
  else
    set_number(socket, IPPROTO_IP, IP_TTL, ttl);
}

// The packet that goes only so far is answered by "time exceeded", which would end the attempt. The
// kernel ignores errors about packets that had fewer hops left than this when they ended.
void set_hops_min(tcp::socket& socket, bool is_v6, int hops) {
#if defined(IP_MINTTL) && defined(IPV6_MINHOPCOUNT)
  if (is_v6)
    set_number(socket, IPPROTO_IPV6, IPV6_MINHOPCOUNT, hops);
  else
    set_number(socket, IPPROTO_IP, IP_MINTTL, hops);
#else
  (void)socket, (void)is_v6, (void)hops;
#endif
}

std::string text_of(const tcp::endpoint& at) {
  return address_text(HostPort{at.address().to_string(), at.port()});
}

}  // namespace

struct TcpDial::Attempt {
  Attempt(asio::io_context& io, const step::Dial& wanted)
      : dial(wanted), resolver(io), socket(io), door(io), deadline(io), head_start(io) {}

  step::Dial dial;
  tcp::resolver resolver;
  tcp::socket socket;
  tcp::socket door;  // bound to the port at which connections are taken
  asio::steady_timer deadline;
  asio::steady_timer head_start;
  tcp::resolver::results_type found;
  tcp::resolver::results_type::const_iterator next;
  std::string reason = "no address";
  bool over = false;

  void stop() {
    over = true;
    ErrorCode ignored;
    resolver.cancel();
    socket.close(ignored);
    door.close(ignored);
    deadline.cancel(ignored);
    head_start.cancel(ignored);
  }
};

TcpDial::TcpDial(asio::io_context& io, Events events) : io_(io), events_(std::move(events)) {}

TcpDial::~TcpDial() {
  for (auto& [link, attempt] : attempts_) attempt->stop();
}

void TcpDial::dial(const step::Dial& dial) {
  auto attempt = std::make_shared<Attempt>(io_, dial);
  attempts_[dial.link] = attempt;
  attempt->deadline.expires_after(timeout);
  attempt->deadline.async_wait([this, attempt](ErrorCode error) {
    if (!error && !attempt->over) finish(attempt, "no answer within ten seconds");
  });
  resolve(attempt);
}

void TcpDial::cancel(Link link) {
  const auto found = attempts_.find(link);
  if (found == attempts_.end()) return;
  found->second->stop();
  attempts_.erase(found);
}

void TcpDial::resolve(const Shared& attempt) {
  const auto parsed = parse_host_port(attempt->dial.address);
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
  const tcp::endpoint to = attempt->next->endpoint();
  ++attempt->next;
  ErrorCode error;
  attempt->socket.close(error);
  attempt->door.close(error);
  if (attempt->dial.from == step::DialFrom::any_port) return connect(attempt, attempt->socket, to);
  connect_from_door(attempt, to);
  if (attempt->dial.from == step::DialFrom::door) return;
  if (!attempt->door.is_open()) return connect(attempt, attempt->socket, to);
  attempt->head_start.expires_after(door_head_start);
  attempt->head_start.async_wait([this, attempt, to](ErrorCode stopped) {
    if (!stopped && !attempt->over) connect(attempt, attempt->socket, to);
  });
}

void TcpDial::connect(const Shared& attempt, tcp::socket& socket, const tcp::endpoint& to) {
  socket.async_connect(to, [this, attempt, &socket, to](ErrorCode failed) {
    if (attempt->over || failed == asio::error::operation_aborted) return;
    if (!failed) return take(attempt, socket, to);
    attempt->reason = failed.message();
    try_next(attempt);
  });
}

// Without the connect of Asio, which would not let the first packet be another than the rest.
void TcpDial::connect_from_door(const Shared& attempt, const tcp::endpoint& to) {
  tcp::socket& door = attempt->door;
  const bool is_v6 = to.address().is_v6();
  const int first_ttl = attempt->dial.first_ttl;
  ErrorCode error;
  door.open(to.protocol(), error);
  if (!error) door.non_blocking(true, error);
  if (!error) error = events_.bind_to_door(door, to.address());
  if (!error && first_ttl != 0) {
    set_ttl(door, is_v6, first_ttl);
    set_hops_min(door, is_v6, 2);
  }
  if (!error && ::connect(door.native_handle(), to.data(), static_cast<socklen_t>(to.size())) != 0)
    error = ErrorCode(errno, boost::system::system_category());
  if (error == asio::error::in_progress) error = {};
  if (first_ttl != 0) set_ttl(door, is_v6, -1);
  const bool is_last_way = attempt->dial.from == step::DialFrom::door;
  const auto ended = [this, attempt, is_last_way](const ErrorCode& why) {
    ErrorCode ignored;
    attempt->door.close(ignored);
    attempt->reason = why.message();
    if (is_last_way) try_next(attempt);
  };
  if (error) {
    door.close();
    if (is_last_way)
      asio::post(io_, [attempt, ended, error] {
        if (!attempt->over) ended(error);
      });
    return;
  }
  door.async_wait(tcp::socket::wait_write, [this, attempt, to, ended, is_v6](ErrorCode waited) {
    if (attempt->over || waited == asio::error::operation_aborted) return;
    int failed = 0;
    socklen_t size = sizeof failed;
    ::getsockopt(attempt->door.native_handle(), SOL_SOCKET, SO_ERROR, &failed, &size);
    if (failed != 0) return ended(ErrorCode(failed, boost::system::system_category()));
    set_hops_min(attempt->door, is_v6, 0);
    take(attempt, attempt->door, to);
  });
}

void TcpDial::take(const Shared& attempt, tcp::socket& socket, const tcp::endpoint& to) {
  ErrorCode error;
  const tcp::endpoint local = socket.local_endpoint(error);
  Connected made{attempt->dial.link, text_of(to), error ? std::string() : text_of(local)};
  tcp::socket taken = std::move(socket);
  attempt->stop();
  attempts_.erase(attempt->dial.link);
  events_.connected(std::move(made), std::move(taken));
}

void TcpDial::finish(const Shared& attempt, const std::string& reason) {
  attempt->stop();
  attempts_.erase(attempt->dial.link);
  events_.failed(attempt->dial.link, reason);
}

}  // namespace syncline::agent
