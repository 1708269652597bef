// SPDX-License-Identifier: Apache-2.0
//
// Options: what the command line of the relay says, and the limits that hold without it.
//
// Every number has its range; what is out of it is refused, never bent. Spec F18 has the defaults.
#pragma once

#include "protocol/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

namespace syncline::relay {

using boost::asio::ip::tcp;

struct Door {
  tcp::endpoint at;
  bool is_web = false;
};

struct Options {
  std::vector<Door> doors;
  std::optional<tcp::endpoint> dht;    // UDP
  std::vector<std::string> dht_start;  // "host:port"
  bool trusts_proxy = false;
  std::uint32_t connections = 20000;
  std::uint32_t prefix_connections = 32;
  std::uint32_t register_rate = 4, register_burst = 32;
  std::uint32_t call_rate = 2, call_burst = 16;
  std::uint32_t pending_calls = 8;
  std::uint32_t byte_rate = 1024 * 1024, byte_burst = 8 * 1024 * 1024;
  std::uint32_t handshake = 5, call_wait = 10, ttl = 120, idle = 120, drain = 30;
};

// Errors are sentences for the person who typed.
Result<Options> parse_options(const std::vector<std::string>& words);
std::string help();

}  // namespace syncline::relay
