// SPDX-License-Identifier: Apache-2.0
//
// Server: JSON-RPC lines on a Unix socket, for programs of this user alone.
//
// Each connection has bounds on its lines, its calls under way and its unread answers; a
// caller that exceeds one waits, or loses its connection, and nobody else notices. Methods
// are not its business: lines go to a Conversation.
#pragma once

#include "ipc/backend.h"
#include "ipc/methods.h"
#include "protocol/base/result.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace boost::asio {
class io_context;
}  // namespace boost::asio

namespace syncline::ipc {

struct ServerLimits {
  std::size_t line_size_max = 4 * 1024 * 1024;
  std::size_t connections_max = 256;
  // Beyond either of these, a connection is not read from until it is below again.
  std::size_t calls_max = 64;
  std::size_t unread_soft_max = 1024 * 1024;
  // Beyond this, a connection is closed when there is more to say.
  std::size_t unread_hard_max = 16 * 1024 * 1024;
};

struct ServerOptions {
  std::string path;              // where to make the socket, unless `listening` is there
  std::optional<int> listening;  // a Unix socket that listens already; the server closes it
  ServerLimits limits = {};
  MethodTable table = methods();
};

class Server {
 public:
  // `io` outlives the server and is run by one thread. The errors are those of SocketPlace.
  static Result<Server> start(boost::asio::io_context& io, Backend backend, ServerOptions options);

  Server(Server&&) noexcept = default;
  Server& operator=(Server&&) = delete;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  // Closes every connection, forgets its calls and removes the socket.
  ~Server();

  std::size_t connections() const;

 private:
  struct State;
  explicit Server(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

}  // namespace syncline::ipc
