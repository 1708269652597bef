// SPDX-License-Identifier: Apache-2.0
#include "storage/schema.h"

#include "storage/memory_store.h"
#include "tests/storage/every_store.h"

#include <array>

#include <doctest/doctest.h>

namespace syncline::storage {

namespace {

Buffer key_of(std::string_view text) { return to_buffer(as_bytes(text)); }
Buffer number_key(std::uint8_t number) { return {number}; }

constexpr std::uint8_t entries = 50;

// From 1 to 2: every value of `heads` grows by one byte, ten at a time. Doing one twice would show.
Migration grow_heads() {
  return {1, "grow heads", [](const StoreReader& store, Bytes cursor) -> Result<MigrationPart> {
            MigrationPart part;
            const Buffer from = to_buffer(cursor);
            const Status scanned = store.scan(Family::heads, from, {}, [&](Bytes key, Bytes value) {
              if (part.writes.size() == 10) {
                part.resume_at = to_buffer(key);
                return false;
              }
              Buffer grown = to_buffer(value);
              grown.push_back('!');
              part.writes.push_back({Family::heads, to_buffer(key), std::move(grown)});
              return true;
            });
            if (!scanned) return pass(scanned);
            return part;
          }};
}

// From 2 to 3: a single part.
Migration add_marker() {
  return {2, "add marker", [](const StoreReader&, Bytes) -> Result<MigrationPart> {
            MigrationPart part;
            part.writes.push_back({Family::view, key_of("marker"), Buffer()});
            return part;
          }};
}

const std::array<Migration, 2> ladder = {grow_heads(), add_marker()};

void fill_version_one(Store& store) {
  REQUIRE(bring_to_schema(store, {}, 1));
  std::vector<Write> writes;
  for (std::uint8_t i = 0; i < entries; ++i)
    writes.push_back({Family::heads, number_key(i), Buffer{i}});
  REQUIRE(store.commit(writes, Durability::synced));
}

void check_version_three(const Store& store) {
  CHECK(stored_schema(store).value() == 3u);
  for (std::uint8_t i = 0; i < entries; ++i)
    CHECK(store.get(Family::heads, number_key(i)).value() == Buffer{i, '!'});
  CHECK(store.get(Family::view, as_bytes("marker")).value().has_value());
  int meta = 0;
  REQUIRE(store.scan(Family::meta, {}, {}, [&](Bytes, Bytes) { return ++meta > 0; }));
  CHECK(meta == 1);
}

}  // namespace

TEST_CASE("an empty store starts at the newest schema, without migrations") {
  for_every_store([](Store& store) {
    CHECK_FALSE(stored_schema(store).value());
    REQUIRE(bring_to_schema(store, {}));
    CHECK(stored_schema(store).value() == schema_version);
    REQUIRE(bring_to_schema(store, {}));
  });
}

TEST_CASE("an old store climbs every rung once, in order") {
  for_every_store([](Store& store) {
    fill_version_one(store);
    REQUIRE(bring_to_schema(store, ladder, 3));
    check_version_three(store);
    REQUIRE(bring_to_schema(store, ladder, 3));
    check_version_three(store);
  });
}

TEST_CASE("a migration that is cut off after any commit is continued, nothing done twice") {
  for (std::uint64_t survived = 0; survived < 8; ++survived) {
    MemoryStore store;
    fill_version_one(store);
    store.fail_after(survived);
    const auto first = bring_to_schema(store, ladder, 3);
    if (survived < 6) {
      REQUIRE_FALSE(first);
      CHECK(first.error().code == Errc::disk_full);
    }
    store.lose_unsynced();
    store.fix_disk();
    REQUIRE(store.reopen());
    REQUIRE(bring_to_schema(store, ladder, 3));
    check_version_three(store);
  }
}

TEST_CASE("a store of a newer schema is refused and left as it is") {
  MemoryStore store;
  REQUIRE(bring_to_schema(store, {}, 4));
  const auto refused = bring_to_schema(store, ladder, 3);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::unsupported);
  CHECK(refused.error().context.find("install the newer version") != std::string::npos);
  CHECK(stored_schema(store).value() == 4u);
}

TEST_CASE("a store older than the first rung is refused") {
  MemoryStore store;
  fill_version_one(store);
  const std::array<Migration, 1> late = {add_marker()};
  CHECK(bring_to_schema(store, late, 3).error().code == Errc::unsupported);
  CHECK(bring_to_schema(store, {}, 2).error().code == Errc::unsupported);
  CHECK(stored_schema(store).value() == 1u);
}

TEST_CASE("content without a schema, or with a damaged one, is corrupt") {
  MemoryStore store;
  REQUIRE(store.commit({{Family::proofs, {1}, Buffer{1}}}, Durability::synced));
  CHECK(bring_to_schema(store, {}).error().code == Errc::corrupt);
  for (const Buffer& value :
       {Buffer{}, Buffer{0, 0, 1}, Buffer{0, 0, 0, 0}, Buffer{0, 0, 0, 1, 0}}) {
    REQUIRE(store.commit({{Family::meta, key_of("schema"), value}}, Durability::synced));
    CHECK(bring_to_schema(store, {}).error().code == Errc::corrupt);
  }
}

TEST_CASE("a migration that fails leaves the schema where it was") {
  MemoryStore store;
  fill_version_one(store);
  const std::array<Migration, 1> failing = {
      Migration{1, "fails", [](const StoreReader&, Bytes) -> Result<MigrationPart> {
                  return fail(Errc::corrupt, "a head is damaged");
                }}};
  CHECK(bring_to_schema(store, failing, 2).error().code == Errc::corrupt);
  CHECK(stored_schema(store).value() == 1u);
}

}  // namespace syncline::storage
