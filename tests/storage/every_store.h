// SPDX-License-Identifier: Apache-2.0
//
// for_every_store: runs one promise of the Store contract against every implementation.
//
// The staged ones keep the newest writes apart from the store below, so that reads have
// to merge both; they hand down every third commit.
#pragma once

#include "protocol/base/staged_store.h"
#include "storage/memory_store.h"
#include "storage/rocks_store.h"
#include "tests/storage/temporary_directory.h"

#include <functional>
#include <memory>

#include <doctest/doctest.h>

namespace syncline::storage {

class StagedOver final : public Store {
 public:
  explicit StagedOver(Store& below) : staged_(below) {}

  Result<std::optional<Buffer>> get(Family family, Bytes key) const override {
    return staged_.get(family, key);
  }
  Status scan(Family family, Bytes from, Bytes to, const Visitor& visit) const override {
    return staged_.scan(family, from, to, visit);
  }
  Result<std::optional<Entry>> find_last(Family family, Bytes floor, Bytes at) const override {
    return staged_.find_last(family, floor, at);
  }
  Status commit(const std::vector<Write>& writes, Durability durability) override {
    staged_.add(writes);
    return ++commits_ % 3 == 0 ? staged_.commit(durability) : Status();
  }

 private:
  StagedStore staged_;
  std::uint64_t commits_ = 0;
};

inline void for_every_store(const std::function<void(Store&)>& promise) {
  const TemporaryDirectory directory(TemporaryDirectory::Place::memory);
  MemoryStore memory;
  MemoryStore below_staged;
  auto rocks = RocksStore::open(directory / "a", {});
  auto rocks_below = RocksStore::open(directory / "b", {});
  REQUIRE(rocks);
  REQUIRE(rocks_below);
  StagedOver staged_memory(below_staged);
  StagedOver staged_rocks(**rocks_below);
  const auto check = [&](const char* name, Store& store) {
    INFO("store: ", std::string(name));
    promise(store);
  };
  check("memory", memory);
  check("rocks", **rocks);
  check("staged over memory", staged_memory);
  check("staged over rocks", staged_rocks);
}

}  // namespace syncline::storage
