// SPDX-License-Identifier: Apache-2.0
#include "storage/rocks_store.h"

#include "tests/storage/seeded_random.h"
#include "tests/storage/temporary_directory.h"

#include <fstream>

#include <doctest/doctest.h>
#include <sys/stat.h>

namespace syncline::storage {

namespace fs = std::filesystem;

namespace {

Write put(Family family, std::string_view key, std::string_view value) {
  return {family, to_buffer(as_bytes(key)), to_buffer(as_bytes(value))};
}

std::unique_ptr<RocksStore> must_open(const fs::path& path) {
  auto store = RocksStore::open(path, {});
  if (!store) FAIL(store.error().context);
  return std::move(*store);
}

Error refusal(const fs::path& path) {
  const auto store = RocksStore::open(path, {});
  REQUIRE_FALSE(store);
  INFO(store.error().context);
  return store.error();
}

std::string text_at(const Store& store, Family family, std::string_view key) {
  const auto value = store.get(family, as_bytes(key));
  REQUIRE(value);
  return *value ? to_text(**value) : "nothing";
}

}  // namespace

TEST_CASE("a store keeps everything over an orderly close, synced or not") {
  const TemporaryDirectory temporary;
  {
    auto store = must_open(temporary / "store");
    REQUIRE(store->commit({put(Family::meta, "synced", "1")}, Durability::synced));
    REQUIRE(store->commit({put(Family::events, "buffered", "2")}, Durability::buffered));
    REQUIRE(store->close());
  }
  auto store = must_open(temporary / "store");
  CHECK(text_at(*store, Family::meta, "synced") == "1");
  CHECK(text_at(*store, Family::events, "buffered") == "2");
}

TEST_CASE("a store is private, also beneath a lax umask") {
  const TemporaryDirectory temporary;
  const mode_t before = ::umask(0);
  auto store = must_open(temporary / "store");
  ::umask(before);
  struct stat about {};
  REQUIRE(::stat((temporary / "store").c_str(), &about) == 0);
  CHECK((about.st_mode & 07777) == 0700);
}

TEST_CASE("a second opener is told that another agent uses the vault") {
  const TemporaryDirectory temporary;
  auto store = must_open(temporary / "store");
  const Error error = refusal(temporary / "store");
  CHECK(error.code == Errc::busy);
  CHECK(error.context.find("another agent already uses this vault") != std::string::npos);
  REQUIRE(store->commit({put(Family::meta, "a", "1")}, Durability::synced));
}

TEST_CASE("a closed store refuses everything, and can be opened again") {
  const TemporaryDirectory temporary;
  auto store = must_open(temporary / "store");
  REQUIRE(store->commit({put(Family::meta, "a", "1")}, Durability::synced));
  REQUIRE(store->close());
  CHECK(store->is_degraded());
  CHECK(store->commit({}, Durability::synced).error().code == Errc::degraded);
  CHECK(store->get(Family::meta, as_bytes("a")).error().code == Errc::degraded);
  CHECK(store->find_last(Family::meta, {}, as_bytes("a")).error().code == Errc::degraded);
  CHECK(store->scan(Family::meta, {}, {}, [](Bytes, Bytes) { return true; }).error().code ==
        Errc::degraded);
  CHECK(store->memory_size() == 0);
  REQUIRE(store->close());
  REQUIRE(store->reopen());
  CHECK_FALSE(store->is_degraded());
  CHECK(store->degraded_reason().empty());
  CHECK(text_at(*store, Family::meta, "a") == "1");
}

TEST_CASE("reopening a healthy store loses nothing, not even what was only buffered") {
  const TemporaryDirectory temporary;
  auto store = must_open(temporary / "store");
  for (int i = 0; i < 5; ++i) {
    REQUIRE(store->commit({put(Family::meta, "n", std::to_string(i))}, Durability::buffered));
    REQUIRE(store->reopen());
    CHECK(text_at(*store, Family::meta, "n") == std::to_string(i));
  }
}

TEST_CASE("a first start that was cut off leaves nothing that a later one stumbles over") {
  const TemporaryDirectory temporary;
  fs::create_directory(temporary / "store.new");
  std::ofstream(temporary / "store.new" / "CURRENT") << "half";
  must_open(temporary / "store");
  CHECK_FALSE(fs::exists(temporary / "store.new"));
}

TEST_CASE("an empty directory becomes a store, a foreign one does not") {
  const TemporaryDirectory temporary;
  fs::create_directory(temporary / "empty");
  must_open(temporary / "empty");
  fs::create_directory(temporary / "foreign");
  std::ofstream(temporary / "foreign" / "letter.txt") << "dear diary";
  CHECK(refusal(temporary / "foreign").code == Errc::corrupt);
  CHECK(fs::file_size(temporary / "foreign" / "letter.txt") == 10);
  std::ofstream(temporary / "file") << "x";
  CHECK_FALSE(RocksStore::open(temporary / "file", {}));
}

TEST_CASE("size and memory are reported and bounded") {
  const TemporaryDirectory temporary;
  auto store = must_open(temporary / "store");
  const auto empty = store->size_on_disk();
  REQUIRE(empty);
  CHECK(*empty < 2'000'000);
  SeededRandom random(5);
  constexpr std::uint64_t written = 48 * 262'144;
  for (std::uint8_t i = 0; i < 48; ++i)
    REQUIRE(store->commit({{Family::events, {i}, random.bytes(262'144)}}, Durability::buffered));
  CHECK(store->memory_size() < 40'000'000);
  REQUIRE(store->close());
  const auto full = store->size_on_disk();
  REQUIRE(full);
  CHECK(*full > written);
  CHECK(*full < written * 5 / 2);
}

TEST_CASE("what RocksDB writes about itself names no key and no value") {
  const TemporaryDirectory temporary;
  {
    auto store = must_open(temporary / "store");
    REQUIRE(store->commit({put(Family::keys, "canary-key", "canary-value")}, Durability::synced));
  }
  must_open(temporary / "store");
  int logs = 0;
  for (const auto& entry : fs::directory_iterator(temporary / "store")) {
    const std::string name = entry.path().filename().string();
    if (name != "WARNINGS" && name.rfind("OPTIONS", 0) != 0) continue;
    std::ifstream file(entry.path());
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    CHECK(text.find("canary") == std::string::npos);
    ++logs;
  }
  CHECK(logs > 1);
}

}  // namespace syncline::storage
