// SPDX-License-Identifier: Apache-2.0
//
// Draft: the writes of one step while they are being decided, readable as if committed.
//
// Several changes of one step see each other (change numbers, digests, rosters). A draft
// commits nothing: its owner takes the writes out and returns them to the shell.
#pragma once

#include "protocol/base/staged_store.h"

namespace syncline::log {

class Draft final : public StoreReader {
 public:
  // Keeps a reference to `base`, which must outlive this object.
  explicit Draft(const StoreReader& base) : sink_(base), staged_(sink_) {}
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  void put(Family family, Buffer key, Buffer value);
  void remove(Family family, Buffer key);
  bool empty() const { return staged_.empty(); }
  std::size_t size_bytes() const { return staged_.size_bytes(); }
  // Everything written so far; the draft is empty afterwards.
  std::vector<Write> take();

  Result<std::optional<Buffer>> get(Family family, Bytes key) const override {
    return staged_.get(family, key);
  }
  Status scan(Family family, Bytes from, Bytes to, const Visitor& visit) const override {
    return staged_.scan(family, from, to, visit);
  }
  Result<std::optional<Entry>> find_last(Family family, Bytes floor, Bytes at) const override {
    return staged_.find_last(family, floor, at);
  }

 private:
  // Reads from the base; a commit ends here instead of on a disk.
  class Sink final : public Store {
   public:
    explicit Sink(const StoreReader& base) : base_(base) {}
    Result<std::optional<Buffer>> get(Family family, Bytes key) const override {
      return base_.get(family, key);
    }
    Status scan(Family family, Bytes from, Bytes to, const Visitor& visit) const override {
      return base_.scan(family, from, to, visit);
    }
    Result<std::optional<Entry>> find_last(Family family, Bytes floor, Bytes at) const override {
      return base_.find_last(family, floor, at);
    }
    Status commit(const std::vector<Write>& writes, Durability) override {
      taken.insert(taken.end(), writes.begin(), writes.end());
      return {};
    }
    std::vector<Write> taken;

   private:
    const StoreReader& base_;
  };

  Sink sink_;
  StagedStore staged_;
};

}  // namespace syncline::log
