// SPDX-License-Identifier: Apache-2.0
//
// Regrow: finds out anew what a store holds of a log, from its blocks alone.
//
// For a store that lost some of its rows. Every block is verified as if it had just been
// received; the log ends where the first one is missing or wrong, and what lies behind is
// removed, so that it can be fetched again. Not for ordinary starts: it reads the whole log.
#pragma once

#include "protocol/log/log_store.h"

namespace syncline::log {

// Requires: the log is known, at seq 0 and in no set digest, as open_log leaves it. Errors: as the
// reader's.
Status regrow_log(Draft& draft, const LogId& log);

}  // namespace syncline::log
