// SPDX-License-Identifier: Apache-2.0
//
// SpaceMerge: reads the logs of one space in causal order and applies them to its entities.
//
// One cursor per log is all that waits: an event whose causal past or key is not here yet
// parks its log until another log brings it (Spec C6). Work is done in slices, so that a long
// catch-up never holds up a local caller. Whatever is applied twice changes nothing.
#pragma once

#include "protocol/log/chain_hashes.h"
#include "protocol/node/view.h"
#include "protocol/space/control.h"
#include "protocol/space/entity_keys.h"
#include "protocol/space/keys.h"

#include <map>
#include <set>

namespace syncline::node {

// What happened to an entity in one step, for the change feed.
struct Touch {
  SpaceId space;
  bool created = false;
  bool local = false;
};
using Touches = std::map<EntityId, Touch>;

class SpaceMerge {
 public:
  // Everything merging uses of the unlocked vault; nothing of it is kept.
  struct Desk {
    log::Draft& draft;
    const space::UnlockedKeys& keys;
    const space::VaultRoster& roster;
    space::EntityKeys& entity_keys;
    View& view;
    log::ChainHashes& hashes;
    Random& random;
    Touches& touches;
  };

  // Loads table and cursors. Errors: Errc::corrupt, Errc::io.
  static Result<SpaceMerge> open(const StoreReader& reader, const View& view, const SpaceId& space);

  const SpaceId& space() const { return space_; }
  const crdt::LogTable& table() const { return table_; }
  // A log of this space has events up to `seq` now.
  void grew(const LogId& log, std::uint64_t seq);

  // Applies up to `budget` events. Returns how many; less than the budget means that nothing
  // more can be applied until other events arrive.
  Result<std::size_t> merge(Desk& desk, std::size_t budget);
  // Applies until `log` has been read to its end, as far as possible. True if it was.
  Result<bool> merge_own(Desk& desk, const LogId& log);

  // Events stored but not applied.
  std::uint64_t backlog() const;
  // Everything applied so far.
  const crdt::VersionVector& applied() const { return applied_; }
  std::optional<DeviceId> device_of(const LogId& log) const;
  // Logs whose device was learned from received events since the last call.
  std::map<LogId, DeviceId> take_certified() { return std::exchange(certified_, {}); }
  const std::map<LogId, DeviceId>& devices() const { return devices_; }

  // For authoring: the reading state of an own log, advanced by sealing. Requires: read to its end.
  log::LogReaderState& own_state(const LogId& log);
  // The own log's next event was sealed: apply it without opening it again.
  crdt::Applied apply_own(Desk& desk, const LogId& log, WallTime wall, EntityState& state,
                          const EntityBody& body);
  // `certified`: the event says that the log is this device's.
  void apply_own_control(const LogId& log, const std::optional<DeviceId>& certified);

  // Puts the cursors that moved into the view's next flush.
  void save(View& view);

 private:
  // An opened event, and whose key it is under: nothing for the control key.
  struct Parked {
    log::OpenedEvent event;
    std::optional<EntityId> entity;
  };
  struct Cursor {
    crdt::LogIndex index = 0;
    log::LogReaderState state;
    crdt::VersionVector past;  // of the next event: what its author has seen so far
    std::uint64_t head = 0;    // last event stored
    std::optional<Parked> parked;
    bool stuck = false;  // nothing to be done until something else is applied
    bool moved = false;  // since the last save
  };
  enum class Outcome : std::uint8_t { applied, waits };

  explicit SpaceMerge(const SpaceId& space) : space_(space) {}
  crdt::LogIndex index_of(const LogId& log);
  Cursor& cursor_of(const LogId& log);
  std::uint64_t applied_seq(const Cursor& cursor) const { return applied_.get(cursor.index); }

  Result<std::size_t> read_log(Desk& desk, Cursor& cursor, std::size_t budget);
  Result<Outcome> read_event(Desk& desk, Cursor& cursor, const log::EventView& event);
  Result<Outcome> try_apply(Desk& desk, Cursor& cursor, log::OpenedEvent event,
                            std::optional<EntityId> entity);
  bool is_ready(const Cursor& cursor, const log::OpenedEvent& event);
  Result<bool> deps_match(Desk& desk, const log::OpenedEvent& event) const;
  Status apply_entity(Desk& desk, Cursor& cursor, const log::OpenedEvent& event,
                      const EntityId& entity);
  Status apply_control(Desk& desk, Cursor& cursor, const log::OpenedEvent& event);
  void advance(Cursor& cursor);

  SpaceId space_;
  crdt::LogTable table_;
  std::map<LogId, crdt::LogIndex> indexes_;
  std::size_t saved_table_ = 0;
  std::map<LogId, Cursor> cursors_;
  crdt::VersionVector applied_;
  std::map<LogId, DeviceId> devices_;
  std::map<LogId, DeviceId> certified_;
};

}  // namespace syncline::node
