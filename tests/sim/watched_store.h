// SPDX-License-Identifier: Apache-2.0
//
// WatchedStore: a device's disk under the eyes of the watch.
//
// Everything committed is looked at. It can also take back its last commit, for a shell that
// speaks before it has persisted: that is one of the planted bugs, not a fault.
#pragma once

#include "storage/memory_store.h"
#include "tests/sim/watch.h"

namespace syncline::sim {

class WatchedStore final : public Store {
 public:
  WatchedStore(storage::MemoryStore& disk, Watch& watch, std::size_t device)
      : disk_(disk), watch_(watch), device_(device) {}

  Result<std::optional<Buffer>> get(Family family, Bytes key) const override {
    return disk_.get(family, key);
  }
  Status scan(Family family, Bytes from, Bytes to, const Visitor& visit) const override {
    return disk_.scan(family, from, to, visit);
  }
  Result<std::optional<Entry>> find_last(Family family, Bytes floor, Bytes at) const override {
    return disk_.find_last(family, floor, at);
  }
  Status commit(const std::vector<Write>& writes, Durability durability) override;

  enum class Memory : std::uint8_t { none, last_commit };
  void remember(Memory memory) { memory_ = memory; }
  void take_back_last_commit();

 private:
  storage::MemoryStore& disk_;
  Watch& watch_;
  std::size_t device_;
  Memory memory_ = Memory::none;
  std::vector<Write> undo_;
};

}  // namespace syncline::sim
