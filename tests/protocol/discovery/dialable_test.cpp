// SPDX-License-Identifier: Apache-2.0
#include "protocol/discovery/dialable.h"

#include "tests/protocol/discovery/finding.h"

#include <doctest/doctest.h>

namespace syncline::discovery {
namespace {

using testing::address;

TEST_CASE("F4: addresses of other machines may be dialled") {
  for (const char* text :
       {"192.168.1.5:4711", "10.0.0.1:1024", "100.64.3.2:50000", "203.0.113.7:443",
        "223.255.255.255:80", "[2001:db8::1]:4711", "[fd00::7]:65535"}) {
    CAPTURE(text);
    CHECK(is_dialable(address(text), AllowLocal::no));
  }
}

TEST_CASE("F4: addresses that are nobody's or everybody's are never dialled") {
  for (const char* text : {"0.0.0.0:4711", "0.1.2.3:4711", "224.0.0.251:5353", "239.1.1.1:4711",
                           "240.0.0.1:4711", "255.255.255.255:4711", "[::]:4711", "[ff02::fb]:5353",
                           "[::7f00:1]:4711", "[::ffff:c0a8:105]:4711", "[::ffff:7f00:1]:4711"}) {
    CAPTURE(text);
    CHECK_FALSE(is_dialable(address(text), AllowLocal::no));
    CHECK_FALSE(is_dialable(address(text), AllowLocal::yes));
  }
}

TEST_CASE("F4: loopback and link-local addresses are dialled only where they mean something") {
  for (const char* text : {"127.0.0.1:4711", "127.255.0.3:4711", "169.254.10.1:4711", "[::1]:4711",
                           "[fe80::1]:4711", "[febf::1]:4711"}) {
    CAPTURE(text);
    CHECK_FALSE(is_dialable(address(text), AllowLocal::no));
    CHECK(is_dialable(address(text), AllowLocal::yes));
  }
}

TEST_CASE("F4: no told address leads to a port of the system, but to those of the web") {
  session::CompactAddress one = address("192.168.1.5:4711");
  for (const unsigned port : {0U, 1U, 22U, 25U, 53U, 445U, 1023U}) {
    one.port = static_cast<std::uint16_t>(port);
    CHECK_FALSE(is_dialable(one, AllowLocal::yes));
  }
  for (const unsigned port : {80U, 443U, 1024U, 65535U}) {
    one.port = static_cast<std::uint16_t>(port);
    CHECK(is_dialable(one, AllowLocal::no));
  }
}

TEST_CASE("F4: what is no address is not dialled") {
  for (const std::size_t size : {0U, 3U, 5U, 15U, 17U})
    CHECK_FALSE(is_dialable({.ip = Buffer(size, 1), .port = 4711}, AllowLocal::yes));
}

}  // namespace
}  // namespace syncline::discovery
