// SPDX-License-Identifier: Apache-2.0
#include "storage/memory_store.h"

#include <doctest/doctest.h>

namespace syncline::storage {

namespace {

Write put(std::string_view key, std::string_view value) {
  return {Family::meta, to_buffer(as_bytes(key)), to_buffer(as_bytes(value))};
}
Write removal(std::string_view key) {
  return {Family::meta, to_buffer(as_bytes(key)), std::nullopt};
}

std::string content(const MemoryStore& store) {
  std::string all;
  REQUIRE(store.scan(Family::meta, {}, {}, [&](Bytes key, Bytes value) {
    all += to_text(key) + "=" + to_text(value) + " ";
    return true;
  }));
  return all;
}

}  // namespace

TEST_CASE("a power cut undoes exactly the commits after the last synced one") {
  MemoryStore store;
  REQUIRE(store.commit({put("a", "1"), put("b", "1")}, Durability::buffered));
  REQUIRE(store.commit({put("a", "2")}, Durability::synced));
  REQUIRE(store.commit({put("a", "3"), put("c", "3")}, Durability::buffered));
  REQUIRE(store.commit({removal("b"), put("c", "4"), removal("c"), put("a", "5")},
                       Durability::buffered));
  CHECK(content(store) == "a=5 ");
  store.lose_unsynced();
  CHECK(content(store) == "a=2 b=1 ");
  store.lose_unsynced();
  CHECK(content(store) == "a=2 b=1 ");
}

TEST_CASE("a backup is independent of the store it was taken from") {
  MemoryStore store;
  REQUIRE(store.commit({put("a", "1")}, Durability::buffered));
  const MemoryStore backup = store.copy();
  REQUIRE(store.commit({put("a", "2"), put("b", "2")}, Durability::synced));
  CHECK(content(backup) == "a=1 ");
  store.restore(backup);
  CHECK(content(store) == "a=1 ");
  store.lose_unsynced();
  CHECK(content(store) == "a=1 ");
}

TEST_CASE("a store on a full disk refuses writes, reads on, and heals by reopening") {
  MemoryStore store;
  store.fail_after(1);
  REQUIRE(store.commit({put("a", "1")}, Durability::synced));
  CHECK_FALSE(store.is_degraded());
  CHECK(store.commit({put("a", "2")}, Durability::synced).error().code == Errc::disk_full);
  CHECK(store.is_degraded());
  CHECK(store.commit({put("a", "2")}, Durability::synced).error().code == Errc::degraded);
  CHECK(store.reopen().error().code == Errc::disk_full);
  CHECK(content(store) == "a=1 ");
  store.fix_disk();
  CHECK(store.commit({put("a", "2")}, Durability::synced).error().code == Errc::degraded);
  REQUIRE(store.reopen());
  REQUIRE(store.commit({put("a", "2")}, Durability::synced));
  CHECK(content(store) == "a=2 ");
}

}  // namespace syncline::storage
