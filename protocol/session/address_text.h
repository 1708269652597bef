// SPDX-License-Identifier: Apache-2.0
//
// CompactAddress: "192.168.1.5:4711" in 7 bytes, so that a QR code stays small.
//
// Only texts that come back letter for letter have a compact form; any other address is
// carried as text. Nothing is resolved or judged here.
#pragma once

#include "protocol/base/bytes.h"

#include <optional>
#include <string>
#include <string_view>

namespace syncline::session {

struct CompactAddress {
  Buffer ip;  // 4 or 16 bytes
  std::uint16_t port = 0;
};

// Of "a.b.c.d:port" or "[ipv6]:port" in their usual spelling (RFC 5952); otherwise nothing.
std::optional<CompactAddress> compact_address(std::string_view text);
std::string address_text(const CompactAddress& address);

}  // namespace syncline::session
