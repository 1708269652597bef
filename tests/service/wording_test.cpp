// SPDX-License-Identifier: Apache-2.0
#include "service/wording.h"

#include <doctest/doctest.h>

namespace syncline::service {

TEST_CASE("numbers are grouped and counted in words") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(9999) == "9999");
  CHECK(grouped(12345) == "12 345");
  CHECK(grouped(1234567) == "1 234 567");
  CHECK(grouped(100000000) == "100 000 000");
  CHECK(counted(1, "change", "changes") == "1 change");
  CHECK(counted(2, "change", "changes") == "2 changes");
}

TEST_CASE("times of the local API are read, nonsense is not") {
  CHECK(unix_ms_of("1970-01-01T00:00:00.000Z") == 0);
  CHECK(unix_ms_of("2023-11-14T22:13:20.123Z") == 1'700'000'000'123);
  CHECK(unix_ms_of("2023-02-30T00:00:00.000Z") == 0);
  CHECK(unix_ms_of("yesterday") == 0);
  CHECK(unix_ms_of("") == 0);
}

TEST_CASE("how long ago is said in one unit, and never about the future") {
  const std::int64_t now = 1'700'000'000'000;
  CHECK(ago("2023-11-14T22:13:15.000Z", now) == "just now");
  CHECK(ago("2023-11-14T22:12:20.000Z", now) == "1 min ago");
  CHECK(ago("2023-11-14T10:13:20.000Z", now) == "12 h ago");
  CHECK(ago("2023-11-12T22:13:20.000Z", now) == "2 days ago");
  CHECK(ago("2030-01-01T00:00:00.000Z", now) == "just now");
  CHECK(ago("", now) == "never");
}

TEST_CASE("sizes are said in the unit that fits") {
  CHECK(sized(0) == "0 B");
  CHECK(sized(1023) == "1023 B");
  CHECK(sized(1536) == "1.5 KiB");
  CHECK(sized(std::uint64_t{200} << 20) == "200 MiB");
}

TEST_CASE("an address of the local network is told from one of the internet") {
  CHECK(way_of("192.168.1.5:4711") == "LAN");
  CHECK(way_of("127.0.0.1:1") == "LAN");
  CHECK(way_of("[fd00::1]:1") == "LAN");
  CHECK(way_of("[fe80::1%eth0]:1") == "LAN");
  CHECK(way_of("93.184.216.34:1") == "direct");
  CHECK(way_of("[2606:2800::1]:1") == "direct");
  CHECK(way_of("example.org:1") == "direct");
}

TEST_CASE("a name from another device cannot command the terminal") {
  CHECK(safe({{"name", "a\x1b[2J"}}, "name") == "a\\x1b[2J");
  CHECK(safe({{"name", 5}}, "name").empty());
  CHECK(safe(ipc::Json::object(), "name").empty());
}

}  // namespace syncline::service
