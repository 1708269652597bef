// SPDX-License-Identifier: Apache-2.0
//
// OwnLog: which log of a space this device writes, and opening the next incarnation.
//
// The current incarnation of each space is remembered in the store. After a rollback the old
// log is never appended to again: next_incarnation admits a new one.
#pragma once

#include "protocol/log/appender.h"
#include "protocol/space/device.h"
#include "protocol/space/space_roster.h"

namespace syncline::space {

struct OwnLogContext {
  const UnlockedKeys& keys;
  const DeviceSecrets& secrets;
};

// The log this device writes in `space`, admitted and known; it is admitted now if it is not.
// Errors: Errc::not_found if the space's genesis is not here; Errc::locked if its key is not.
// A store that lost its memory of the log but was given its events back gets the next incarnation.
Result<log::LogOrigin> ensure_own_log(log::Draft& draft, const OwnLogContext& context,
                                      const SpaceId& space, Random& random);
// Gives up the current incarnation for good and admits a later one, at a random distance: a store
// restored twice must not come to the same log twice.
Result<log::LogOrigin> next_incarnation(log::Draft& draft, const OwnLogContext& context,
                                        const SpaceId& space, Random& random);
// The log of the first incarnation, which a store that remembers none would begin with.
LogId first_own_log(const DeviceSecrets& secrets, const SpaceId& space);
// Without keys: the origin of the current own log; nothing if there is none.
Result<std::optional<log::LogOrigin>> find_own_log(const StoreReader& reader, const SpaceId& space);
// The appender of an own log.
Result<log::LogAppender> open_appender(const StoreReader& reader, const DeviceSecrets& secrets,
                                       const log::LogOrigin& origin);

}  // namespace syncline::space
