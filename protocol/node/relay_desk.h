// SPDX-License-Identifier: Apache-2.0
//
// RelayDesk: the relays at which this device can be called, as people configured them.
//
// It keeps their list, says which one is to be dialled, and what became of it. The connection
// itself is a link like any other (links.h), whose stage is a discovery::RelayControl.
#pragma once

#include "protocol/log/draft.h"
#include "protocol/step/answer.h"

#include <optional>
#include <string>
#include <vector>

namespace syncline::node {

class RelayDesk {
 public:
  static constexpr std::size_t relays_max = 4;

  // Reads the list. Errors: those of the store.
  Status load(const StoreReader& reader);
  // Errors: Errc::invalid, Errc::limit, Errc::already_exists; Errc::not_found.
  Status add(log::Draft& draft, const std::string& relay, Instant now);
  Status remove(log::Draft& draft, const std::string& relay);

  // Where this device can be called, "relay:HOST:PORT", for other devices.
  std::vector<std::string> told() const;

  // Those to be dialled now; each is dialled until one of the others is called.
  std::vector<std::string> due(Instant now);
  void ready(const std::string& relay);
  // Whether the last try failed: the next one is made in another way.
  bool has_failed(const std::string& relay) const;
  void lost(const std::string& relay, const std::string& reason, Instant now);
  // At once: the network changed, or somebody asked.
  void hurry(Instant now);
  std::optional<Instant> deadline() const;

  std::vector<step::RelayStatus> status(Instant now) const;

 private:
  struct Relay {
    std::string name;
    step::RelayState state = step::RelayState::waiting;
    std::uint32_t failures = 0;
    Instant not_before{};
    std::string reason;
  };

  Relay* find(const std::string& name);
  void save(log::Draft& draft) const;

  std::vector<Relay> relays_;
};

}  // namespace syncline::node
