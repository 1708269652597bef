// SPDX-License-Identifier: Apache-2.0
//
// Finding: how this device lets itself be found, and whom it recognises in what is announced.
//
// It keeps the announcement on the local networks new and true, tells the dial plan where
// devices of the vault appeared, and a join where somebody invites. What is announced proves
// nothing: only a link does. It also keeps the network mode, which is known while locked.
#pragma once

#include "protocol/node/links.h"

#include <map>

namespace syncline::node {

class Finding {
 public:
  // How long one announcement stands.
  static constexpr Duration announcement_lifetime = std::chrono::hours(2);
  static constexpr std::size_t sightings_max = 256;

  // Reads the mode that was chosen. Errors: those of the store.
  static Status load(House& house, const StoreReader& reader);
  static void set_mode(House& house, Turn& turn, step::NetworkMode mode);

  void seen(House& house, Turn& turn, Links& links, Pairing& pairing,
            const step::LanSighted& sighting);
  void gone(Links& links, const std::string& instance);
  void lan_changed(House& house, const step::LanState& state) { house.lan = state; }

  // Announces what should be announced by now, and says what may be dialled.
  void settle(House& house, Turn& turn, Pairing& pairing);
  std::optional<Instant> deadline() const;

  step::NetAnswer status_of(const House& house, const Links& links, Now now) const;

 private:
  // What an announcement says, and to whom.
  struct Subject {
    std::vector<std::string> addresses;
    std::optional<std::uint64_t> invitation;
    bool search = false;
    bool announce = false;
    bool operator==(const Subject&) const = default;
  };
  struct Sighting {
    std::optional<DeviceId> device;
    std::vector<std::string> addresses;
  };

  static Subject subject_of(const House& house, Pairing& pairing, Now now);
  void tell(House& house, Turn& turn, Pairing& pairing, const Subject& subject);

  std::optional<step::NetworkMode> told_mode_;
  Subject told_;
  std::optional<Instant> renew_at_;
  std::map<std::string, Sighting> sightings_;  // by instance
};

}  // namespace syncline::node
