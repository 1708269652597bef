// SPDX-License-Identifier: Apache-2.0
//
// DialPlan: whom to dial next, where, and when.
//
// It only decides. Addresses come from people, from other devices and from links that
// worked, newest success first, a bounded number per device. A device that does not answer
// is tried less and less often, up to once in two minutes, and at once when asked to.
#pragma once

#include "protocol/log/draft.h"
#include "protocol/space/vault_roster.h"

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

  // Reads what is remembered of a device's addresses.
  Status load(const StoreReader& reader, const DeviceId& device);
  // The first address of the list that worked or was told; most recent first.
  void remember(log::Draft& draft, const DeviceId& device, const std::string& address);
  const std::vector<std::string>& addresses(const DeviceId& device) const;

  void typed(const std::string& address, Instant now);

  // What to dial now. Devices in `busy` have a link or are being dialled.
  std::vector<DialPurpose> due(const std::set<DeviceId>& busy, Instant now);
  void failed(const DialPurpose& purpose, Instant now);
  void linked(const DeviceId& device);
  void lost(const DeviceId& device, Instant now);
  void hurry(const space::VaultRoster& roster, Instant now);
  std::optional<Instant> deadline(const std::set<DeviceId>& busy) const;

 private:
  struct Device {
    std::vector<std::string> addresses;
    std::size_t next = 0;        // which one to try
    std::uint32_t failures = 0;  // rounds over all addresses without success
    Instant not_before{};
  };

  std::map<DeviceId, Device> devices_;
  std::vector<std::string> typed_;
};

// A device that is told to be at a host without a name (":7000") is at `host`.
std::string complete_address(const std::string& told, const std::string& host_of_link);
// "host:port" or "[v6]:port" with a port of 1 to 65535 and no control characters.
bool is_address(const std::string& text);

}  // namespace syncline::node
