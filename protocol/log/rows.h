// SPDX-License-Identifier: Apache-2.0
//
// Rows: keeps the set digests of the store true when a log grows. For log_store.cpp only;
// what is read of them is declared in log_store.h.
#pragma once

#include "protocol/log/chain.h"
#include "protocol/log/draft.h"

namespace syncline::log {

struct RowMove {
  SpaceId space;
  LogId log;
  Position from;  // seq 0: the log had no row yet
  Position to;    // seq > from.seq
};
Status move_row(Draft& draft, const RowMove& move);

}  // namespace syncline::log
