// SPDX-License-Identifier: Apache-2.0
#include "storage/memory_store.h"

#include <iterator>

namespace syncline::storage {

Result<std::optional<Buffer>> MemoryStore::get(Family family, Bytes key) const {
  const Map& map = of(family);
  const auto found = map.find(key);
  if (found == map.end()) return std::optional<Buffer>();
  return std::optional<Buffer>(found->second);
}

Status MemoryStore::scan(Family family, Bytes from, Bytes to, const Visitor& visit) const {
  const Map& map = of(family);
  for (auto at = map.lower_bound(from); at != map.end(); ++at) {
    if (!to.empty() && !less(at->first, to)) break;
    if (!visit(at->first, at->second)) break;
  }
  return {};
}

Result<std::optional<StoreReader::Entry>> MemoryStore::find_last(Family family, Bytes floor,
                                                                 Bytes at) const {
  const Map& map = of(family);
  const auto above = map.upper_bound(at);
  if (above == map.begin()) return std::optional<Entry>();
  const auto& [key, value] = *std::prev(above);
  if (less(key, floor)) return std::optional<Entry>();
  return std::optional<Entry>(Entry{key, value});
}

std::optional<Buffer> MemoryStore::put(Family family, const Buffer& key,
                                       const std::optional<Buffer>& value) {
  Map& map = of(family);
  const auto found = map.lower_bound(key);
  const bool present = found != map.end() && found->first == key;
  if (!present) {
    if (value) map.emplace_hint(found, key, *value);
    return std::nullopt;
  }
  std::optional<Buffer> before = std::move(found->second);
  if (value) {
    found->second = *value;
  } else {
    map.erase(found);
  }
  return before;
}

Status MemoryStore::commit(const std::vector<Write>& writes, Durability durability) {
  if (degraded_) return fail(Errc::degraded, "an earlier write failed; reopen the store");
  if (commits_until_failure_ && *commits_until_failure_ == 0) {
    degraded_ = true;
    return fail(failure_, "the store was told to fail");
  }
  if (commits_until_failure_) --*commits_until_failure_;
  ++commits_;
  const bool synced = durability == Durability::synced;
  // Syncing the log of a disk makes everything before it durable too.
  if (synced) undo_.clear();
  for (const Write& write : writes) {
    auto before = put(write.family, write.key, write.value);
    if (!synced) undo_.push_back({write.family, write.key, std::move(before)});
  }
  return {};
}

void MemoryStore::lose_unsynced() {
  for (auto write = undo_.rbegin(); write != undo_.rend(); ++write)
    put(write->family, write->key, write->value);
  undo_.clear();
}

MemoryStore MemoryStore::copy() const {
  MemoryStore made;
  made.restore(*this);
  return made;
}

void MemoryStore::restore(const MemoryStore& backup) {
  families_ = backup.families_;
  undo_.clear();
}

void MemoryStore::fail_after(std::uint64_t more, Errc why) {
  commits_until_failure_ = more;
  failure_ = why;
}

Status MemoryStore::reopen() {
  if (commits_until_failure_ && *commits_until_failure_ == 0)
    return fail(failure_, "the store was told to fail");
  degraded_ = false;
  return {};
}

}  // namespace syncline::storage
