// SPDX-License-Identifier: Apache-2.0
//
// mend_store: makes a store consistent again after files of it were lost.
//
// What is signed is kept and verified anew: records, and of each log the events up to the
// first gap. All that follows from them is made anew: heads, digests, the change feed and, at
// the next unlock, the entities. Then other devices can fill the gaps as if the events had
// never been here. Only for a store that was salvaged; it reads everything.
#pragma once

#include "protocol/base/ids.h"
#include "protocol/base/store.h"

#include <vector>

namespace syncline::agent {

// Errors: Errc::corrupt if what is left is not enough to be a device of a vault.
Status mend_store(Store& store);

// The logs this device writes, one in each space: what a salvaged store must not continue.
Result<std::vector<LogId>> current_own_logs(const StoreReader& store);

}  // namespace syncline::agent
