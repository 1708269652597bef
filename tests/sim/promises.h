// SPDX-License-Identifier: Apache-2.0
//
// Promises: what devices told their callers is written.
//
// A write that was acknowledged is in its author's store for as long as that store lives,
// and in the end on every device. Only a restored backup may take it back, and only where no
// other device held it. I1 of the simulation.
#pragma once

#include "protocol/log/chain_hashes.h"
#include "tests/sim/watch.h"

#include <set>
#include <string>
#include <vector>

namespace syncline::sim {

struct Promise {
  std::size_t author = 0;
  LogId log;
  log::Position at;
  std::string marker;  // to be found in the ledger at the end; empty: the event alone counts
  Durability durability = Durability::synced;
  bool void_now = false;     // lost by a restore, and nobody could have helped it
  bool with_others = false;  // taken out of its author's store by a restore
};

class Promises {
 public:
  explicit Promises(Verdict& verdict) : verdict_(verdict) {}

  void add(Promise promise) { promises_.push_back(std::move(promise)); }
  // The author lost what was not synced: it may lack what was only said to be buffered.
  void power_cut(std::size_t author, const Watch& watch);
  // A device's store was put back: what nobody holds durably any more is no promise, and what
  // others hold is in this store again only when it has met them.
  void restored(std::size_t device, const Watch& watch);
  // A device started: its own promises must be in its store.
  void check_store(std::size_t author, const StoreReader& store);
  // At the end: every device holds every promised event of a log that is not `frozen`.
  void check_everywhere(const Watch& watch, const std::set<LogId>& frozen);

  const std::vector<Promise>& all() const { return promises_; }

 private:
  Verdict& verdict_;
  std::vector<Promise> promises_;
};

}  // namespace syncline::sim
