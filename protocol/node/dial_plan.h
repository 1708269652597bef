// SPDX-License-Identifier: Apache-2.0
//
// DialPlan: whom to dial next, where, and when.
//
// It only decides. Addresses come from people, from other devices, from links that worked
// and from announcements on the local networks: those that are announced now first, then the
// newest success, a bounded number per device. A device that does not answer is tried less
// and less often, up to once in two minutes, and at once when asked to or when it appears.
#pragma once

#include "protocol/log/draft.h"
#include "protocol/space/vault_roster.h"
#include "protocol/step/answer.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace syncline::node {

struct DialDevice {
  DeviceId device;
};
struct DialTyped {};  // an address a person typed: whoever answers
struct DialInviter {};
struct DialPurpose {
  std::variant<DialDevice, DialTyped, DialInviter> whom;
  std::string address;
};

class DialPlan {
 public:
  static constexpr std::size_t addresses_max = 16;
  static constexpr std::size_t nearby_max = 8;

  // Reads what is remembered of a device's addresses.
  Status load(const StoreReader& reader, const DeviceId& device);
  // The first address of the list that worked or was told; most recent first.
  void remember(log::Draft& draft, const DeviceId& device, const std::string& address);
  const std::vector<std::string>& addresses(const DeviceId& device) const;

  void typed(const std::string& address, Instant now);
  // Announced on a local network, until it is gone. A new one is tried at once, unless many came
  // before it: whoever plays announcements again can choose addresses.
  void appeared(const DeviceId& device, const std::string& address, Instant now);
  void vanished(const DeviceId& device, const std::string& address);

  void set_mode(step::NetworkMode mode);
  // By the mode.
  bool is_allowed(const std::string& address) const;

  // What to dial now. Devices in `busy` have a link or are being dialled.
  std::vector<DialPurpose> due(const std::set<DeviceId>& busy, Instant now);
  void failed(const DialPurpose& purpose, const std::string& reason, Instant now);
  void linked(const DeviceId& device);
  void lost(const DeviceId& device, Instant now);
  void hurry(const space::VaultRoster& roster, Instant now);
  std::optional<Instant> deadline(const std::set<DeviceId>& busy) const;

  // What is known of a device's addresses, in the order in which they are tried.
  std::vector<step::AddressStatus> addresses_of(const DeviceId& device, Instant now) const;
  std::optional<Duration> next_try(const DeviceId& device, Instant now) const;

 private:
  struct Try {
    Instant at;
    std::string result;  // empty: it is still going on, or it worked
  };
  struct Device {
    std::vector<std::string> addresses;
    std::vector<std::string> nearby;   // newest first
    std::map<std::string, Try> tries;  // of addresses in either list
    std::size_t appearances = 0;       // that made it be tried at once, since `appearances_since`
    Instant appearances_since{};
    std::size_t next = 0;        // which one to try
    std::uint32_t failures = 0;  // rounds over all addresses without success
    Instant not_before{};
  };

  // Every address that may be dialled.
  std::vector<std::string> candidates(const Device& device) const;
  static void prune(Device& device);

  std::map<DeviceId, Device> devices_;
  std::vector<std::string> typed_;
  step::NetworkMode mode_ = step::NetworkMode::anywhere;
};

// A device that is told to be at a host without a name (":7000") is at `host`.
std::string complete_address(const std::string& told, const std::string& host_of_link);
// "host:port" or "[v6]:port" with a port of 1 to 65535 and no control characters.
bool is_address(const std::string& text);

}  // namespace syncline::node
