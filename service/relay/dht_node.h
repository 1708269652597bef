// SPDX-License-Identifier: Apache-2.0
//
// DhtNode: a node of a DHT beside the relay, for devices to begin with that know no other.
//
// It answers whoever asks and keeps a bounded number of small items for a while, all of it in
// memory, as every node of such a network does. The relay itself asks it nothing. Without nodes to
// start at it is a network of its own. BEP 5, BEP 44.
#pragma once

#include "protocol/base/result.h"

#include <memory>
#include <string>
#include <vector>

namespace syncline::relay {

class DhtNode {
 public:
  struct Options {
    std::string listen;              // "address:port", with [] around IPv6; port 0: any
    std::vector<std::string> start;  // "host:port"
  };
  // Errors: Errc::io if the address cannot be listened on.
  static Result<std::unique_ptr<DhtNode>> open(const Options& options);
  ~DhtNode();
  DhtNode(const DhtNode&) = delete;
  DhtNode& operator=(const DhtNode&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  DhtNode();
  struct Session;
  std::unique_ptr<Session> session_;
  std::uint16_t port_ = 0;
};

}  // namespace syncline::relay
