// SPDX-License-Identifier: Apache-2.0
//
// HostPort: "host:port" as people write it and as the core passes it around.
//
// A host is a name, an IPv4 address or an IPv6 address in brackets. Nothing is resolved here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::agent {

struct HostPort {
  std::string host;  // without brackets
  std::uint16_t port = 0;

  bool operator==(const HostPort&) const = default;
};

// Nothing unless it is exactly host:port with a port of 0 to 65535 and a host of 1 to 253 bytes.
std::optional<HostPort> parse_host_port(std::string_view text);
std::string address_text(const HostPort& address);

// An IP address of a private network, of a link or of this computer.
bool is_local_network(const std::string& host);

// The addresses of this computer's network interfaces that another device could reach, best
// first: private IPv4 networks, other IPv4, IPv6; loopback only where there is nothing else.
std::vector<std::string> interface_hosts();

// Every address of an interface that is up, without scopes.
std::vector<std::string> own_hosts();

}  // namespace syncline::agent
