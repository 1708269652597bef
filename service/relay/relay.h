// SPDX-License-Identifier: Apache-2.0
//
// Relay: who is registered, who waits for whom, and what each network prefix may have.
//
// All of it is in memory and goes with the connections. One thread. Spec F12, F17 to F21.
#pragma once

#include "service/relay/connection.h"

#include <list>
#include <map>
#include <set>
#include <span>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

namespace syncline::relay {

namespace asio = boost::asio;

void fill_random(std::span<std::uint8_t> out);

template <class IdType>
IdType random_id() {
  IdType id;
  fill_random(id.bytes);
  return id;
}

class Relay {
 public:
  Relay(asio::io_context& io, const Options& options);

  Status listen();
  void drain();

  void take(Connection& from, const RelayMessage& message);
  bool enter(Connection& one, RelayFailure& why);  // false: refused
  void leave(Connection& one);
  void forget_call(Connection& one);

  asio::io_context& io() { return io_; }
  const Options& options() const { return options_; }
  bool is_draining() const { return is_draining_; }
  Counters counters;

 private:
  struct Listening {
    Door door;
    tcp::acceptor acceptor;
    asio::steady_timer retry;
  };

  void accept(Listening& listening);
  void admit(const Door& door, tcp::socket socket);
  void enroll(Connection& from, const RelayRegister& message);
  void call(Connection& from, const RendezvousId& callee);
  void splice(Connection& taker, const SpliceToken& token);
  void sweep();
  void await_signal();
  void report() const;
  void stop();

  asio::io_context& io_;
  Options options_;
  Clock::time_point started_ = Clock::now();
  std::list<Listening> listening_;
  asio::signal_set signals_;
  asio::steady_timer sweep_;
  asio::steady_timer end_;
  std::set<std::shared_ptr<Connection>> connections_;
  std::map<Buffer, Prefix> prefixes_;
  std::map<RendezvousId, Connection*> registered_;
  std::map<SpliceToken, Connection*> calls_;
  bool is_draining_ = false;
};

}  // namespace syncline::relay
