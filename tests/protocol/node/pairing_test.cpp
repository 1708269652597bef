// SPDX-License-Identifier: Apache-2.0
#include "tests/protocol/node/devices.h"

#include <doctest/doctest.h>

namespace syncline::node {
namespace {

void ask_to_join(Devices& devices, std::size_t joiner, const std::string& code) {
  step::PairJoin join;
  join.code_or_uri = step::SecretText(code);
  join.addresses = {devices[0].address};
  join.device_name = "device-" + std::to_string(joiner);
  (void)devices.get<step::PairAnswer>(joiner, std::move(join));
  devices.run(std::chrono::seconds(1));
}

step::PairPhase phase(Devices& devices, std::size_t index) {
  return devices.get<step::PairAnswer>(index, step::PairStatus{}).phase;
}

}  // namespace

TEST_CASE("an invitation made before the last join has ended stays open") {
  Devices devices(3);
  devices.make_vault(0);
  ask_to_join(devices, 1, devices.get<step::InviteAnswer>(0, step::PairInvite{}).code);
  // All in one breath: the new device cannot have said yet that it is done.
  devices[0].inputs.push_back(step::Request{RequestId{9001}, step::PairConfirm{true}});
  devices[0].inputs.push_back(step::Request{RequestId{9002}, step::PairConfirm{true}});
  devices[0].inputs.push_back(step::Request{RequestId{9003}, step::PairInvite{}});
  devices.run();
  CHECK(devices[0].answers.at(9001).has_value());
  REQUIRE(!devices[0].answers.at(9002).has_value());
  CHECK(devices[0].answers.at(9002).error().code == Errc::not_found);
  CHECK(phase(devices, 1) == step::PairPhase::done);
  CHECK(phase(devices, 0) == step::PairPhase::waiting);

  ask_to_join(devices, 2, std::get<step::InviteAnswer>(*devices[0].answers.at(9003)).code);
  CHECK(phase(devices, 0) == step::PairPhase::confirming);
  (void)devices.get<step::Done>(0, step::PairConfirm{true});
  devices.run();
  CHECK(phase(devices, 2) == step::PairPhase::done);
}

TEST_CASE("a device that waits to be confirmed is told no when a new invitation is made") {
  Devices devices(2);
  devices.make_vault(0);
  ask_to_join(devices, 1, devices.get<step::InviteAnswer>(0, step::PairInvite{}).code);
  (void)devices.get<step::InviteAnswer>(0, step::PairInvite{});
  devices.run();
  CHECK(phase(devices, 1) == step::PairPhase::failed);
  CHECK(phase(devices, 0) == step::PairPhase::waiting);
  CHECK(devices.get<step::StatusAnswer>(1, step::SystemStatus{}).vault == step::VaultState::none);
}

}  // namespace syncline::node
