// SPDX-License-Identifier: Apache-2.0
//
// MemoryStore: a Store in ordered maps, for the simulator, tests and benchmarks.
//
// It can lose what was not synced, be copied like a backup, and run out of space on
// demand. It is not for keeping anything: it lives and dies with its process.
#pragma once

#include "protocol/base/store.h"

#include <array>
#include <map>

namespace syncline::storage {

class MemoryStore final : public Store {
 public:
  MemoryStore() = default;
  MemoryStore(MemoryStore&&) = default;
  MemoryStore& operator=(MemoryStore&&) = default;

  Result<std::optional<Buffer>> get(Family family, Bytes key) const override;
  Status scan(Family family, Bytes from, Bytes to, const Visitor& visit) const override;
  Result<std::optional<Entry>> find_last(Family family, Bytes floor, Bytes at) const override;
  Status commit(const std::vector<Write>& writes, Durability durability) override;

  // What a power cut does: every commit after the last synced one is undone.
  void lose_unsynced();

  // A backup: everything committed so far, all of it synced, without faults.
  MemoryStore copy() const;
  // Puts a backup in place of the present content, as a person restoring one would.
  void restore(const MemoryStore& backup);

  // Lets `more` further commits succeed; those after them fail with `why` until fix_disk().
  void fail_after(std::uint64_t more, Errc why = Errc::disk_full);
  void fix_disk() { commits_until_failure_.reset(); }
  bool is_degraded() const { return degraded_; }
  // Accepts writes again, unless the disk still fails. What was committed is still there.
  Status reopen();

  std::size_t size(Family family) const { return of(family).size(); }
  std::uint64_t commits() const { return commits_; }

 private:
  struct Less {
    using is_transparent = void;
    bool operator()(Bytes a, Bytes b) const { return less(a, b); }
  };
  using Map = std::map<Buffer, Buffer, Less>;
  const Map& of(Family family) const { return families_[static_cast<std::size_t>(family)]; }
  Map& of(Family family) { return families_[static_cast<std::size_t>(family)]; }
  // Sets or removes one key; gives back what was there before.
  std::optional<Buffer> put(Family family, const Buffer& key, const std::optional<Buffer>& value);

  std::array<Map, family_count> families_;
  // How to undo the commits since the last synced one, oldest first.
  std::vector<Write> undo_;
  std::optional<std::uint64_t> commits_until_failure_;
  Errc failure_ = Errc::disk_full;
  bool degraded_ = false;
  std::uint64_t commits_ = 0;
};

}  // namespace syncline::storage
