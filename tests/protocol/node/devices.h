// SPDX-License-Identifier: Apache-2.0
//
// Devices: a few nodes joined by perfect links, for tests of what nodes do together.
//
// Time only moves when nothing else happens. No faults here: those are tests/sim.
#pragma once

#include "protocol/crypto/hash.h"
#include "protocol/node/node.h"
#include "storage/memory_store.h"
#include "tests/protocol/node/relay_of_devices.h"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace syncline::node {

class CountingRandom final : public Random {
 public:
  explicit CountingRandom(std::uint64_t seed) : seed_(seed) {}
  void fill(std::span<std::uint8_t> out) override {
    for (std::size_t at = 0; at < out.size(); at += 32) {
      const Digest block = crypto::Hasher("test-random").add_u64(seed_).add_u64(next_++).finish();
      for (std::size_t i = 0; i < 32 && at + i < out.size(); ++i) out[at + i] = block.bytes[i];
    }
  }

 private:
  std::uint64_t seed_;
  std::uint64_t next_ = 0;
};

class Devices;

struct Device {
  explicit Device(std::uint64_t seed) : random(seed) {}

  CountingRandom random;
  storage::MemoryStore store;
  std::unique_ptr<StagedStore> staged;
  std::unique_ptr<Node> node;
  std::optional<Buffer> identity;
  std::map<LogId, step::AnchorHead> anchor;
  std::deque<step::Input> inputs;
  std::deque<Buffer> bytes;  // what Received inputs look at
  std::map<std::uint64_t, Result<step::Answer>> answers;
  std::optional<Instant> wake_at;
  std::vector<std::string> notes;
  std::vector<step::DhtItem> dht_puts;
  std::vector<crypto::VerifyKey> dht_gets;
  std::string address;
};

class Devices {
 public:
  explicit Devices(std::size_t count);

  Device& operator[](std::size_t index) { return *devices_[index]; }
  std::size_t size() const { return devices_.size(); }
  Now now() const {
    return {now_, WallTime{1'700'000'000'000 + now_.since_start.count() / 1'000'000}};
  }

  // Closes the node and opens it again on its store, as a restart does.
  void restart(std::size_t index);
  // Runs one command to its answer.
  Result<step::Answer> call(std::size_t index, step::Command command);
  template <class T>
  T get(std::size_t index, step::Command command);
  // Until nothing is left to do for `quiet` of virtual time.
  void run(Duration quiet = std::chrono::seconds(5));

  // While a device is isolated its links are cut and its dials fail.
  void isolate(std::size_t index);
  void reconnect(std::size_t index);
  // Its links are gone, and nobody tells the other devices.
  void lose_links(std::size_t index);
  // Two devices cannot reach each other any more.
  void part(std::size_t one, std::size_t other);

  void make_vault(std::size_t index);
  void pair(std::size_t inviter, std::size_t joiner);

  std::uint64_t bytes_carried = 0;
  // A relay that all can dial.
  std::unique_ptr<RelayOfDevices> relay;
  // Whether two devices that connect at once, from their doors, meet: both, or one of them takes
  // what the other one dialled, because its own packet came later.
  enum class Holes : std::uint8_t { none, both_dial, asker_takes, answerer_takes };
  Holes holes = Holes::none;
  std::vector<std::string> shots;  // where somebody connected to in this way
  // Whether they hear each other's announcements.
  bool has_lan = false;
  // What a device does on the local networks now.
  const step::LanPresence& lan(std::size_t index) { return lan_[index]; }
  std::uint64_t dials = 0;  // of all devices
  std::uint64_t dials_of(std::size_t index) { return dials_of_[index]; }

 private:
  struct Wire {
    std::size_t device[2];
    Link link[2];
  };
  bool step_device(std::size_t index);
  void perform(std::size_t index, step::Effect effect);
  void dial(std::size_t from, const step::Dial& dial);
  void shoot(std::size_t from, const step::Dial& dial);
  void pass_on(const RelayOfDevices::Outputs& outputs);
  void announce(std::size_t index, step::LanPresence presence);
  void hang_up(std::size_t index, Link link);
  bool advance(Instant until);

  std::vector<std::unique_ptr<Device>> devices_;
  std::vector<bool> isolated_;
  std::set<std::pair<std::size_t, std::size_t>> parted_;
  std::vector<Wire> wires_;
  std::map<std::size_t, step::Dial> shots_;  // under way, by device
  std::map<std::size_t, step::LanPresence> lan_;
  std::map<std::size_t, std::uint64_t> dials_of_;
  Instant now_{std::chrono::seconds(1)};
  std::uint64_t next_link_ = 1;
  std::uint64_t next_request_ = 1;
};

template <class T>
T Devices::get(std::size_t index, step::Command command) {
  Result<step::Answer> answer = call(index, std::move(command));
  SYNCLINE_CHECK(answer.has_value());
  SYNCLINE_CHECK(std::holds_alternative<T>(*answer));
  return std::get<T>(std::move(*answer));
}

}  // namespace syncline::node
