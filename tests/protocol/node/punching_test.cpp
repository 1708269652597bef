// SPDX-License-Identifier: Apache-2.0
// Devices that a relay links, and routers that let nobody in.
#include "tests/protocol/node/devices.h"

#include <algorithm>

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::node;

namespace {

using namespace std::chrono_literals;

// Two that met once, and now reach each other by a relay alone.
struct Apart {
  explicit Apart(Devices::Holes holes) : devices(2) {
    devices.make_vault(0);
    devices.pair(0, 1);
    devices.relay = std::make_unique<RelayOfDevices>();
    for (std::size_t i = 0; i < 2; ++i) {
      step::NetRelay add;
      add.action = step::NetRelay::Action::add;
      add.address = RelayOfDevices::address;
      (void)devices.get<step::NetAnswer>(i, add);
    }
    devices.run(1s);
    devices.holes = holes;
    devices.part(0, 1);
    devices.run(3s);
  }
  step::ReachStatus reach(std::size_t index) {
    return devices.get<step::NetAnswer>(index, step::NetStatus{}).devices.at(0);
  }
  bool is_punched(std::size_t index) {
    const auto links = reach(index).links;
    return links.size() == 1 && links[0].punched &&
           links[0].address == RelayOfDevices::outer(1 - index);
  }
  bool is_relayed(std::size_t index) {
    const auto links = reach(index).links;
    return links.size() == 1 && links[0].address.starts_with("relay:");
  }
  // A change made here arrives there.
  void check_level() {
    for (std::size_t i = 0; i < 2; ++i) {
      step::EntityCreate create;
      create.type = "note";
      (void)devices.get<step::WrittenAnswer>(i, std::move(create));
    }
    devices.run(2s);
    CHECK(devices.get<step::StatusAnswer>(0, step::SystemStatus{}).entities == ++made * 2);
    CHECK(devices.get<step::StatusAnswer>(1, step::SystemStatus{}).entities == made * 2);
  }
  Devices devices;
  std::uint64_t made = 0;
};

}  // namespace

TEST_CASE("F27: two devices that a relay links agree to connect at once, and leave the relay") {
  for (const auto holes :
       {Devices::Holes::both_dial, Devices::Holes::asker_takes, Devices::Holes::answerer_takes}) {
    CAPTURE(static_cast<int>(holes));
    Apart apart(holes);
    CHECK(apart.is_punched(0));
    CHECK(apart.is_punched(1) ==
          (holes != Devices::Holes::answerer_takes || apart.reach(1).links.at(0).punched));
    CHECK_FALSE(apart.is_relayed(0));
    CHECK_FALSE(apart.is_relayed(1));
    apart.check_level();
    CHECK(apart.devices.shots.size() == 2);
    // A hole is no address.
    for (std::size_t i = 0; i < 2; ++i)
      for (const auto& address : apart.reach(i).addresses)
        CHECK(address.address != RelayOfDevices::outer(1 - i));
  }
}

TEST_CASE("F28: where no hole opens the relay goes on, and it is tried four times") {
  Apart apart(Devices::Holes::none);
  apart.devices.run(10min);
  CHECK(apart.is_relayed(0));
  CHECK(apart.is_relayed(1));
  CHECK(apart.devices.shots.size() == 2 * Puncher::rounds_max);
  const auto punch = apart.reach(0).punch;
  REQUIRE(punch);
  CHECK(punch->rounds == Puncher::rounds_max);
  CHECK(punch->result == "no answer");
  CHECK_FALSE(punch->next);
  apart.check_level();
}

TEST_CASE("F28: another address is a reason to try again") {
  Apart apart(Devices::Holes::none);
  apart.devices.run(10min);
  apart.devices.holes = Devices::Holes::both_dial;
  apart.devices[1].inputs.push_back(
      step::ListenAddresses{{apart.devices[1].address, "[2001:db8::7]:7000"}});
  apart.devices.run(20s);
  CHECK(apart.is_punched(0));
  apart.check_level();
}

TEST_CASE("F29: in lan-only and off nothing is punched, whatever was agreed") {
  for (const auto mode : {step::NetworkMode::lan_only, step::NetworkMode::off}) {
    Apart apart(Devices::Holes::none);
    const std::size_t before = apart.devices.shots.size();
    (void)apart.devices.get<step::NetAnswer>(0, step::NetMode{mode});
    apart.devices.run(10min);
    CHECK(apart.devices.shots.size() <= before + 1);  // the other one may have been told to go
    CHECK_FALSE(apart.reach(0).punch);
  }
}
