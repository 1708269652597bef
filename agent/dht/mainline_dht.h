// SPDX-License-Identifier: Apache-2.0
//
// MainlineDht: Dht by a node of BitTorrent's Mainline network (libtorrent's, and only its DHT).
//
// In the open network the node asks and never answers, and keeps nothing for others. It runs while
// there is something to do and a little longer; in between it rests, without a socket, a timer or a
// packet. All of it lives in one thread of its own.
#pragma once

#include "agent/dht/dht.h"

#include <chrono>
#include <memory>

namespace syncline::agent {

struct MainlineOptions {
  // "host:port" of nodes to begin with, where none of an earlier run answers.
  std::vector<std::string> routers;
  // Whether these are used for more than to learn of others: in a network of one's own there may
  // be no other nodes.
  bool routers_are_nodes = false;
  std::vector<std::string> nodes;   // of an earlier run, as Events::known gave them
  std::vector<std::string> listen;  // addresses to send from; ports are chosen by the system
  // Open, the whole internet's: nothing is answered, and of each range of addresses only one node
  // is asked. Closed, a network of one's own: the node takes part in it, with room for a few
  // hundred items, and all others may be on one computer.
  enum class Network { open, closed };
  Network network = Network::open;
  std::chrono::milliseconds rest_after = std::chrono::seconds(60);
  // How long the nodes of an earlier run are tried before the routers are.
  std::chrono::milliseconds routers_after = std::chrono::seconds(2);
  std::chrono::milliseconds operation_limit = std::chrono::seconds(20);
};

// `post` runs a function on the thread of the loop, and is called from any thread.
using PostToLoop = std::function<void(std::function<void()>)>;
std::unique_ptr<Dht> make_mainline_dht(MainlineOptions options, PostToLoop post,
                                       Dht::Events events);

}  // namespace syncline::agent
