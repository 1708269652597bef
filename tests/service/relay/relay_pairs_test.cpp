// SPDX-License-Identifier: Apache-2.0
// What many pairs and slow readers cost a relay.
#include "tests/service/relay/running_relay.h"

#include <doctest/doctest.h>

namespace syncline::service {
namespace {

const std::vector<std::string> unlimited = {
    "--prefix-connections", "100000", "--pending-calls", "100000", "--call-rate", "100000",
    "--call-burst",         "100000", "--byte-rate",     "0",      "--call-wait", "60"};

// Sends until nothing is taken any more and the relay does not read on.
std::size_t fill(RunningRelay& relay, std::vector<Pair>& pairs) {
  const Buffer piece = pattern(256 * 1024, 1);
  std::size_t all = 0;
  for (std::uint64_t passed = 1, before = 0; passed != before;) {
    before = passed;
    for (Pair& pair : pairs) {
      all += pair.caller.send_some(piece);
      all += pair.taker.send_some(piece);
    }
    passed = relay.counter("bytes");
  }
  return all;
}

TEST_CASE("F19: who does not read stops the sender, and gets all of it later") {
  RunningRelay relay({"--byte-rate", "0"});
  Callee callee(relay, 1);
  Pair pair = make_pair(relay, callee);
  const Buffer all = pattern(64 * 1024 * 1024, 1);
  Bytes rest = all;
  for (std::uint64_t passed = 1, before = 0; passed != before; passed = relay.counter("bytes")) {
    before = passed;
    for (std::size_t sent = 1; sent != 0; rest = rest.subspan(sent))
      sent = pair.caller.send_some(rest);
  }
  REQUIRE_FALSE(rest.empty());
  Buffer got = pair.taker.receive_exactly(all.size() - rest.size());
  append(got, pair.caller.pass(rest, pair.taker));
  CHECK((got == all));
}

TEST_CASE("F19: 1000 pairs whose devices do not read hold less than 100 MB of the relay") {
  RunningRelay relay(unlimited);
  Callee callee(relay, 1);
  const std::size_t before = relay.resident_bytes();
  std::vector<Pair> pairs;
  for (int i = 0; i < 1000; ++i) pairs.push_back(make_pair(relay, callee));
  CHECK(relay.counter("pairs") == 1000);
  const std::size_t idle = relay.resident_bytes() - before;
  const std::size_t sent = fill(relay, pairs);
  CHECK(sent > 100'000'000);
  const std::size_t stuck = relay.resident_bytes() - before;
  MESSAGE("a pair: " << idle / 1000 << " bytes idle, " << stuck / 1000 << " bytes stuck");
  CHECK(idle < 32'000'000);
  CHECK(stuck < 100'000'000);
  // Others are served meanwhile.
  Pair one_more = make_pair(relay, callee);
  const Buffer some = pattern(500'000, 2);
  CHECK((one_more.caller.pass(some, one_more.taker) == some));
}

}  // namespace
}  // namespace syncline::service
