// SPDX-License-Identifier: Apache-2.0
#include "protocol/discovery/dialable.h"

#include <algorithm>

namespace syncline::discovery {
namespace {

bool is_told_port(std::uint16_t port) { return port >= 1024 || port == 80 || port == 443; }

bool is_dialable_ip4(Bytes ip, AllowLocal local) {
  const bool is_loopback = ip[0] == 127;
  const bool is_link_local = ip[0] == 169 && ip[1] == 254;
  if (is_loopback || is_link_local) return local == AllowLocal::yes;
  // This network; multicast, reserved and broadcast.
  return ip[0] != 0 && ip[0] < 224;
}

bool starts_with_zeros(Bytes ip, std::size_t count) {
  return std::all_of(ip.begin(), ip.begin() + static_cast<std::ptrdiff_t>(count),
                     [](std::uint8_t byte) { return byte == 0; });
}

bool is_dialable_ip6(Bytes ip, AllowLocal local) {
  if (starts_with_zeros(ip, 15) && ip[15] == 1) return local == AllowLocal::yes;
  // Unspecified, and IPv4 in another coat (compatible, mapped): what it hides has a form of its
  // own.
  if (starts_with_zeros(ip, 10)) return false;
  if (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80) return local == AllowLocal::yes;
  return ip[0] != 0xff;
}

}  // namespace

bool is_dialable(const session::CompactAddress& address, AllowLocal local) {
  if (!is_told_port(address.port)) return false;
  if (address.ip.size() == 4) return is_dialable_ip4(address.ip, local);
  return address.ip.size() == 16 && is_dialable_ip6(address.ip, local);
}

}  // namespace syncline::discovery
