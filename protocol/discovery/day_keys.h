// SPDX-License-Identifier: Apache-2.0
//
// Day keys: what a device is called today, for those who share a discovery key.
//
// Names and keys of one day cannot be linked to those of another by anybody else. The day
// turns at an hour of each audience's own, so that no two audiences turn together. Only
// derivation: what is published or dialled is not known here. Spec F1 to F3.
#pragma once

#include "protocol/base/time.h"
#include "protocol/crypto/sign.h"

#include <compare>
#include <cstdint>
#include <string_view>
#include <vector>

namespace syncline::discovery {

struct Day {
  std::uint32_t number = 0;
  auto operator<=>(const Day&) const = default;
};

class DayClock {
 public:
  static DayClock of(crypto::KeyView discovery);

  // Any clock gives some day: one that is out of range gives the first or the last.
  Day at(WallTime now) const;
  WallTime begin_of(Day day) const;
  // Today, and in its last two hours tomorrow too.
  std::vector<Day> to_publish(WallTime now) const;
  // Until the answer of to_publish() changes, if the clock is not set; at most a day.
  std::chrono::milliseconds until_change(WallTime now) const;
  // Today, then the neighbours, the nearer one first: clocks differ.
  std::vector<Day> to_read(WallTime now) const;

 private:
  explicit DayClock(std::int64_t phase_ms) : phase_ms_(phase_ms) {}

  std::int64_t phase_ms_;
};

// One device on one day.
struct DeviceDay {
  DeviceId device;
  Day day;
};

struct RecordKeys {
  Day day;
  crypto::SigningKey sign;  // whose public key is the name of the DHT record
  crypto::SubKey seal;      // what is in the record
};
RecordKeys record_keys(crypto::KeyView discovery, const DeviceDay& whose);

using RendezvousId = Id<struct RendezvousTag, 16>;
// The key that proves a rendezvous id at one relay. `relay` is the address as people configured
// it: another relay, or another name of the same one, gets another key.
crypto::SigningKey relay_key(crypto::KeyView discovery, const DeviceDay& whose,
                             std::string_view relay);
RendezvousId rendezvous_id(const crypto::VerifyKey& relay_key);

}  // namespace syncline::discovery
