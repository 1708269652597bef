// SPDX-License-Identifier: Apache-2.0
#include "storage/rocks_store.h"
#include "storage/vault_home.h"
#include "tests/storage/chain_in_store.h"
#include "tests/storage/private_mounts.h"
#include "tests/storage/temporary_directory.h"

#include <fstream>
#include <memory>
#include <string>

#include <doctest/doctest.h>

namespace syncline::storage {

namespace fs = std::filesystem;

namespace {

// Nothing, with a line that says so, where mounting is not permitted.
std::unique_ptr<SmallDisk> small_disk(const TemporaryDirectory& temporary) {
  std::unique_ptr<SmallDisk> disk;
  if (enter_private_mounts()) disk = std::make_unique<SmallDisk>(temporary / "disk", "12m");
  if (!disk || !disk->is_mounted()) {
    MESSAGE("skipped: mounting a small disk is not permitted here");
    disk.reset();
  }
  return disk;
}

void fill(const fs::path& file, std::uint64_t size) {
  std::ofstream out(file, std::ios::binary);
  const std::string zeros(64 * 1024, '\0');
  for (std::uint64_t written = 0; written < size && out; written += zeros.size())
    out.write(zeros.data(), static_cast<std::streamsize>(zeros.size()));
}

constexpr RocksStore::Options small_options = {.write_buffer_size = 512 * 1024,
                                               .open_space_min = 3 << 20};

struct Filled {
  std::uint64_t acknowledged = 0;
  Error error;
};

// Extends the chain until a commit fails.
Filled write_until_full(RocksStore& store, std::uint64_t length) {
  for (;;) {
    const auto written = store.commit(chain_writes(length + 1), Durability::synced);
    if (!written) return {length, written.error()};
    ++length;
  }
}

void check_reads_and_refusals(RocksStore& store, std::uint64_t acknowledged) {
  CHECK(store.is_degraded());
  CHECK_FALSE(store.degraded_reason().empty());
  const auto length = chain_length(store);
  if (!length) FAIL(length.error().context);
  CHECK(*length == acknowledged);
  CHECK(store.memory_size() > 0);
  CHECK(store.commit(chain_writes(acknowledged + 1), Durability::synced).error().code ==
        Errc::degraded);
}

}  // namespace

TEST_CASE("on a full disk writes are refused, reads go on, and reopening heals without loss") {
  const TemporaryDirectory temporary;
  // Differently full, so that the failure hits the log, a sorted file or the list of files.
  for (const std::uint64_t ballast : {5'000'000u, 6'000'000u, 6'500'000u, 7'000'000u, 7'300'000u}) {
    const auto disk = small_disk(temporary);
    if (!disk) return;
    INFO("ballast ", ballast);
    fill(disk->path() / "ballast", ballast);
    auto store = RocksStore::open(disk->path() / "store", small_options);
    if (!store) FAIL(store.error().context);
    const Filled filled = write_until_full(**store, 0);
    // Degraded, if a background thread met the full disk first.
    CHECK((filled.error.code == Errc::disk_full || filled.error.code == Errc::degraded));
    CHECK((*store)->degraded_reason().find("free some space") != std::string::npos);
    CHECK(filled.acknowledged > 0);
    check_reads_and_refusals(**store, filled.acknowledged);

    CHECK((*store)->reopen().error().code == Errc::disk_full);
    check_reads_and_refusals(**store, filled.acknowledged);

    fs::remove(disk->path() / "ballast");
    if (auto healed = (*store)->reopen(); !healed) FAIL(healed.error().context);
    CHECK_FALSE((*store)->is_degraded());
    const auto length = chain_length(**store);
    if (!length) FAIL(length.error().context);
    // The commit that failed may be there as well: whole, or not at all.
    CHECK(*length >= filled.acknowledged);
    CHECK(*length <= filled.acknowledged + 1);
    for (std::uint64_t seq = *length + 1; seq <= *length + 50; ++seq)
      REQUIRE((*store)->commit(chain_writes(seq), Durability::synced));
    CHECK(chain_length(**store).value() == *length + 50);
    REQUIRE((*store)->close());
  }
}

TEST_CASE("a store that cannot be reopened on a full disk stays readable and heals later") {
  const TemporaryDirectory temporary;
  const auto disk = small_disk(temporary);
  if (!disk) return;
  fill(disk->path() / "ballast", 7'000'000);
  RocksStore::Options options = small_options;
  options.open_space_min = 0;
  auto store = RocksStore::open(disk->path() / "store", options);
  if (!store) FAIL(store.error().context);
  const Filled filled = write_until_full(**store, 0);
  fill(disk->path() / "rest", 12'000'000);
  for (int attempt = 0; attempt < 3; ++attempt) {
    CHECK_FALSE((*store)->reopen());
    CHECK((*store)->is_degraded());
    const auto length = chain_length(**store);
    if (!length) FAIL(length.error().context);
    CHECK(*length >= filled.acknowledged);
    CHECK((*store)->commit({}, Durability::synced).error().code == Errc::degraded);
  }
  fs::remove(disk->path() / "ballast");
  fs::remove(disk->path() / "rest");
  if (auto healed = (*store)->reopen(); !healed) FAIL(healed.error().context);
  CHECK(chain_length(**store).value() >= filled.acknowledged);
}

namespace {

void make_hundred(const fs::path& path) {
  auto store = RocksStore::open(path, small_options);
  REQUIRE(store);
  for (std::uint64_t seq = 1; seq <= 100; ++seq)
    REQUIRE((*store)->commit(chain_writes(seq), Durability::synced));
}

}  // namespace

TEST_CASE("a store that is opened on a full disk can be read, and written once there is space") {
  const TemporaryDirectory temporary;
  const auto disk = small_disk(temporary);
  if (!disk) return;
  make_hundred(disk->path() / "store");
  fill(disk->path() / "ballast", 12'000'000);
  auto store = RocksStore::open(disk->path() / "store", small_options);
  if (!store) FAIL(store.error().context);
  check_reads_and_refusals(**store, 100);
  CHECK((*store)->reopen().error().code == Errc::disk_full);
  check_reads_and_refusals(**store, 100);
  fs::remove(disk->path() / "ballast");
  REQUIRE((*store)->reopen());
  REQUIRE((*store)->commit(chain_writes(101), Durability::synced));
  CHECK(chain_length(**store).value() == 101);
}

TEST_CASE("a damaged store is refused on a full disk too") {
  const TemporaryDirectory temporary;
  const auto disk = small_disk(temporary);
  if (!disk) return;
  make_hundred(disk->path() / "store");
  for (const auto& entry : fs::directory_iterator(disk->path() / "store"))
    if (entry.path().extension() == ".blob") fs::resize_file(entry.path(), 1000);
  fill(disk->path() / "ballast", 12'000'000);
  const auto store = RocksStore::open(disk->path() / "store", small_options);
  REQUIRE_FALSE(store);
  CHECK(store.error().code == Errc::corrupt);
}

TEST_CASE("a store on a full disk is not half made") {
  const TemporaryDirectory temporary;
  const auto disk = small_disk(temporary);
  if (!disk) return;
  fill(disk->path() / "ballast", 13'000'000);
  const auto store = RocksStore::open(disk->path() / "store", small_options);
  REQUIRE_FALSE(store);
  CHECK(store.error().code == Errc::disk_full);
  CHECK_FALSE(fs::exists(disk->path() / "store"));
  fs::remove(disk->path() / "ballast");
  CHECK(RocksStore::open(disk->path() / "store", small_options));
}

TEST_CASE("on a full disk a small file keeps its old content") {
  const TemporaryDirectory temporary;
  const auto disk = small_disk(temporary);
  if (!disk) return;
  const auto home = VaultHome::open(disk->path() / "home");
  REQUIRE(home);
  REQUIRE(home->write_file("device.key", Buffer(100, 1)));
  fill(disk->path() / "ballast", 13'000'000);
  const auto refused = home->write_file("device.key", Buffer(60'000, 2));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::disk_full);
  CHECK(home->read_file("device.key").value() == Buffer(100, 1));
  CHECK_FALSE(fs::exists(disk->path() / "home" / "device.key.tmp"));
}

TEST_CASE("a read-only disk is refused with the next step") {
  const TemporaryDirectory temporary;
  const auto disk = small_disk(temporary);
  if (!disk) return;
  {
    const auto home = VaultHome::open(disk->path() / "home");
    REQUIRE(home);
    REQUIRE(RocksStore::open(home->store_path(), small_options));
  }
  REQUIRE(disk->make_read_only());
  const auto home = VaultHome::open(disk->path() / "home");
  REQUIRE_FALSE(home);
  CHECK(home.error().code == Errc::forbidden);
  CHECK(home.error().context.find("make it writable or use another place") != std::string::npos);
  const auto missing = VaultHome::open(disk->path() / "other");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Errc::forbidden);
  CHECK_FALSE(RocksStore::open(disk->path() / "home" / "store", small_options));
}

}  // namespace syncline::storage
