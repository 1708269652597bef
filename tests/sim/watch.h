// SPDX-License-Identifier: Apache-2.0
//
// Watch: looks at every byte that leaves a device or reaches a disk.
//
// No plaintext, no password and no key may be among them, and no nonce may be used for two
// things. It also knows, for every device, which heads its store holds and which of them
// would survive a power cut. It judges bytes; what they mean is checks.h.
#pragma once

#include "protocol/base/store.h"
#include "protocol/log/chain.h"
#include "tests/sim/trace.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace syncline::sim {

// Starts every text that must stay secret: contents, names, passwords.
inline constexpr std::string_view canary = "Canary7!";

using Heads = std::map<LogId, log::Position>;

class Watch {
 public:
  explicit Watch(Verdict& verdict);

  void add_device() { devices_.emplace_back(); }
  // 32 bytes that were drawn: a key, unless not_secret() says otherwise.
  void drawn(Bytes bytes);
  void not_secret(Bytes bytes);
  // What is found from now on is judged by judge(), once it is known which draws are public.
  void postpone() { postponed_.emplace(); }
  void judge();

  void sent(std::size_t device, Bytes bytes) { search(device, "sends", bytes); }
  void committed(std::size_t device, const std::vector<Write>& writes, Durability durability);
  void synced(std::size_t device) { devices_[device].durable = devices_[device].stored; }
  // The store is another one now: after a power cut, a restore, or an undone commit.
  void reread(std::size_t device, const StoreReader& store);

  // The device must never again write in these logs, whose ends its store lost; nothing else now.
  void rolled_back(std::size_t device, std::set<LogId> logs) {
    devices_[device].closed = std::move(logs);
  }

  const Heads& stored(std::size_t device) const { return devices_[device].stored; }
  const Heads& durable(std::size_t device) const { return devices_[device].durable; }
  std::size_t devices() const { return devices_.size(); }
  std::uint64_t bytes_searched() const { return bytes_searched_; }
  std::uint64_t nonces_seen() const { return nonces_.size(); }

 private:
  struct OfDevice {
    Heads stored;
    Heads durable;
    std::set<LogId> closed;
  };
  // What a nonce was used for: a hash of place and ciphertext.
  struct Use {
    std::array<std::uint8_t, 24> nonce{};
    std::uint64_t what = 0;
  };
  struct Finding {
    Buffer secret;
    std::string text;
  };
  void search(std::size_t device, const char* verb, Bytes bytes);
  void check_events(std::size_t device, const Write& write);
  void check_sealed(std::size_t device, const Write& write);
  // Whether it was never seen before.
  bool check_nonce(std::size_t device, Bytes nonce, std::uint64_t what);
  void remember_start(Bytes start);

  Verdict& verdict_;
  std::vector<OfDevice> devices_;
  std::vector<std::uint64_t> filter_;  // one bit for each hash of 8 bytes that start a secret
  std::unordered_map<std::uint64_t, Buffer> secrets_;  // by their first 8 bytes
  std::unordered_map<std::uint64_t, Use> nonces_;
  std::optional<std::vector<Finding>> postponed_;
  std::uint64_t bytes_searched_ = 0;
};

}  // namespace syncline::sim
