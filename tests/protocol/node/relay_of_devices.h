// SPDX-License-Identifier: Apache-2.0
//
// RelayOfDevices: a relay for Devices: what service/relay does, without limits and sockets.
#pragma once

#include "protocol/discovery/relay_messages.h"

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace syncline::node {

class RelayOfDevices {
 public:
  using End = std::pair<std::size_t, Link>;  // a device, and its name for the connection
  struct Output {
    End to;
    Buffer bytes;  // none: the connection is closed
  };
  using Outputs = std::vector<Output>;

  static constexpr const char* address = "45.83.9.2:4460";
  // Where the routers of devices are seen.
  static std::string outer(std::size_t device) {
    return "45.83.0." + std::to_string(device + 1) + ":7000";
  }

  Outputs dialled(const End& end);
  bool knows(const End& end) const { return connections_.contains(end); }
  Outputs received(const End& end, Bytes bytes);
  Outputs closed(const End& end);

 private:
  struct Connection {
    discovery::RelayFrames frames;
    std::optional<End> spliced;
  };
  void take(const End& end, const discovery::RelayMessage& message, Outputs& out);

  std::map<End, Connection> connections_;
  std::map<discovery::RendezvousId, End> registered_;
  std::map<discovery::SpliceToken, End> calls_;
  std::uint8_t tokens_ = 0;
};

}  // namespace syncline::node
