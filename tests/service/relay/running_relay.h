// SPDX-License-Identifier: Apache-2.0
//
// RunningRelay and RelaySocket: the real relay as a process, and devices' connections to it.
//
// Blocking, with a bound on every wait. A device may come from any address of 127.0.0.0/8, so that
// several network prefixes can be played on one machine.
#pragma once

#include "protocol/discovery/relay_client.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace syncline::service {

class RunningRelay {
 public:
  // On free ports of loopback: one for TCP, one for WebSocket.
  explicit RunningRelay(const std::vector<std::string>& more_options = {});
  ~RunningRelay();
  RunningRelay(const RunningRelay&) = delete;
  RunningRelay& operator=(const RunningRelay&) = delete;

  std::uint16_t port() const { return port_; }
  std::uint16_t web_port() const { return web_port_; }
  std::string name() const { return "127.0.0.1:" + std::to_string(port_); }
  void signal(int number) const;
  // Exit code, when it ends; -1 if a signal ended it.
  int wait();
  // The next line that it says.
  std::string line();
  // Asks for the counters. Gives the one of that name.
  std::uint64_t counter(const std::string& name);
  std::size_t resident_bytes() const;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  std::string said_;
  std::uint16_t port_ = 0;
  std::uint16_t web_port_ = 0;
};

struct Ended {
  int exit_code = -1;
  std::string err;
};
Ended run_relay(const std::vector<std::string>& options);

class RelaySocket {
 public:
  explicit RelaySocket(std::uint16_t port, const std::string& from = "127.0.0.1");
  ~RelaySocket();
  RelaySocket(RelaySocket&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)),
        frames_(std::move(other.frames_)),
        unread_(std::move(other.unread_)) {}
  RelaySocket(const RelaySocket&) = delete;
  RelaySocket& operator=(const RelaySocket&) = delete;

  int descriptor() const { return socket_; }
  void send(Bytes bytes);
  // As much as the kernel takes now.
  std::size_t send_some(Bytes bytes);
  // The next bytes; none when the other side ended or is gone.
  Buffer receive();
  Buffer receive_exactly(std::size_t size);
  std::optional<discovery::RelayMessage> message();
  // True if nothing but an end comes.
  bool has_ended() { return receive().empty(); }
  void end();  // nothing more will be sent
  // Sends all of `out` and receives as many bytes on `other`, at once.
  Buffer pass(Bytes out, RelaySocket& other);

 private:
  int socket_ = -1;
  discovery::RelayFrames frames_;
  Buffer unread_;
};

// A device's control connection, ready for calls.
class Callee {
 public:
  Callee(const RunningRelay& relay, std::uint8_t seed, const std::string& from = "127.0.0.1");

  discovery::SpliceToken next_ring();
  discovery::RendezvousId id() const { return id_; }
  RelaySocket& socket() { return socket_; }

 private:
  RelaySocket socket_;
  discovery::RelayControl control_;
  discovery::RendezvousId id_;
};

// Through the client side of the protocol. Nothing if the relay refused, with the reason.
Result<RelaySocket> spliced(RelaySocket socket, discovery::RelaySplice splice);

struct Pair {
  RelaySocket caller;
  RelaySocket taker;
};
Pair make_pair(const RunningRelay& relay, Callee& callee, const std::string& from = "127.0.0.1");

Buffer pattern(std::size_t size, std::uint8_t seed);

}  // namespace syncline::service
