// SPDX-License-Identifier: Apache-2.0
//
// Author: writes this device's events of one space.
//
// Seals each event for the next place of the own log, naming everything merged so far as its
// past, and queues it; flush() makes blocks of the queue, one signature each. The first event
// of a log certifies which device it belongs to.
#pragma once

#include "protocol/log/appender.h"
#include "protocol/node/space_merge.h"
#include "protocol/space/own_log.h"

namespace syncline::node {

class Author {
 public:
  struct Identity {
    const space::UnlockedKeys& keys;
    const space::DeviceSecrets& secrets;
    DeviceId device;
  };
  // Opens the own log of the space, admitting it if need be. Errors: Errc::busy while events of
  // the own log wait for others to be merged; as ensure_own_log.
  static Result<Author> open(SpaceMerge::Desk& desk, SpaceMerge& merge, const Identity& identity);

  const LogId& log() const { return appender_.id(); }
  const log::LogOrigin& origin() const { return appender_.origin(); }
  // The sequence number of the newest event, queued ones included.
  std::uint64_t seq() const { return appender_.next_seq() - 1; }

  // One event of an entity, applied to `state` at once. Errors: Errc::oversized, Errc::limit;
  // nothing was written then.
  Result<crdt::Applied> write(SpaceMerge::Desk& desk, SpaceMerge& merge, EntityState& state,
                              const EntityBody& body, WallTime wall);
  // Hands out a new entity's key. The entity exists once its first event is written.
  Status grant(SpaceMerge::Desk& desk, SpaceMerge& merge, const EntityId& entity, WallTime wall);

  // Queued events into blocks. The new head, if anything was queued.
  Result<std::optional<log::SignedHead>> flush(log::Draft& draft) { return appender_.flush(draft); }

 private:
  explicit Author(log::LogAppender appender) : appender_(std::move(appender)) {}

  Status seal(SpaceMerge::Desk& desk, SpaceMerge& merge, const log::EventKey& key,
              log::NewEvent event);
  Status certify(SpaceMerge::Desk& desk, SpaceMerge& merge, const Identity& identity);
  Result<std::vector<log::Dep>> news(SpaceMerge::Desk& desk, SpaceMerge& merge) const;

  log::LogAppender appender_;
};

}  // namespace syncline::node
