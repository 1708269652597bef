// SPDX-License-Identifier: Apache-2.0
//
// EphemeralRelay: passes ephemeral messages on, and decides which are new and genuine.
//
// Works while the vault is locked: it knows who may write and not what is written. A message
// goes from its author to the devices linked with it, and from each of those to theirs, no
// further. What does not leave in time is replaced by what is newer. A caller shows what
// receive() gives to whoever holds keys, and calls pump() at the end of a group.
#pragma once

#include "protocol/space/vault_roster.h"
#include "protocol/sync/ephemeral.h"
#include "protocol/sync/replicator.h"

#include <deque>
#include <map>
#include <memory>
#include <optional>

namespace syncline::sync {

// So much at once, so much a second; what is more is not let through.
struct AllowanceRule {
  std::int64_t burst = 0;
  std::int64_t per_second = 0;
};
class Allowance {
 public:
  bool take(std::int64_t cost, const AllowanceRule& rule, Instant now);

 private:
  std::int64_t used_ = 0;  // thousandths
  Instant refilled_;
};

class EphemeralRelay {
 public:
  EphemeralRelay(const SpaceId& vault, const DeviceId& self) : vault_(vault), self_(self) {}

  void link_ready(const Replicator::NewLink& link);
  void link_gone(Link link);
  bool has_links() const { return !links_.empty(); }
  void set_pauses(const Pauses& pauses) { pauses_ = pauses; }
  // Whether a link became ready since the last call: its device knows nothing yet.
  bool take_newcomers() { return std::exchange(newcomers_, false); }

  struct Arrived {
    Link link;
    std::uint8_t type = 0;
    Bytes body;
  };
  // A message that is new, allowed and its author's; nothing for what is to be ignored.
  // Errors: as decode_ephemeral; Errc::bad_signature: close the link.
  Result<std::optional<EphemeralMessage>> receive(const Arrived& arrived,
                                                  const space::VaultRoster& roster, Instant now);
  // A message of this device, for everybody linked.
  void send(const EphemeralMessage& message);
  // The counter of this device's next message: above all it gave, after a restart, too.
  std::uint64_t next_counter(WallTime now);

  // Hands waiting messages to links that have room.
  void pump();

  // A KiB costs one, a message at least two: many small values a second, few large ones.
  static constexpr AllowanceRule link_rule{2048, 1024};
  static constexpr AllowanceRule author_rule{512, 256};
  static constexpr std::size_t slots_per_author_max = 128;
  static constexpr std::size_t waiting_per_link_max = 256;
  static constexpr std::size_t waiting_size_max = 256 * 1024;

 private:
  struct Waiting {
    DeviceId author;
    std::uint32_t slot = 0;
    std::shared_ptr<const Buffer> body;
  };
  struct Open {
    DeviceId device;
    Outlet* outlet = nullptr;
    Allowance allowance;
    std::uint64_t direct = 0;  // the counter of its device's last own message on this link
    std::deque<Waiting> waiting;
    std::size_t waiting_size = 0;
  };
  struct Seen {
    std::uint64_t counter = 0;
    Instant at;
  };
  struct Author {
    Allowance allowance;
    std::uint64_t floor = 0;  // nothing relayed is newer unless its counter is above it
    std::map<std::uint32_t, Seen> slots;

    bool is_new(std::uint32_t slot, std::uint64_t counter) const;
    void take(std::uint32_t slot, std::uint64_t counter, Instant now);
  };

  bool is_linked(const DeviceId& device) const;
  static void queue(Open& open, const Waiting& waiting);

  SpaceId vault_;
  DeviceId self_;
  Pauses pauses_;
  std::map<Link, Open> links_;
  std::map<DeviceId, Author> authors_;  // devices of the roster that ever said something
  std::uint64_t counter_ = 0;
  bool newcomers_ = false;
};

}  // namespace syncline::sync
