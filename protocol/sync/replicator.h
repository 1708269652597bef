// SPDX-License-Identifier: Apache-2.0
//
// Replicator: brings this store level with every linked device, and keeps it so.
//
// Coordinates the links of one agent: what each device holds, what is pulled from whom, what
// is pushed live, what is acknowledged, and the signed receipts. It needs no content key: a
// locked agent replicates. It reads the staged store and writes into the step's draft; what
// it queues on outlets leaves only after the commit. Spec section 8.
#pragma once

#include "protocol/log/chain_hashes.h"
#include "protocol/log/draft.h"
#include "protocol/sync/messages.h"
#include "protocol/sync/outlet.h"

#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace syncline::sync {

// What handling messages brought to light; taken by the node after each call.
struct News {
  struct Grew {  // a log of a space has more events
    SpaceId space;
    LogId log;
    std::uint64_t seq = 0;
  };
  struct Doubt {  // a device shows a head of `log` that the own store contradicts or lacks
    LogId log;
    log::SignedHead shown;
  };
  struct Learned {  // where a device can be reached
    DeviceId device;
    std::vector<std::string> addresses;
    DeviceId teller;  // itself, or another one
  };
  std::vector<Grew> grew;
  std::vector<SpaceId> rosters;  // rosters that got new records
  std::vector<Doubt> doubts;     // of own logs only
  std::vector<LogId> frozen;     // an equivocation proof arrived or was made
  std::vector<Learned> learned;
  bool store_rewound = false;  // a device knows a later state of this very store: it was restored
};

// Which directions the person stopped.
struct Pauses {
  bool receive = false;
  bool send = false;
  bool operator==(const Pauses&) const = default;
};

// What is known of another device, for status and for callers that wait.
struct Standing {
  bool linked = false;
  bool exchanged = false;           // states were exchanged on a link that is up
  bool level = false;               // proven: equal digests, nothing under way
  std::uint64_t missing_there = 0;  // events held here that it has not proven to hold
  std::uint64_t missing_here = 0;   // events it announced that are not stored here
  std::optional<WallTime> receipt_at;
};

class Replicator {
 public:
  struct Setup {
    const StoreReader& store;  // the staged store; must outlive this object
    Random& random;            // too
    SpaceId vault;
    DeviceId self;
  };
  // Reads the store epoch (making one in a new store) and what is remembered of devices.
  static Result<std::unique_ptr<Replicator>> open(const Setup& setup, log::Draft& draft);
  ~Replicator();

  // The link was authenticated as a device of the vault: says hello. `outlet` must live until
  // link_gone().
  struct NewLink {
    Link link;
    DeviceId device;
    Outlet& outlet;
  };
  void link_ready(const NewLink& link, Now now);
  void link_gone(Link link, Now now);

  // One message of a link. An error means: close the link, for that reason.
  Status handle(Link link, std::uint8_t type, Bytes body, log::Draft& draft, Now now);
  // There is room on the link again.
  void pump(Link link, Now now);
  // The end of a group: pushes and announces what changed, acknowledges what was stored.
  Status settle(log::Draft& draft, Now now);
  void tick(log::Draft& draft, Now now);
  std::optional<Instant> deadline() const;

  // Changes made by this device itself.
  void appended(const SpaceId& space, const LogId& log, const log::SignedHead& head);
  Status roster_changed(const SpaceId& space, const StoreReader& reader);
  void set_pauses(const Pauses& pauses, Now now);
  // Where this device listens. Linked ones are told when it changes.
  void set_addresses(std::vector<std::string> addresses);
  // Tells a linked device where others can be reached.
  void tell_addresses(const DeviceId& to, std::vector<Addresses::Of> known);
  // Own logs, for the rollback alarm.
  void set_own_logs(std::vector<LogId> logs);
  // Receipts are signed while a key is here. nullptr: locked. Must live until replaced.
  void set_receipt_key(const crypto::SigningKey* key);
  // After a commit was lost: forget every link and read the store again.
  Status reload(log::Draft& draft);
  // The store was restored from a copy: takes a new epoch, so that others start over.
  Status new_epoch(log::Draft& draft);

  News take_news();

  Standing standing_of(const DeviceId& device) const;
  // Whether the device has proven to hold event `seq` of `log`.
  bool holds(const DeviceId& device, const LogId& log, std::uint64_t seq) const;
  // Events that none of `others` has proven to hold.
  std::uint64_t only_here(const std::vector<DeviceId>& others) const;
  bool has_links() const;
  // Nothing but a hello may come before it (Spec Y1).
  bool has_greeted(Link link) const;
  // Every linked device is level with this one, as far as pauses allow.
  bool is_settled() const;
  const StoreEpoch& epoch() const;

  struct State;  // replicator_state.h

 private:
  explicit Replicator(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace syncline::sync
