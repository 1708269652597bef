// SPDX-License-Identifier: Apache-2.0
//
// Server connection: one local program at the socket.
//
// Reads lines as long as little is under way, writes answers as they come. A program that
// stops writing still gets its answers; one that is gone has its calls forgotten.
#pragma once

#include "ipc/backend.h"
#include "ipc/conversation.h"
#include "ipc/server.h"

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/local/stream_protocol.hpp>

namespace syncline::ipc {

class ServerConnection : public std::enable_shared_from_this<ServerConnection> {
 public:
  using Socket = boost::asio::local::stream_protocol::socket;

  struct Surroundings {
    std::shared_ptr<const Backend> backend;
    MethodTable table;
    ServerLimits limits;
    std::shared_ptr<std::vector<char>> buffer;  // used by one connection at a time, within one call
    std::function<void(const std::shared_ptr<ServerConnection>&)> closed;
  };

  ServerConnection(Socket socket, Surroundings surroundings);

  void start();
  // Forgets what is under way. `closed` is called once.
  void close();

 private:
  void wait_to_read();
  void read();
  // Takes lines as far as the bounds allow, then goes on reading or ends.
  void pump();
  void take_lines();
  bool may_take();
  void refuse_line();
  void on_end_of_input();
  void watch_for_hangup();
  bool is_hung_up();

  void send(std::string line);
  void write();
  void wait_to_write();

  Surroundings surroundings_;
  Socket socket_;
  Conversation conversation_;

  std::string input_;
  std::size_t searched_ = 0;  // of input_, without finding a line end
  bool skipping_ = false;     // the rest of a line that is too long
  bool reading_ = false;
  bool pumping_ = false;
  bool end_of_input_ = false;
  bool hung_up_ = false;
  bool closed_ = false;

  std::deque<std::string> output_;
  std::size_t output_size_ = 0;  // of all of output_
  std::size_t written_ = 0;      // of its first
  bool writing_ = false;
  bool deaf_ = false;  // the caller takes no more answers
};

}  // namespace syncline::ipc
