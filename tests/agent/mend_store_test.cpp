// SPDX-License-Identifier: Apache-2.0
#include "agent/mend_store.h"

#include "storage/schema.h"
#include "tests/protocol/space/space_fixture.h"

namespace syncline::agent {
namespace {

using test::TestVault;

// A vault whose device wrote events, in a store as an agent keeps it.
struct Bench {
  Bench() {
    storage::MemoryStore fresh;
    REQUIRE(storage::bring_to_schema(fresh, {}, storage::schema_version));
    const Bytes row = as_bytes("schema");
    REQUIRE(vault.store.commit({{Family::meta, to_buffer(row), **fresh.get(Family::meta, row)}},
                               Durability::synced));
  }
  LogId own() const {
    const auto logs = current_own_logs(vault.store);
    REQUIRE(logs);
    REQUIRE(logs->size() == 1);
    return logs->front();
  }
  void write_events(std::size_t count) {
    const auto origin = space::find_own_log(vault.store, vault.member.home);
    auto log = space::open_appender(vault.store, vault.member.secrets, **origin);
    REQUIRE(log);
    for (std::size_t i = 0; i < count; ++i) {
      log::SealedEvent event;
      event.ciphertext.assign(64, static_cast<std::uint8_t>(i));
      log->queue(std::move(event));
    }
    log::Draft draft(vault.store);
    REQUIRE(log->flush(draft));
    test::commit(vault.store, draft);
  }
  std::size_t rows_in(Family family) const {
    std::size_t count = 0;
    REQUIRE(vault.store.scan(family, {}, {}, [&](Bytes, Bytes) {
      ++count;
      return true;
    }));
    return count;
  }
  void lose(Family family) {
    std::vector<Write> removals;
    REQUIRE(vault.store.scan(family, {}, {}, [&](Bytes key, Bytes) {
      removals.push_back({family, to_buffer(key), std::nullopt});
      return true;
    }));
    REQUIRE(vault.store.commit(removals, Durability::synced));
  }
  void lose(Family family, Buffer key) {
    REQUIRE(vault.store.commit({{family, std::move(key), std::nullopt}}, Durability::synced));
  }

  TestVault vault;
};

TEST_CASE("heads, feed and digests follow from what is signed") {
  for (const Family lost : {Family::heads, Family::feed, Family::view, Family::devices}) {
    Bench bench;
    bench.write_events(3);
    bench.write_events(2);
    const auto rows = log::rows_of(bench.vault.store, bench.vault.member.home);
    const auto mark = space::find_roster(bench.vault.store, bench.vault.id());
    const std::size_t feed = bench.rows_in(Family::feed);
    bench.lose(lost);
    REQUIRE(mend_store(bench.vault.store));
    const auto head = log::find_head(bench.vault.store, bench.own());
    REQUIRE(head);
    CHECK((*head)->seq() == 5);
    CHECK(*log::rows_of(bench.vault.store, bench.vault.member.home) == *rows);
    CHECK((*space::find_roster(bench.vault.store, bench.vault.id()))->digest == (*mark)->digest);
    CHECK(bench.rows_in(Family::feed) == feed);
  }
}

TEST_CASE("a log is cut at its first gap and everything counts only what is left") {
  Bench bench;
  bench.write_events(3);
  bench.write_events(2);
  bench.lose(Family::events, log::block_key(bench.own(), 4));
  REQUIRE(mend_store(bench.vault.store));
  CHECK((*log::find_head(bench.vault.store, bench.own()))->seq() == 3);
  CHECK(log::rows_of(bench.vault.store, bench.vault.member.home)->events == 3);
}

TEST_CASE("events of a log that no record admits any more are taken out") {
  Bench bench;
  LogId strange;
  strange.bytes.fill(7);
  bench.write_events(1);
  REQUIRE(bench.vault.store.commit({{Family::events, log::block_key(strange, 1), Buffer{1, 2}}},
                                   Durability::synced));
  REQUIRE(mend_store(bench.vault.store));
  CHECK(bench.rows_in(Family::events) == 1);
}

TEST_CASE("a record that was changed is left out, the others stay") {
  Bench bench;
  bench.write_events(1);
  std::optional<Buffer> admit;
  REQUIRE(space::scan_records(
      bench.vault.store, bench.vault.member.home, [&](const RecordId&, Bytes record) {
        if (space::decode_record(record)->kind == space::RecordKind::log_admit)
          admit = to_buffer(record);
        return true;
      }));
  REQUIRE(admit);
  Buffer key = to_buffer(bench.vault.member.home.view());
  append(key, space::record_id(*admit).view());
  admit->back() ^= 1;
  REQUIRE(bench.vault.store.commit({{Family::records, key, *admit}}, Durability::synced));
  REQUIRE(mend_store(bench.vault.store));
  CHECK(bench.rows_in(Family::heads) == 0);
  CHECK(bench.rows_in(Family::events) == 0);
  CHECK(space::find_roster(bench.vault.store, bench.vault.member.home)->value().count == 1);
}

TEST_CASE("without what makes it a device of a vault a store is given up, unchanged") {
  const auto refused = [](Bench& bench) {
    const std::size_t records = bench.rows_in(Family::records);
    const Status mended = mend_store(bench.vault.store);
    REQUIRE(!mended);
    CHECK(mended.error().code == Errc::corrupt);
    CHECK(bench.rows_in(Family::records) == records);
  };
  for (const char* row : {"schema", "vault", "device"}) {
    Bench bench;
    bench.lose(Family::meta, to_buffer(as_bytes(row)));
    refused(bench);
  }
  Bench bench;
  bench.lose(Family::records);
  refused(bench);
}

TEST_CASE("a store without a vault needs no mending") {
  storage::MemoryStore store;
  REQUIRE(storage::bring_to_schema(store, {}, storage::schema_version));
  CHECK(mend_store(store));
  CHECK(current_own_logs(store)->empty());
}

}  // namespace
}  // namespace syncline::agent
