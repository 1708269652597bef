// SPDX-License-Identifier: Apache-2.0
//
// MainlineSession: the only file that knows libtorrent.
//
// One session with nothing on but the DHT, from its socket to its end. Made, asked and destroyed
// by one thread; it calls `notify` from another one of its own, and does nothing else there.
#pragma once

#include "agent/dht/mainline_dht.h"

#include <memory>

namespace syncline::agent {

struct MainlineNews {
  struct Item {
    crypto::VerifyKey key;
    std::optional<discovery::DhtItem> item;
    bool is_last = false;
  };
  struct Stored {
    crypto::VerifyKey key;
    std::int64_t seq = 0;
    std::size_t copies = 0;
  };
  std::vector<Item> items;
  std::vector<Stored> stored;
  std::optional<std::size_t> nodes;  // in answer to ask_nodes()
};

class MainlineSession {
 public:
  enum class Begin { at_nodes, at_routers };

  MainlineSession(const MainlineOptions& options, Begin begin, std::function<void()> notify);
  ~MainlineSession();  // waits until its sockets are closed

  void use_routers(const MainlineOptions& options);
  void meet_routers(const MainlineOptions& options);  // as nodes like others
  void put(const crypto::VerifyKey& key, const discovery::DhtItem& item);
  void get(const crypto::VerifyKey& key);
  void ask_nodes();
  MainlineNews take_news();
  std::vector<std::string> known_nodes(std::size_t max);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace syncline::agent
