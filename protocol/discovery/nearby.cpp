// SPDX-License-Identifier: Apache-2.0
#include "protocol/discovery/nearby.h"

#include "protocol/session/address_text.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace syncline::discovery {
namespace {

bool is_near_v4(Bytes ip) {
  const std::uint8_t a = ip[0], b = ip[1];
  return a == 10 || a == 127 || (a == 172 && (b & 0xf0) == 16) || (a == 192 && b == 168) ||
         (a == 169 && b == 254);
}

bool is_near_v6(Bytes ip) {
  if ((ip[0] & 0xfe) == 0xfc) return true;                   // unique local, RFC 4193
  if (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80) return true;  // link-local
  static constexpr std::uint8_t mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(std::begin(mapped), std::end(mapped), ip.begin()))
    return is_near_v4(ip.subspan(12));
  for (std::size_t i = 0; i < 15; ++i)
    if (ip[i] != 0) return false;
  return ip[15] == 1;
}

}  // namespace

bool is_nearby(std::string_view address) {
  std::string text(address);
  if (const std::size_t scope = text.find('%'); scope != std::string::npos) {
    const std::size_t end = text.find(']', scope);
    if (end == std::string::npos) return false;
    text.erase(scope, end - scope);
  }
  if (const auto compact = session::compact_address(text))
    return compact->ip.size() == 4 ? is_near_v4(compact->ip) : is_near_v6(compact->ip);
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return false;
  const std::string_view host = std::string_view(text).substr(0, colon);
  return host == "localhost" || (host.size() > 6 && host.ends_with(".local"));
}

}  // namespace syncline::discovery
