// SPDX-License-Identifier: Apache-2.0
#include "agent/strangers.h"

#include <doctest/doctest.h>

namespace syncline::agent {
namespace {

Instant at(Duration since) { return Instant{1h + since}; }

TEST_CASE("a source is an IPv4 address or the network of an IPv6 address") {
  CHECK(source_of("192.0.2.7") == "192.0.2.7");
  CHECK(source_of("::ffff:192.0.2.7") == "192.0.2.7");
  CHECK(source_of("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64");
  CHECK(source_of("2001:db8:1:2::99") == "2001:db8:1:2::/64");
  CHECK(source_of("fe80::1%eth0") == "fe80::/64");
}

TEST_CASE("a newcomer takes the place of the oldest stranger of its source") {
  Strangers strangers;
  for (std::uint64_t i = 1; i <= 8; ++i) {
    const auto admission = strangers.admit(Link{i}, "a", at(0s));
    CHECK(admission.admitted);
    CHECK(!admission.evicted);
  }
  const auto ninth = strangers.admit(Link{9}, "a", at(0s));
  CHECK(ninth.admitted);
  REQUIRE(ninth.evicted);
  CHECK(*ninth.evicted == Link{1});
  CHECK(strangers.size() == 8);
}

TEST_CASE("whoever has proven itself or has left is no longer counted") {
  Strangers strangers;
  for (std::uint64_t i = 1; i <= 8; ++i) CHECK(strangers.admit(Link{i}, "a", at(0s)).admitted);
  strangers.proven(Link{1});
  strangers.left(Link{2});
  strangers.left(Link{2});
  strangers.left(Link{77});
  CHECK(strangers.size() == 6);
  CHECK(!strangers.is_waiting(Link{1}));
  CHECK(!strangers.admit(Link{9}, "a", at(0s)).evicted);
  CHECK(!strangers.admit(Link{10}, "a", at(0s)).evicted);
  CHECK(strangers.admit(Link{11}, "a", at(0s)).evicted == Link{3});
}

TEST_CASE("when all places are taken the most crowded source gives one up") {
  Strangers strangers;
  std::uint64_t link = 0;
  for (int i = 0; i < 8; ++i) CHECK(strangers.admit(Link{++link}, "crowd", at(0s)).admitted);
  for (int i = 0; i < 56; ++i)
    CHECK(strangers.admit(Link{++link}, "s" + std::to_string(i), at(0s)).admitted);
  CHECK(strangers.size() == 64);
  const auto next = strangers.admit(Link{++link}, "new", at(0s));
  CHECK(next.admitted);
  CHECK(next.evicted == Link{1});
  CHECK(strangers.size() == 64);
}

TEST_CASE("a source that connects too fast is refused until its bucket fills again") {
  Strangers strangers;
  std::uint64_t link = 0;
  int admitted = 0;
  for (int i = 0; i < 1000; ++i) admitted += strangers.admit(Link{++link}, "a", at(0s)).admitted;
  CHECK(admitted == 40);
  CHECK(strangers.admit(Link{++link}, "b", at(0s)).admitted);
  CHECK(!strangers.admit(Link{++link}, "a", at(10ms)).admitted);
  CHECK(strangers.admit(Link{++link}, "a", at(80ms)).admitted);
  admitted = 0;
  for (int i = 0; i < 1000; ++i)
    admitted += strangers.admit(Link{++link}, "a", at(1080ms)).admitted;
  CHECK(admitted >= 19);
  CHECK(admitted <= 21);
}

TEST_CASE("a source from which a device has proven itself may connect faster") {
  Strangers strangers;
  std::uint64_t link = 1;
  CHECK(strangers.admit(Link{1}, "a", at(0s)).admitted);
  strangers.proven(Link{1});
  int admitted = 0;
  for (int i = 0; i < 1000; ++i) admitted += strangers.admit(Link{++link}, "a", at(1s)).admitted;
  CHECK(admitted > 200);
  CHECK(admitted < 400);
}

TEST_CASE("the memory spent on sources is bounded and given back") {
  Strangers::Limits small;
  small.sources_max = 16;
  small.links_max = 4;
  Strangers strangers(small);
  std::uint64_t link = 0;
  int admitted = 0;
  for (int i = 0; i < 100; ++i) {
    admitted += strangers.admit(Link{++link}, "s" + std::to_string(i), at(0s)).admitted;
  }
  CHECK(admitted == 16);
  CHECK(strangers.admit(Link{++link}, "late", at(5s)).admitted);
}

}  // namespace
}  // namespace syncline::agent
