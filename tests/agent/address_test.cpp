// SPDX-License-Identifier: Apache-2.0
#include "agent/address.h"

#include <doctest/doctest.h>

namespace syncline::agent {

TEST_CASE("an address is a host and a port, an IPv6 host in brackets") {
  CHECK(parse_host_port("192.0.2.1:80") == HostPort{"192.0.2.1", 80});
  CHECK(parse_host_port("laptop.local:65535") == HostPort{"laptop.local", 65535});
  CHECK(parse_host_port("[2001:db8::1]:0") == HostPort{"2001:db8::1", 0});
  for (const char* text : {"192.0.2.1:80", "laptop.local:65535", "[::]:0"})
    CHECK(address_text(*parse_host_port(text)) == text);
}

TEST_CASE("anything else is not an address") {
  for (const char* text :
       {"", ":", "host", "host:", ":80", "host:65536", "host:-1", "host: 1", "host:1x", "::1:80",
        "[::1]", "[]:80", "[host]:80", "a b:80", "a/b:80", "host:80\n", "[[::1]]:80"})
    CHECK_MESSAGE(!parse_host_port(text), text);
  CHECK(!parse_host_port(std::string(254, 'a') + ":1"));
}

TEST_CASE("loopback is told only by a computer that has nothing else") {
  const auto hosts = interface_hosts();
  for (std::size_t i = 1; i < hosts.size(); ++i) {
    CHECK(hosts[i] != "127.0.0.1");
    CHECK(hosts[i] != "::1");
  }
}

}  // namespace syncline::agent
