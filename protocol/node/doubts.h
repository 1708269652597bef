// SPDX-License-Identifier: Apache-2.0
//
// Doubts: own logs that this store must never append to again, because it is older than they are.
//
// Remembered in the store, so that a locked agent can note what an unlocked one acts upon:
// the author then opens the next incarnation.
#pragma once

#include "protocol/base/ids.h"
#include "protocol/log/draft.h"

namespace syncline::node {

// True if it was not marked before.
bool mark_doubted(log::Draft& draft, const LogId& log);
bool is_doubted(const StoreReader& reader, const LogId& log);

}  // namespace syncline::node
