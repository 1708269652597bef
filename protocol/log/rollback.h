// SPDX-License-Identifier: Apache-2.0
//
// Rollback: notices that this device's store is older than what it once wrote.
//
// Evidence is an anchor entry (kept outside the store) or a signed head of an own log that
// another device shows. On rolled_back: never append to that log again, open the next
// incarnation (space/own_log.h), pull the lost events back. Spec L9.
#pragma once

#include "protocol/log/chain_hashes.h"

namespace syncline::log {

enum class OwnLogState : std::uint8_t { consistent, rolled_back };

// A position that this device once wrote down outside the store.
struct AnchorEntry {
  LogId log;
  Position at;
};

class RollbackCheck {
 public:
  RollbackCheck(const StoreReader& reader, ChainHashes& hashes)
      : reader_(reader), hashes_(hashes) {}

  // rolled_back if the log is missing, shorter, or has another chain value there.
  Result<OwnLogState> against(const AnchorEntry& entry) const;
  // As above for a head another device shows. Errors: Errc::bad_signature if this device
  // never signed it, Errc::not_admitted for an unknown log: no evidence at all.
  Result<OwnLogState> against(const LogId& own, const SignedHead& shown) const;

 private:
  Result<OwnLogState> compare(const LogId& log, const Position& at) const;

  const StoreReader& reader_;
  ChainHashes& hashes_;
};

}  // namespace syncline::log
