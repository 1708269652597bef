// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/finding.h"

#include "protocol/discovery/lan_tag.h"
#include "tests/protocol/node/devices.h"

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::node;

namespace {

using namespace std::chrono_literals;

// Joins by the nine digits, with no address said.
void pair_by_code(Devices& devices, std::size_t inviter, std::size_t joiner) {
  const auto invite = devices.get<step::InviteAnswer>(inviter, step::PairInvite{});
  step::PairJoin join;
  join.code_or_uri = step::SecretText(invite.code);
  join.device_name = "joiner";
  (void)devices.get<step::PairAnswer>(joiner, std::move(join));
  devices.run(2s);
  REQUIRE(devices.get<step::PairAnswer>(joiner, step::PairStatus{}).phase ==
          step::PairPhase::confirming);
  (void)devices.get<step::Done>(inviter, step::PairConfirm{true});
  devices.run(2s);
}

step::NetAnswer net_of(Devices& devices, std::size_t index) {
  return devices.get<step::NetAnswer>(index, step::NetStatus{});
}

bool is_linked(Devices& devices, std::size_t index) {
  const auto net = net_of(devices, index);
  return std::ranges::any_of(net.devices, [](const auto& each) { return !each.links.empty(); });
}

struct Pair {
  Pair() : devices(2) {
    devices.has_lan = true;
    devices.make_vault(0);
    devices.run(1s);
    pair_by_code(devices, 0, 1);
  }
  // What device 0 announces now.
  step::LanPresence::Announcement announced() { return *devices.lan(0).announcement; }
  void sight(const std::string& instance, const std::string& address) {
    devices[1].inputs.push_back(step::LanSighted{instance, address, announced().txt});
  }
  Devices devices;
};

}  // namespace

TEST_CASE("a join by nine digits finds the inviter on the local network") {
  Pair pair;
  CHECK(pair.devices.get<step::PairAnswer>(1, step::PairStatus{}).phase == step::PairPhase::done);
  CHECK(is_linked(pair.devices, 0));
  CHECK(is_linked(pair.devices, 1));
}

TEST_CASE("a join where nobody invites says how to go on") {
  Devices devices(1);
  step::PairJoin join;
  join.code_or_uri = step::SecretText("123-456-789");
  join.device_name = "joiner";
  (void)devices.get<step::PairAnswer>(0, std::move(join));
  devices.run(60s);
  const auto status = devices.get<step::PairAnswer>(0, step::PairStatus{});
  CHECK(status.phase == step::PairPhase::failed);
  CHECK(status.failure.value_or("").find("--address") != std::string::npos);
}

TEST_CASE("a join by digits tries no more than a few of those that say they invite (F5)") {
  Devices devices(2);
  devices.has_lan = true;
  devices.make_vault(0);
  (void)devices.get<step::InviteAnswer>(0, step::PairInvite{});
  devices.run(1s);
  const auto txt = devices.lan(0).announcement->txt;
  devices.has_lan = false;
  step::PairJoin join;
  join.code_or_uri = step::SecretText("123-456-789");
  join.device_name = "joiner";
  (void)devices.get<step::PairAnswer>(1, std::move(join));
  for (int i = 1; i <= 20; ++i)
    devices[1].inputs.push_back(step::LanSighted{"instance-" + std::to_string(i),
                                                 "10.1.1." + std::to_string(i) + ":4711", txt});
  devices.run(2s);
  CHECK(devices.dials_of(1) == discovery::lan_pairing_tries_max);
}

TEST_CASE("a device that appears at another address is connected there at once") {
  Pair pair;
  pair.devices[0].address = "10.0.7.1:4711";
  pair.devices.isolate(1);
  pair.devices.run(1s);
  REQUIRE_FALSE(is_linked(pair.devices, 1));
  pair.devices.reconnect(1);
  pair.devices[0].inputs.push_back(step::ListenAddresses{{"10.0.7.1:4711"}});
  pair.devices.run(1s);
  CHECK(is_linked(pair.devices, 1));
}

TEST_CASE("S15: a device whose links died unheard is connected at once, whoever dialled them") {
  Pair pair;
  for (const std::size_t loser : {0, 1, 0, 1}) {
    CAPTURE(loser);
    pair.devices.run(5s);
    pair.devices.lose_links(loser);
    step::EntityCreate create;
    create.ops.push_back(crdt::Op{{}, crdt::MapSet{"a", crdt::Scalar(std::int64_t{1})}});
    const EntityId entity = pair.devices.get<step::WrittenAnswer>(loser, std::move(create)).entity;
    pair.devices.run(2s);
    step::EntityGet get;
    get.entity = entity;
    CHECK(pair.devices.call(1 - loser, get));
  }
}

TEST_CASE("an announcement is another one after two hours, and after every change of addresses") {
  Pair pair;
  const auto before = pair.announced();
  pair.devices.run(1s);
  CHECK(pair.announced().instance == before.instance);
  pair.devices[0].inputs.push_back(step::ListenAddresses{{"10.0.7.1:4711"}});
  pair.devices.run(1s);
  const auto moved = pair.announced();
  CHECK(moved.instance != before.instance);
  CHECK(moved.txt != before.txt);
  pair.devices.run(Finding::announcement_lifetime + 1min);
  CHECK(pair.announced().instance != moved.instance);
}

TEST_CASE("announcements that are played again cost a few dials and little memory (F7)") {
  Pair pair;
  pair.devices.isolate(0);
  pair.devices.run(5s);
  const std::uint64_t before = pair.devices.dials;
  for (int i = 0; i < 10'000; ++i)
    pair.sight("instance-" + std::to_string(i),
               "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1) + ":4711");
  pair.devices.run(1s);
  CHECK(pair.devices.dials - before < 40);
  const auto net = net_of(pair.devices, 1);
  REQUIRE(net.devices.size() == 1);
  CHECK(net.devices.front().addresses.size() <= DialPlan::nearby_max + DialPlan::addresses_max);
  // The true one is found all the same.
  pair.devices.reconnect(0);
  pair.devices.run(130s);
  CHECK(is_linked(pair.devices, 1));
}

TEST_CASE("what strangers announce is no address of anybody, and neither is what is malformed") {
  Pair pair;
  pair.devices.isolate(0);
  pair.devices.run(5s);
  const auto before = net_of(pair.devices, 1).devices.front().addresses.size();
  auto& inputs = pair.devices[1].inputs;
  inputs.push_back(step::LanSighted{"stranger", "10.9.9.9:1", {"v=1", "n=00", "t=00", "d=00"}});
  inputs.push_back(step::LanSighted{"stranger", "10.9.9.9:4711", {}});
  inputs.push_back(step::LanSighted{"stranger", "nowhere", pair.announced().txt});
  inputs.push_back(step::LanSighted{"stranger", "10.9.9.9:0", pair.announced().txt});
  inputs.push_back(step::LanSighted{"stranger", "10.9.9.9:4711", {std::string(5000, 'x')}});
  inputs.push_back(step::LanGone{"never seen"});
  pair.devices.run(1s);
  CHECK(net_of(pair.devices, 1).devices.front().addresses.size() == before);
}

TEST_CASE("a device that is gone from the network is not looked for there any more") {
  Pair pair;
  pair.sight("elsewhere", "10.0.7.7:4711");
  pair.devices.run(1s);
  const auto knows = [&] {
    const auto net = net_of(pair.devices, 1);
    return std::ranges::any_of(net.devices.front().addresses, [](const auto& each) {
      return each.address == "10.0.7.7:4711" && each.source == step::AddressSource::nearby;
    });
  };
  CHECK(knows());
  pair.devices[1].inputs.push_back(step::LanGone{"elsewhere"});
  pair.devices.run(1s);
  CHECK_FALSE(knows());
}

TEST_CASE("in lan-only nothing outside of private networks is dialled, and off dials nothing") {
  Pair pair;
  const auto far = "192.0.2.9:4711";
  (void)pair.devices.get<step::NetAnswer>(1, step::NetMode{step::NetworkMode::lan_only});
  pair.devices.run(1s);
  CHECK(is_linked(pair.devices, 1));
  const auto refused = pair.devices.call(1, step::SyncConnect{far});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::forbidden);
  pair.sight("far", far);
  pair.devices.run(1s);
  const auto near = net_of(pair.devices, 1);
  for (const auto& each : near.devices.front().addresses) CHECK(each.address != far);

  (void)pair.devices.get<step::NetAnswer>(1, step::NetMode{step::NetworkMode::off});
  pair.devices.run(1s);
  CHECK_FALSE(is_linked(pair.devices, 1));
  CHECK_FALSE(pair.devices.lan(1).search);
  const std::uint64_t before = pair.devices.dials_of(1);
  pair.devices.run(10min);
  CHECK(pair.devices.dials_of(1) == before);
  pair.devices.restart(1);
  pair.devices.run(1s);
  CHECK(net_of(pair.devices, 1).mode == step::NetworkMode::off);

  (void)pair.devices.get<step::NetAnswer>(1, step::NetMode{step::NetworkMode::anywhere});
  pair.devices.run(3min);
  CHECK(is_linked(pair.devices, 1));
}
