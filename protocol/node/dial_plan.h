// SPDX-License-Identifier: Apache-2.0
//
// DialPlan: whom to dial next, where, and when.
//
// It only decides. Addresses come from people, from other devices, from links that worked
// and from announcements on the local networks: those that are announced now first, then the
// newest success, relays beside them, a bounded number per device. A few are tried at once. A
// device that does not answer is tried less and less often, up to once in two minutes, and at
// once when asked to or when it appears. One that is connected by a relay is still tried directly.
#pragma once

#include "protocol/discovery/relay_messages.h"
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
struct DialRelay {};  // to be called there
struct DialTake {     // a relay rang: somebody calls
  discovery::SpliceToken token;
};
struct DialPunch {  // at once with that device, by agreement
  DeviceId device;
  std::uint32_t attempt = 0;
  bool begins = false;  // the handshake; otherwise the other device does
};
struct DialPurpose {
  std::variant<DialDevice, DialTyped, DialInviter, DialRelay, DialTake, DialPunch> whom;
  std::string address;
};

// "relay:HOST:PORT": the device can be called at that relay.
inline constexpr std::string_view relay_prefix = "relay:";
inline bool is_relayed(std::string_view address) { return address.starts_with(relay_prefix); }
// Where to dial: the relay itself.
inline std::string relay_of(const std::string& address) {
  return address.substr(relay_prefix.size());
}

class DialPlan {
 public:
  static constexpr std::size_t addresses_max = 16;
  static constexpr std::size_t nearby_max = 8;
  static constexpr std::size_t parallel_max = 4;  // of a device, beside relays

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
  // Another device knows it there. Tried at once as above, later after all others.
  void heard(const DeviceId& device, const std::string& address, Instant now);

  void set_mode(step::NetworkMode mode);
  // Rounds without success.
  std::size_t failures(const DeviceId& device) const;
  // By the mode.
  bool is_allowed(const std::string& address) const;

  struct Standing {
    std::set<DeviceId> linked;    // directly
    std::set<DeviceId> relayed;   // by a relay only
    std::set<DeviceId> dialling;  // a direct address of theirs
    std::set<DeviceId> calling;   // at a relay
  };
  // What to dial now.
  std::vector<DialPurpose> due(const Standing& standing, Instant now);
  void failed(const DialPurpose& purpose, const std::string& reason, Instant now);
  // Whatever else was being dialled for this is no failure: it is not told here.
  void linked(const DeviceId& device);
  void linked_by_relay(const DeviceId& device, Instant now);
  void lost(const DeviceId& device, Instant now);
  void hurry(const space::VaultRoster& roster, Instant now);
  std::optional<Instant> deadline(const Standing& standing) const;

  // What is known of a device's addresses, in the order in which they are tried.
  std::vector<step::AddressStatus> addresses_of(const DeviceId& device, Instant now) const;
  std::optional<Duration> next_try(const DeviceId& device, Instant now) const;

 private:
  struct Try {
    Instant at;
    std::string result;  // empty: it is still going on, or it worked
  };
  // When the addresses of one kind are tried.
  struct Course {
    std::size_t outstanding = 0;  // dials of the present round
    std::uint32_t failures = 0;   // rounds without success
    Instant not_before{};
  };
  struct Device {
    Course& course_of(std::string_view address) { return is_relayed(address) ? relayed : direct; }

    bool is_loaded = false;  // whatever made the entry: the row was read
    std::vector<std::string> addresses;
    std::vector<std::string> nearby;   // newest first
    std::vector<std::string> hearsay;  // newest first
    std::map<std::string, Try> tries;  // of addresses in these lists
    std::size_t appearances = 0;       // that made it be tried at once, since `appearances_since`
    Instant appearances_since{};
    std::vector<std::string> urgent;  // appeared, to be dialled whatever else is going on
    std::size_t next = 0;             // the first direct address of the next round
    Course direct, relayed;
  };

  // Every address that may be dialled.
  std::vector<std::string> candidates(const Device& device) const;
  enum class Way : std::uint8_t { direct, relayed };
  std::vector<std::string> candidates(const Device& device, Way way) const;
  // Direct ones of the next round.
  std::vector<std::string> round_of(Device& device) const;
  static void prune(Device& device);
  // It was not known: tried at once, unless many came before it.
  static void appear(Device& device, const std::string& address, Instant now);

  std::map<DeviceId, Device> devices_;
  std::vector<std::string> typed_;
  step::NetworkMode mode_ = step::NetworkMode::anywhere;
};

// A device that is told to be at a host without a name (":7000") is at `host`.
std::string complete_address(const std::string& told, const std::string& host_of_link);
// One device may tell it of another. Spec F4.
bool may_be_passed_on(const std::string& address);
// "host:port" or "[v6]:port" with a port of 1 to 65535 and no control characters.
bool is_address(const std::string& text);

}  // namespace syncline::node
