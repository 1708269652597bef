// SPDX-License-Identifier: Apache-2.0
#include "agent/address.h"

#include "protocol/discovery/nearby.h"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

namespace syncline::agent {
namespace {

enum class Rank { lan_v4, other_v4, v6, loopback, useless };

Rank rank_of_v4(std::uint32_t address) {
  if (address >> 24 == 127) return Rank::loopback;
  if (address >> 16 == 0xa9fe) return Rank::useless;  // 169.254/16: nobody was told this address
  const bool is_private = address >> 24 == 10 || address >> 20 == 0xac1 || address >> 16 == 0xc0a8;
  return is_private ? Rank::lan_v4 : Rank::other_v4;
}

Rank rank_of_v6(const in6_addr& address) {
  if (IN6_IS_ADDR_LOOPBACK(&address)) return Rank::loopback;
  if (IN6_IS_ADDR_LINKLOCAL(&address) || IN6_IS_ADDR_MULTICAST(&address)) return Rank::useless;
  return Rank::v6;
}

struct Found {
  Rank rank = Rank::useless;
  std::string host;
};

Found look_at(const sockaddr& address) {
  char out[INET6_ADDRSTRLEN] = {};
  if (address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
    ::inet_ntop(AF_INET, &v4, out, sizeof out);
    return {rank_of_v4(ntohl(v4.s_addr)), out};
  }
  if (address.sa_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    ::inet_ntop(AF_INET6, &v6, out, sizeof out);
    return {rank_of_v6(v6), out};
  }
  return {};
}

}  // namespace

std::optional<HostPort> parse_host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const bool has_colon = host.find(':') != std::string_view::npos;
  if (host.empty() || host.size() > 253 || has_colon != bracketed) return std::nullopt;
  if (std::any_of(host.begin(), host.end(),
                  [](char c) { return c <= ' ' || c == '[' || c == ']' || c == '/' || c == 0x7f; }))
    return std::nullopt;
  std::uint16_t port = 0;
  const char* const end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, port);
  if (digits.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return HostPort{std::string(host), port};
}

std::string address_text(const HostPort& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

bool is_local_network(const std::string& host) {
  return discovery::is_nearby(address_text(HostPort{host, 1}));
}

std::vector<std::string> own_hosts() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  std::vector<std::string> hosts;
  for (const ifaddrs* at = list; at != nullptr; at = at->ifa_next)
    if (at->ifa_addr != nullptr && (at->ifa_flags & IFF_UP) != 0)
      if (std::string host = look_at(*at->ifa_addr).host; !host.empty())
        hosts.push_back(std::move(host));
  ::freeifaddrs(list);
  return hosts;
}

std::vector<std::string> interface_hosts() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  std::vector<Found> found;
  for (const ifaddrs* at = list; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || (at->ifa_flags & IFF_UP) == 0) continue;
    Found one = look_at(*at->ifa_addr);
    if (one.rank != Rank::useless) found.push_back(std::move(one));
  }
  ::freeifaddrs(list);
  std::stable_sort(found.begin(), found.end(),
                   [](const Found& a, const Found& b) { return a.rank < b.rank; });
  std::vector<std::string> hosts;
  for (const Found& one : found)
    if (one.rank != Rank::loopback || hosts.empty()) hosts.push_back(one.host);
  return hosts;
}

}  // namespace syncline::agent
