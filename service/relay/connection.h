// SPDX-License-Identifier: Apache-2.0
//
// Connection: one device's connection to the relay, over TCP or in a WebSocket.
//
// Greeted, then what it asks for: a control connection (REG), or half of a call (CALL, TAKE) that
// becomes half of a splice. It reads only while what it read last has been written: a slow reader
// stops its sender by TCP's own means. Who may have what is the relay's to say. Spec F17, F19.
#pragma once

#include "protocol/discovery/relay_messages.h"
#include "service/relay/limits.h"

#include <memory>
#include <utility>
#include <variant>

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace syncline::relay {

using namespace discovery;
using ErrorCode = boost::system::error_code;
using Web = boost::beast::websocket::stream<tcp::socket, false>;  // without compression

class Relay;

session::CompactAddress compact(const tcp::endpoint& at);

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  enum class State { opening, greeted, control, calling, spliced, ending, closed };

  Connection(Relay& relay, tcp::socket socket, session::CompactAddress observed);

  void open(const Door& door);
  void send(const RelayMessage& message);
  void refuse(RelayFailure why);
  void close();
  static void splice(const std::shared_ptr<Connection>& caller,
                     const std::shared_ptr<Connection>& taker);
  void reach_deadline();

  Clock::time_point deadline() const { return deadline_; }
  State state() const { return state_; }
  // Ends soon by itself, or should not be cut off.
  bool is_busy() const {
    return state_ == State::spliced || state_ == State::ending || is_writing_;
  }

 private:
  friend class Relay;

  void read_request();
  void drop(Bytes answer);
  void turn_away(std::string_view status);
  void greet();
  void read();
  void take_read(ErrorCode error, std::size_t size);
  void take_messages(Bytes bytes);
  void flush();
  void push();
  void take_written(std::size_t size);
  void finish();
  void fit_buffer(std::size_t used);
  void wait_at_most(Clock::duration time) { deadline_ = Clock::now() + time; }
  tcp::socket& socket();

  Relay& relay_;
  std::variant<tcp::socket, Web> stream_;
  session::CompactAddress observed_;
  State state_ = State::opening;
  Clock::time_point deadline_;
  Prefix* prefix_ = nullptr;
  RelayNonce nonce_;
  RelayFrames frames_;
  std::vector<RendezvousId> ids_;  // of a control connection
  SpliceToken token_;              // of a call
  Buffer output_, flushing_;       // our own messages
  bool is_writing_ = false;        // to this one: a message, or what the other one sent
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::size_t buffer_size_;
  std::size_t unpassed_ = 0;  // in the buffer, for the other one
  std::shared_ptr<Connection> other_;
  std::shared_ptr<Bucket> allowance_;  // of the pair
  boost::asio::steady_timer pause_;
  bool has_ended_ = false;  // it said that nothing more comes
};

}  // namespace syncline::relay
