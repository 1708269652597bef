// SPDX-License-Identifier: Apache-2.0
// What devices tell each other of where they are.
#include "protocol/node/dial_plan.h"
#include "tests/protocol/node/devices.h"

#include <algorithm>

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::node;

namespace {

using namespace std::chrono_literals;

step::ReachStatus reach_of(Devices& devices, std::size_t index, const DeviceId& device) {
  const auto net = devices.get<step::NetAnswer>(index, step::NetStatus{});
  const auto found = std::ranges::find(net.devices, device, &step::ReachStatus::device);
  REQUIRE(found != net.devices.end());
  return *found;
}

std::optional<step::AddressSource> source_of(const step::ReachStatus& reach,
                                             const std::string& address) {
  const auto found = std::ranges::find(reach.addresses, address, &step::AddressStatus::address);
  if (found == reach.addresses.end()) return std::nullopt;
  return found->source;
}

DeviceId id_of(Devices& devices, std::size_t index) {
  return *devices.get<step::StatusAnswer>(index, step::SystemStatus{}).device;
}

// Device 0 admitted the two others, who have never met.
struct Three {
  Three() : devices(3) {
    devices.make_vault(0);
    devices.part(1, 2);
    devices.pair(0, 1);
    devices.pair(0, 2);
    devices.run(1s);
  }
  Devices devices;
};

}  // namespace

TEST_CASE("Y18: two devices that only know a third are told of each other and connect") {
  Devices devices(3);
  devices.make_vault(0);
  devices.pair(0, 1);
  devices.pair(0, 2);
  devices.run(5s);
  CHECK_FALSE(reach_of(devices, 1, id_of(devices, 2)).links.empty());
  CHECK_FALSE(reach_of(devices, 2, id_of(devices, 1)).links.empty());
}

TEST_CASE("Y18: what was told of a device is shown as told, until it worked") {
  Three three;
  Devices& devices = three.devices;
  const std::string there = devices[2].address;
  CHECK(source_of(reach_of(devices, 1, id_of(devices, 2)), there) == step::AddressSource::told);
}

TEST_CASE(
    "Y18: a linked device hears of another address at once, and those it is linked with too") {
  Three three;
  Devices& devices = three.devices;
  devices[2].inputs.push_back(step::ListenAddresses{{"10.0.9.9:7000"}});
  devices.run(1s);
  CHECK(source_of(reach_of(devices, 0, id_of(devices, 2)), "10.0.9.9:7000") ==
        step::AddressSource::remembered);
  CHECK(source_of(reach_of(devices, 1, id_of(devices, 2)), "10.0.9.9:7000") ==
        step::AddressSource::told);
}

TEST_CASE("Y18: what others told is not told on") {
  DialPlan plan;
  const DeviceId device{{7}};
  plan.heard(device, "10.0.0.7:7000", Instant{1s});
  CHECK(plan.addresses(device).empty());
  CHECK(plan.addresses_of(device, Instant{1s}).size() == 1);
}

TEST_CASE("Y18: many told addresses cost a few dials and little memory") {
  DialPlan plan;
  const DeviceId device{{7}};
  std::size_t dials = 0;
  for (int i = 0; i < 10'000; ++i) {
    plan.heard(device,
               "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1) + ":4711",
               Instant{1s});
    for (const DialPurpose& each : plan.due({}, Instant{1s})) {
      ++dials;
      plan.failed(each, "refused", Instant{1s});
    }
  }
  CHECK(dials < 40);
  CHECK(plan.addresses_of(device, Instant{1s}).size() <= DialPlan::nearby_max);
}

TEST_CASE(
    "F4: no device is told of a service of its own, or of its neighbours, by another device") {
  CHECK(may_be_passed_on("10.0.0.7:7000"));
  CHECK(may_be_passed_on("[2001:db8::7]:7000"));
  CHECK(may_be_passed_on("relay:relay.example:4460"));
  for (const char* wrong : {"127.0.0.1:7000", "[::1]:7000", "[fe80::1]:7000", "10.0.0.7:22",
                            "224.0.0.1:7000", "laptop.example:7000", ":7000", "relay:x", ""})
    CHECK_FALSE(may_be_passed_on(wrong));
}

TEST_CASE("where a device is told to be by the host of its link is not at the relay") {
  CHECK(complete_address(":7000", "10.0.0.1:50000") == "10.0.0.1:7000");
  CHECK(complete_address(":7000", "relay:10.0.0.1:4460") == ":7000");
}
