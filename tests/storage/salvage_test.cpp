// SPDX-License-Identifier: Apache-2.0
#include "storage/salvage.h"

#include "tests/storage/chain_in_store.h"
#include "tests/storage/temporary_directory.h"
#include "tests/storage/writer_process.h"

#include <fstream>

#include <doctest/doctest.h>

namespace syncline::storage {

namespace fs = std::filesystem;

namespace {

// Long enough that the logs hold only the last part of it.
constexpr std::uint64_t chain_end = 1000;
constexpr RocksStore::Options small_buffers = {.write_buffer_size = chain_write_buffer_size};

Status as_it_is(Store&) { return {}; }

void make_store(const fs::path& path, std::uint64_t last) {
  WriterProcess writer({path.string(), std::to_string(last)});
  while (writer.next_acknowledged()) continue;
  REQUIRE(writer.wait());
}

fs::path file_with(const fs::path& directory, std::string_view part) {
  fs::path newest;
  for (const auto& entry : fs::directory_iterator(directory))
    if (entry.path().filename().string().find(part) != std::string::npos && entry.path() > newest)
      newest = entry.path();
  REQUIRE_FALSE(newest.empty());
  return newest;
}

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void flip_middle(const fs::path& file) {
  std::string content = content_of(file);
  content[content.size() / 2] ^= 1;
  std::ofstream(file, std::ios::binary) << content;
}

std::uint64_t must_count(const RocksStore& store) {
  const auto length = chain_length(store);
  if (!length) FAIL(length.error().context);
  return *length;
}

}  // namespace

TEST_CASE("a damaged log is cut at the damage, and the whole of it kept aside") {
  const TemporaryDirectory temporary(TemporaryDirectory::Place::memory);
  const fs::path path = temporary / "store";
  make_store(path, 40);
  const fs::path log = file_with(path, ".log");
  flip_middle(log);
  const std::string damaged = content_of(log);
  const auto refused = RocksStore::open(path, small_buffers);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::corrupt);
  CHECK(refused.error().context.find("once with --salvage") != std::string::npos);
  CHECK(content_of(log) == damaged);

  {
    const auto salvaged = open_salvage(path, small_buffers, as_it_is);
    if (!salvaged) FAIL(salvaged.error().context);
    CHECK(salvaged->method == SalvageMethod::truncated);
    CHECK(salvaged->damaged_copy == temporary / "store.damaged-1");
    CHECK(content_of(salvaged->damaged_copy / log.filename()) == damaged);
    const auto length = chain_length(*salvaged->store);
    REQUIRE(length);
    CHECK(*length > 0);
    CHECK(*length < 40);
    REQUIRE(salvaged->store->commit(chain_writes(*length + 1), Durability::synced));
  }
  const auto again = RocksStore::open(path, small_buffers);
  REQUIRE(again);
  CHECK(chain_length(**again));
}

TEST_CASE("a store that lost its list of files is rebuilt whole") {
  for (const char* lost : {"MANIFEST", "CURRENT"}) {
    const TemporaryDirectory temporary(TemporaryDirectory::Place::memory);
    const fs::path path = temporary / "store";
    make_store(path, chain_end);
    fs::remove(file_with(path, lost));
    // What a rebuild that was cut off left behind.
    fs::create_directories(temporary / "store.rebuild" / "store" / "CURRENT");
    CHECK(RocksStore::open(path, small_buffers).error().code == Errc::corrupt);
    {
      const auto salvaged = open_salvage(path, small_buffers, as_it_is);
      if (!salvaged) FAIL(salvaged.error().context);
      CHECK(salvaged->method == SalvageMethod::rebuilt);
      CHECK(must_count(*salvaged->store) == chain_end);
      CHECK(fs::exists(file_with(salvaged->damaged_copy, ".blob")));
      CHECK_FALSE(fs::exists(temporary / "store.rebuild"));
      // Enough to merge what was rebuilt.
      for (std::uint64_t seq = chain_end + 1; seq <= 2 * chain_end; ++seq)
        REQUIRE(salvaged->store->commit(chain_writes(seq), Durability::synced));
    }
    const auto again = RocksStore::open(path, small_buffers);
    if (!again) FAIL(again.error().context);
    CHECK(must_count(**again) == 2 * chain_end);
  }
}

TEST_CASE("a rebuild leaves out damaged large values, and nothing else") {
  const TemporaryDirectory temporary(TemporaryDirectory::Place::memory);
  const fs::path path = temporary / "store";
  make_store(path, chain_end);
  for (const auto& entry : fs::directory_iterator(path))
    if (entry.path().extension() == ".blob") flip_middle(entry.path());
  fs::remove(file_with(path, "CURRENT"));
  const auto salvaged = open_salvage(path, small_buffers, as_it_is);
  if (!salvaged) FAIL(salvaged.error().context);
  std::vector<std::uint64_t> missing;
  std::uint64_t expected = 1;
  REQUIRE(salvaged->store->scan(Family::events, {}, {}, [&](Bytes key, Bytes value) {
    const std::uint64_t seq = wire::Reader(key.subspan(LogId::size)).u64();
    for (; expected < seq; ++expected) missing.push_back(expected);
    CHECK(equal(value, chain_event(seq)));
    ++expected;
    return true;
  }));
  CHECK(expected == chain_end + 1);
  CHECK_FALSE(missing.empty());
  // The logs had the newest ones as well.
  CHECK(missing.size() < chain_end / 16);
  for (const std::uint64_t seq : missing) CHECK(seq % 16 == 0);
}

TEST_CASE("a store that lost a sorted file is rebuilt from the others") {
  const TemporaryDirectory temporary(TemporaryDirectory::Place::memory);
  make_store(temporary / "sample", chain_end);
  int rebuilt = 0;
  for (const auto& entry : fs::directory_iterator(temporary / "sample")) {
    if (entry.path().extension() != ".sst") continue;
    const TemporaryDirectory place(TemporaryDirectory::Place::memory);
    const fs::path path = place / "store";
    fs::copy(temporary / "sample", path);
    fs::remove(path / entry.path().filename());
    const auto refused = RocksStore::open(path, small_buffers);
    // The writer died before that file was in the list, or before it deleted it.
    if (refused) continue;
    CHECK(refused.error().code == Errc::corrupt);
    ++rebuilt;
    const auto salvaged = open_salvage(path, small_buffers, as_it_is);
    if (!salvaged) FAIL(salvaged.error().context);
    CHECK(salvaged->method == SalvageMethod::rebuilt);
    REQUIRE(salvaged->store->scan(Family::events, {}, {}, [](Bytes key, Bytes value) {
      CHECK(equal(value, chain_event(wire::Reader(key.subspan(LogId::size)).u64())));
      return true;
    }));
    const auto still = RocksStore::open(salvaged->damaged_copy, small_buffers);
    REQUIRE_FALSE(still);
    CHECK(still.error().code == Errc::corrupt);
  }
  CHECK(rebuilt > 0);
}

TEST_CASE("after a salvage the store is sound and opens as ever, whatever was damaged") {
  const TemporaryDirectory temporary(TemporaryDirectory::Place::memory);
  make_store(temporary / "sample", chain_end);
  for (const char* kind : {"MANIFEST", ".log", ".sst", ".blob", "CURRENT"}) {
    for (const double part : {0.0, 0.5, 0.9, 1.0}) {
      INFO(std::string(kind), " cut to its part ", part);
      const TemporaryDirectory place(TemporaryDirectory::Place::memory);
      const fs::path path = place / "store";
      fs::copy(temporary / "sample", path);
      const fs::path file = file_with(path, kind);
      const auto size = static_cast<double>(fs::file_size(file));
      // 1: a flipped bit instead.
      if (part < 1.0) fs::resize_file(file, static_cast<std::uintmax_t>(size * part));
      if (part == 1.0) flip_middle(file);
      const auto refused = RocksStore::open(path, small_buffers);
      const bool list = std::string(kind) == "MANIFEST" || std::string(kind) == "CURRENT";
      // Otherwise it depends on what the writer was doing when it died.
      if (list && part == 0.0) CHECK_FALSE(refused);
      if (refused) continue;
      CHECK(refused.error().code == Errc::corrupt);
      {
        const auto salvaged = open_salvage(path, small_buffers, as_it_is);
        if (!salvaged) FAIL(salvaged.error().context);
      }
      const auto again = RocksStore::open(path, small_buffers);
      if (!again) FAIL(again.error().context);
      const Status readable = (*again)->scan(Family::events, {}, {}, [](Bytes key, Bytes value) {
        CHECK(equal(value, chain_event(wire::Reader(key.subspan(LogId::size)).u64())));
        return true;
      });
      if (!readable) FAIL(readable.error().context);
      // Where only the list was lost, nothing else is.
      if (list) CHECK(must_count(**again) == chain_end);
      if (std::string(kind) == ".log") CHECK(chain_length(**again));
    }
  }
}

TEST_CASE("every salvage keeps a copy of its own, up to a bound") {
  const TemporaryDirectory temporary(TemporaryDirectory::Place::memory);
  const fs::path path = temporary / "store";
  make_store(path, 10);
  for (int n = 1; n <= 9; ++n) {
    const auto salvaged = open_salvage(path, small_buffers, as_it_is);
    REQUIRE(salvaged);
    CHECK(salvaged->damaged_copy == temporary / ("store.damaged-" + std::to_string(n)));
  }
  const auto refused = open_salvage(path, small_buffers, as_it_is);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::limit);
  CHECK(refused.error().context.find("remove those you do not need") != std::string::npos);
}

TEST_CASE("what cannot be saved at all is left alone, with an error") {
  const TemporaryDirectory temporary(TemporaryDirectory::Place::memory);
  CHECK_FALSE(open_salvage(temporary / "missing", small_buffers, as_it_is));
  const fs::path path = temporary / "store";
  make_store(path, 10);
  auto open = RocksStore::open(path, small_buffers);
  REQUIRE(open);
  const auto busy = open_salvage(path, small_buffers, as_it_is);
  REQUIRE_FALSE(busy);
  CHECK(busy.error().code == Errc::busy);
  CHECK(chain_length(**open).value() == 10);
}

}  // namespace syncline::storage
