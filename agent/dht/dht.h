// SPDX-License-Identifier: Apache-2.0
//
// Dht: a distributed hash table of the whole internet, as a place to put items and to find them.
//
// An interface, so that the node behind it can be another one. It carries what is signed already
// and never sees a secret; what it brings was said by strangers. Events come on the thread of the
// loop, and none after the destructor.
#pragma once

#include "protocol/discovery/dht_record.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace syncline::agent {

class Dht {
 public:
  // Of puts and gets together, running and waiting. More end at once, without a result.
  static constexpr std::size_t operations_max = 64;
  static constexpr std::size_t nodes_kept_max = 128;

  struct Found {
    crypto::VerifyKey key;
    std::optional<discovery::DhtItem> item;  // with the signature of `key`
    bool is_last = false;
  };
  struct Stored {
    crypto::VerifyKey key;
    std::int64_t seq = 0;
    std::size_t copies = 0;  // on so many nodes
  };
  struct State {
    bool works = false;
    std::size_t nodes = 0;  // that answered
    std::string sentence;   // for people
  };
  struct Events {
    // Of one get: newer and newer items, and in the end one that is the last, with an item or not.
    std::function<void(Found)> found;
    std::function<void(Stored)> stored;
    std::function<void(State)> state;
    // Addresses of nodes ("ip:port") that answered, worth keeping for the next start.
    std::function<void(std::vector<std::string>)> known;
  };

  Dht() = default;
  virtual ~Dht() = default;
  Dht(const Dht&) = delete;
  Dht& operator=(const Dht&) = delete;

  virtual void put(const crypto::VerifyKey& key, discovery::DhtItem item) = 0;
  // A second one for the same key looks once more; both end together.
  virtual void get(const crypto::VerifyKey& key) = 0;
  // This computer is somewhere else: what is on its way begins again from there.
  virtual void network_changed() = 0;
};

}  // namespace syncline::agent
