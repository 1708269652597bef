// SPDX-License-Identifier: Apache-2.0
#include "agent/discovery/interface_addresses.h"

#include <cstring>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

namespace syncline::agent {
namespace {

std::string numeric(const sockaddr& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
  } else if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  }
  return text;
}

}  // namespace

std::vector<InterfaceAddress> interface_addresses() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  std::vector<InterfaceAddress> out;
  for (const ifaddrs* at = list; at != nullptr; at = at->ifa_next) {
    constexpr unsigned wanted = IFF_UP | IFF_MULTICAST;
    if (at->ifa_addr == nullptr || (at->ifa_flags & (wanted | IFF_LOOPBACK)) != wanted) continue;
    std::string address = numeric(*at->ifa_addr);
    if (!address.empty())
      out.push_back({static_cast<int>(::if_nametoindex(at->ifa_name)), std::move(address)});
  }
  ::freeifaddrs(list);
  return out;
}

}  // namespace syncline::agent
