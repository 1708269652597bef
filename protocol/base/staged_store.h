// SPDX-License-Identifier: Apache-2.0
//
// StagedStore: a store together with the writes that wait for the next commit.
//
// The core reads through it, so that the second input of a group sees what the first
// one wrote. The shell adds the writes of every step, then commits them as one group.
#pragma once

#include "protocol/base/store.h"

#include <array>
#include <map>

namespace syncline {

class StagedStore final : public StoreReader {
 public:
  // Keeps a reference to `store`, which must outlive this object.
  explicit StagedStore(Store& store) : store_(store) {}

  void add(std::vector<Write> writes);
  bool empty() const;
  std::size_t size_bytes() const { return size_bytes_; }

  // Commits and forgets what was staged. After an error the staged writes are gone too:
  // whoever staged them must reload its state from the store.
  Status commit(Durability durability);
  void discard();

  Result<std::optional<Buffer>> get(Family family, Bytes key) const override;
  Status scan(Family family, Bytes from, Bytes to, const Visitor& visit) const override;
  Result<std::optional<Entry>> find_last(Family family, Bytes floor, Bytes at) const override;

 private:
  struct Less {
    using is_transparent = void;
    bool operator()(Bytes a, Bytes b) const { return less(a, b); }
  };
  using Staged = std::map<Buffer, std::optional<Buffer>, Less>;
  const Staged& of(Family family) const { return staged_[static_cast<std::size_t>(family)]; }

  Store& store_;
  std::array<Staged, family_count> staged_;
  std::size_t size_bytes_ = 0;
};

}  // namespace syncline
