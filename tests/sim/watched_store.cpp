// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/watched_store.h"

namespace syncline::sim {

Status WatchedStore::commit(const std::vector<Write>& writes, Durability durability) {
  undo_.clear();
  if (memory_ == Memory::last_commit) {
    for (const Write& write : writes) {
      auto before = disk_.get(write.family, write.key);
      undo_.push_back({write.family, write.key, before ? std::move(*before) : std::nullopt});
    }
  }
  Status committed = disk_.commit(writes, durability);
  if (committed) watch_.committed(device_, writes, durability);
  return committed;
}

void WatchedStore::take_back_last_commit() {
  std::vector<Write> backwards(undo_.rbegin(), undo_.rend());
  undo_.clear();
  (void)disk_.commit(backwards, Durability::synced).has_value();
  watch_.reread(device_, disk_);
}

}  // namespace syncline::sim
