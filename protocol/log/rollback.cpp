// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/rollback.h"

namespace syncline::log {

Result<OwnLogState> RollbackCheck::against(const AnchorEntry& entry) const {
  return compare(entry.log, entry.at);
}

Result<OwnLogState> RollbackCheck::against(const LogId& own, const SignedHead& shown) const {
  const auto record = find_head(reader_, own);
  if (!record) return pass(record);
  if (!*record) return fail(Errc::not_admitted, "the log is not in the roster of its space");
  if (shown.at.seq == 0 || !verify_head((*record)->origin, shown))
    return fail(Errc::bad_signature, "a head is not signed by the log's key");
  return compare(own, shown.at);
}

Result<OwnLogState> RollbackCheck::compare(const LogId& log, const Position& at) const {
  if (at.seq == 0) return OwnLogState::consistent;
  const auto held = hashes_.at(reader_, log, at.seq);
  if (held) return *held == at.hash ? OwnLogState::consistent : OwnLogState::rolled_back;
  if (held.error().code == Errc::not_found) return OwnLogState::rolled_back;
  return pass(held);
}

}  // namespace syncline::log
