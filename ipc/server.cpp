// SPDX-License-Identifier: Apache-2.0
#include "ipc/server.h"

#include "ipc/errors.h"
#include "ipc/json_rpc.h"
#include "ipc/server_connection.h"
#include "ipc/socket_place.h"

#include <set>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace syncline::ipc {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using ErrorCode = boost::system::error_code;

namespace {

constexpr std::size_t read_size = 64 * 1024;
// When the process has no file descriptor left: long enough for one to come free.
constexpr auto accept_pause = std::chrono::milliseconds(100);

bool socket_option_is(int fd, int option, int wanted) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 && value == wanted;
}

Status check_listening(int fd) {
  if (!socket_option_is(fd, SO_DOMAIN, AF_UNIX) || !socket_option_is(fd, SO_TYPE, SOCK_STREAM) ||
      !socket_option_is(fd, SO_ACCEPTCONN, 1)) {
    return fail(Errc::invalid, "the socket that was handed over is no listening Unix socket");
  }
  return {};
}

// The user id alone decides: process ids are reused.
bool is_same_user(int fd) {
  ucred other{};
  socklen_t size = sizeof other;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &other, &size) == 0 && other.uid == ::geteuid();
}

// Says why, if that takes no waiting.
void turn_away(int fd, const Error& why) {
  const std::string line = dump(error_answer(nullptr, from_agent(why))) + "\n";
  const auto sent = ::send(fd, line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  static_cast<void>(sent);
}

}  // namespace

struct Server::State : std::enable_shared_from_this<Server::State> {
  State(asio::io_context& io, Backend its_backend, const ServerOptions& options)
      : backend(std::make_shared<const Backend>(std::move(its_backend))),
        table(options.table),
        limits(options.limits),
        acceptor(io),
        pause(io) {}

  std::shared_ptr<const Backend> backend;
  MethodTable table;
  ServerLimits limits;
  std::optional<SocketPlace> place;
  stream_protocol::acceptor acceptor;
  asio::steady_timer pause;
  std::set<std::shared_ptr<ServerConnection>> connections;
  std::shared_ptr<std::vector<char>> buffer = std::make_shared<std::vector<char>>(read_size);
  bool stopped = false;

  Status open(const ServerOptions& options) {
    OpenFile socket;
    if (options.listening) {
      socket = OpenFile(*options.listening);
      if (Status fits = check_listening(socket.get()); !fits) return fits;
      ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC);
    } else {
      Result<SocketPlace> claimed = SocketPlace::claim(options.path);
      if (!claimed) return pass(claimed);
      place.emplace(std::move(*claimed));
      Result<OpenFile> made = place->listen();
      if (!made) return pass(made);
      socket = std::move(*made);
    }
    ErrorCode error;
    acceptor.assign(stream_protocol(), socket.get(), error);
    if (error) return fail(Errc::io, "cannot wait at the socket: " + error.message());
    socket.release();
    return {};
  }

  void accept() {
    acceptor.async_accept(
        [state = shared_from_this()](ErrorCode error, stream_protocol::socket socket) {
          if (state->stopped) return;
          if (!error) {
            state->welcome(std::move(socket));
            return state->accept();
          }
          state->pause.expires_after(accept_pause);
          state->pause.async_wait([state](ErrorCode) {
            if (!state->stopped) state->accept();
          });
        });
  }

  void welcome(stream_protocol::socket socket) {
    const int fd = socket.native_handle();
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (!is_same_user(fd)) {
      return turn_away(fd, {Errc::forbidden, "this agent serves another user"});
    }
    if (connections.size() >= limits.connections_max) {
      return turn_away(fd, {Errc::busy, "at most " + std::to_string(limits.connections_max) +
                                            " programs can be connected"});
    }
    const std::weak_ptr<State> weak = weak_from_this();
    auto connection = std::make_shared<ServerConnection>(
        std::move(socket), ServerConnection::Surroundings{
                               .backend = backend,
                               .table = table,
                               .limits = limits,
                               .buffer = buffer,
                               .closed = [weak](const std::shared_ptr<ServerConnection>& closed) {
                                 if (const auto state = weak.lock())
                                   state->connections.erase(closed);
                               }});
    connections.insert(connection);
    connection->start();
  }

  void stop() {
    stopped = true;
    ErrorCode ignored;
    acceptor.close(ignored);
    pause.cancel(ignored);
    for (const auto& connection : std::exchange(connections, {})) connection->close();
    place.reset();
  }
};

Result<Server> Server::start(asio::io_context& io, Backend backend, ServerOptions options) {
  auto state = std::make_shared<State>(io, std::move(backend), options);
  if (Status opened = state->open(options); !opened) return pass(opened);
  state->accept();
  return Server(std::move(state));
}

Server::~Server() {
  if (state_) state_->stop();
}

std::size_t Server::connections() const { return state_->connections.size(); }

}  // namespace syncline::ipc
