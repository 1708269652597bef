// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/dht_finding.h"

#include "tests/protocol/node/devices.h"

#include <algorithm>

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::node;
using namespace std::chrono_literals;

namespace {

step::NetAnswer net_status(Devices& devices, std::size_t index) {
  return devices.get<step::NetAnswer>(index, step::NetStatus{});
}

bool has_link(Devices& devices, std::size_t index) {
  return std::ranges::any_of(net_status(devices, index).devices,
                             [](const auto& each) { return !each.links.empty(); });
}

// Two devices of one vault, and a DHT between them that does what the test wants.
struct DhtPair {
  DhtPair() : devices(2) {
    devices.make_vault(0);
    devices.run(1s);
    devices.pair(0, 1);
    devices.run(1s);
    for (std::size_t i = 0; i < 2; ++i) connect_dht(i);
    run(2s);
  }
  void connect_dht(std::size_t index) {
    devices[index].inputs.push_back(step::DhtState{true, true, 20, "it works"});
  }
  // Time passes, and the DHT answers within a tenth of a second, or within seconds in long runs.
  void run(Duration time) {
    const Duration step = std::max<Duration>(100ms, time / 1000);
    for (Duration passed{}; passed < time; passed += step) {
      devices.run(step);
      for (std::size_t i = 0; i < devices.size(); ++i) serve(i);
    }
    devices.run(1ms);
  }
  void serve(std::size_t index) {
    Device& device = devices[index];
    for (step::DhtItem& item : std::exchange(device.dht_puts, {})) {
      puts[index].push_back(item);
      device.inputs.push_back(step::DhtStored{item.key, item.seq, takes ? 8U : 0U});
      if (takes) table.insert_or_assign(item.key, item);
    }
    for (const crypto::VerifyKey& key : std::exchange(device.dht_gets, {})) {
      ++gets[index];
      step::DhtFound found{key, std::nullopt, true};
      if (const auto entry = table.find(key); entry != table.end() && gives)
        found.item = entry->second;
      device.inputs.push_back(std::move(found));
    }
  }
  // Another network, with an address that the other device was not told.
  void move(std::size_t index, const std::string& address) {
    devices.isolate(index);
    run(1s);
    devices[index].address = address;
    devices[index].inputs.push_back(step::ListenAddresses{{address}});
    devices.reconnect(index);
  }
  void set_mode(std::size_t index, step::NetworkMode mode) {
    (void)devices.get<step::NetAnswer>(index, step::NetMode{mode});
  }

  Devices devices;
  std::map<crypto::VerifyKey, step::DhtItem> table;
  std::map<std::size_t, std::vector<step::DhtItem>> puts;
  std::map<std::size_t, std::size_t> gets;
  bool takes = true;
  bool gives = true;
};

std::size_t keys_in(const std::vector<step::DhtItem>& items) {
  std::set<crypto::VerifyKey> keys;
  for (const step::DhtItem& item : items) keys.insert(item.key);
  return keys.size();
}

}  // namespace

TEST_CASE("devices that are both somewhere else find each other by the DHT (F22, F23)") {
  DhtPair pair;
  CHECK(has_link(pair.devices, 0));
  CHECK(!pair.puts[0].empty());
  CHECK(pair.gets[0] == 0);  // whoever is linked is not looked for

  pair.gives = false;
  pair.move(0, "10.1.0.1:7000");
  pair.move(1, "10.2.0.1:7000");
  pair.run(12s);
  CHECK(!has_link(pair.devices, 0));
  CHECK(pair.gets[0] > 0);

  pair.gives = true;
  pair.run(60s);
  CHECK(has_link(pair.devices, 0));
  CHECK(has_link(pair.devices, 1));
  const auto net = net_status(pair.devices, 0);
  const auto other = net_status(pair.devices, 1);
  CHECK((net.devices[0].dht_found || other.devices[0].dht_found));
  CHECK(net.dht.available);
  CHECK(net.dht.copies == 8);
  REQUIRE(net.dht.published);
}

TEST_CASE(
    "a change of the network is published within seconds and looked after at once (F22, F23)") {
  DhtPair pair;
  pair.puts.clear();
  pair.move(1, "10.2.0.1:7000");
  pair.move(0, "10.1.0.1:7000");
  pair.run(12s);
  CHECK(!pair.puts[1].empty());
  CHECK(has_link(pair.devices, 0));
}

TEST_CASE("nothing is published or looked for alone, in lan-only, off or without a DHT (F25)") {
  Devices alone(1);
  alone.make_vault(0);
  alone[0].inputs.push_back(step::DhtState{true, true, 20, "it works"});
  alone.run(120s);
  CHECK(alone[0].dht_puts.empty());
  CHECK(alone[0].dht_gets.empty());

  for (const auto mode : {step::NetworkMode::lan_only, step::NetworkMode::off}) {
    DhtPair pair;
    pair.set_mode(1, mode);
    pair.run(1s);
    pair.puts.clear();
    pair.gets.clear();
    pair.move(0, "192.0.2.7:7000");
    pair.devices[1].inputs.push_back(step::ListenAddresses{{"192.0.2.9:7000"}});
    pair.run(120s);
    CHECK(pair.puts[1].empty());
    CHECK(pair.gets[1] == 0);
    CHECK(pair.gets[0] > 0);
    pair.set_mode(1, step::NetworkMode::anywhere);
    pair.run(5s);
    CHECK(!pair.puts[1].empty());
  }

  DhtPair without;
  without.devices[0].inputs.push_back(step::DhtState{false, false, 0, "there is none"});
  without.run(1s);
  without.puts.clear();
  without.move(0, "10.1.0.1:7000");
  without.run(60s);
  CHECK(without.puts[0].empty());
  CHECK(without.gets[0] == 0);
}

TEST_CASE("a record is put again within the hour, later ones under later numbers (F22)") {
  DhtPair pair;
  const std::size_t before = pair.puts[0].size();
  pair.run(3h);
  const auto& puts = pair.puts[0];
  // Three or four times under one key; towards the end of a day under two.
  CHECK(puts.size() - before >= 3);
  CHECK(puts.size() - before <= 8);
  std::map<crypto::VerifyKey, std::int64_t> newest;
  for (const step::DhtItem& item : puts) {
    CHECK(item.seq > newest[item.key]);
    newest[item.key] = item.seq;
  }
}

TEST_CASE(
    "a day's record is under another key, and the next day's is there before it begins (F1)") {
  DhtPair pair;
  bool both = false;
  for (int hour = 0; hour < 26; ++hour) {
    pair.puts.clear();
    pair.devices[0].inputs.push_back(
        step::ListenAddresses{{"10.0.0." + std::to_string(100 + hour) + ":7000"}});
    pair.devices.run(59min);
    pair.run(1min);
    both = both || keys_in(pair.puts[0]) == 2;
  }
  CHECK(both);
  CHECK(pair.table.size() >= 4);  // of two devices
}

TEST_CASE("what no node took is tried again, more and more rarely (F22)") {
  DhtPair pair;
  pair.takes = false;
  pair.puts.clear();
  pair.devices[0].inputs.push_back(step::ListenAddresses{{"10.0.0.77:7000"}});
  pair.run(10s);
  pair.run(10min);
  const std::size_t keys = keys_in(pair.puts[0]);
  CHECK(pair.puts[0].size() >= 4 * keys);
  CHECK(pair.puts[0].size() <= 8 * keys);
}

TEST_CASE("a device that is nowhere is looked for more and more rarely (F23)") {
  DhtPair pair;
  pair.gives = false;
  pair.move(1, "10.2.0.1:7000");
  pair.devices.isolate(1);
  pair.gets.clear();
  pair.run(60min);
  // Three days each time; after 5, 10, 20, 40, 80 s, 3, 5, 11, 15, 15 minutes.
  CHECK(pair.gets[0] >= 21);
  CHECK(pair.gets[0] <= 45);
  pair.gets.clear();
  pair.run(20s);
  (void)pair.devices.call(0, step::SyncNow{});
  pair.run(6s);
  CHECK(pair.gets[0] >= 3);
}

TEST_CASE("lies and old answers of the DHT lead to nothing (F24)") {
  DhtPair pair;
  pair.gives = false;
  pair.move(1, "10.2.0.1:7000");
  pair.move(0, "10.1.0.1:7000");
  pair.run(5s);
  REQUIRE(!pair.puts[1].empty());
  pair.devices.isolate(1);
  const step::DhtItem good = pair.puts[1].back();
  const auto answer = [&](const step::DhtItem& item) {
    // It asks once more, and not sooner than that.
    pair.devices.run(6s);
    pair.devices[0].dht_gets.clear();
    (void)pair.devices.call(0, step::SyncNow{});
    pair.devices.run(1s);
    REQUIRE(!pair.devices[0].dht_gets.empty());
    pair.devices[0].dht_gets.clear();
    pair.devices[0].inputs.push_back(step::DhtFound{good.key, item, true});
    pair.devices.run(100ms);
    return net_status(pair.devices, 0).devices[0].dht_found.has_value();
  };
  step::DhtItem flipped = good;
  flipped.value[100] ^= 1;
  CHECK(!answer(flipped));
  step::DhtItem renumbered = good;
  ++renumbered.seq;
  CHECK(!answer(renumbered));
  step::DhtItem other_key = good;
  other_key.key.bytes[3] ^= 1;
  CHECK(!answer(other_key));
  step::DhtItem huge = good;
  huge.value.assign(100'000, 7);
  CHECK(!answer(huge));
  // Nobody asked for that.
  pair.devices[0].inputs.push_back(step::DhtFound{other_key.key, good, true});
  pair.devices.run(100ms);
  CHECK(!net_status(pair.devices, 0).devices[0].dht_found);

  CHECK(answer(good));
  const auto net = net_status(pair.devices, 0);
  CHECK(std::ranges::any_of(net.devices[0].addresses, [](const auto& each) {
    return each.address == "10.2.0.1:7000" && each.source == step::AddressSource::told;
  }));
}
