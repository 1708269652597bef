// SPDX-License-Identifier: Apache-2.0
#include "storage/rocks_store.h"
#include "tests/storage/chain_in_store.h"
#include "tests/storage/temporary_directory.h"
#include "tests/storage/writer_process.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace syncline::storage {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t chain_end = 600;

Result<std::unique_ptr<RocksStore>> open_store(const fs::path& path) {
  return RocksStore::open(path, {.write_buffer_size = chain_write_buffer_size});
}

// Extends the chain up to `last` in a process that then dies, so that no file is closed in order.
void extend_and_die(const fs::path& path, std::uint64_t last) {
  WriterProcess writer({path.string(), std::to_string(last)});
  std::uint64_t reached = 0;
  while (const auto seq = writer.next_acknowledged()) reached = *seq;
  REQUIRE(writer.wait());
  REQUIRE(reached == last);
}

void copy_store(const fs::path& from, const fs::path& to) {
  fs::create_directory(to);
  for (const auto& entry : fs::directory_iterator(from))
    fs::copy_file(entry.path(), to / entry.path().filename());
}

// A whole chain: in sorted files, in blob files, and at the end in the write-ahead log.
void make_sample(const fs::path& sample) {
  extend_and_die(sample, 200);
  extend_and_die(sample, chain_end);
}

Anchor anchor_at(std::uint64_t last) {
  return {StoreEpoch{}, 1, {{chain_log(), last, chain_hash(last)}}};
}

// A lookup of an event that was written finds it or fails: never nothing, never another one.
bool lookups_are_sound(const RocksStore& store, std::uint64_t last_seq) {
  bool sound = true;
  for (std::uint64_t seq = 1; seq <= last_seq; ++seq) {
    const Buffer key = chain_key(seq);
    const auto value = store.get(Family::events, key);
    if (value && (!*value || **value != chain_event(seq))) sound = false;
    Buffer after = key;
    after.push_back(0);
    for (const Buffer& at : {key, after}) {
      const auto last = store.find_last(Family::events, chain_key(0), at);
      if (last && (!*last || (*last)->key != key || (*last)->value != chain_event(seq)))
        sound = false;
    }
  }
  return sound;
}

enum class Outcome { refused, level, told_by_anchor, told_on_reading, silent };

Outcome outcome_of(const fs::path& path, std::uint64_t last) {
  const auto store = open_store(path);
  if (!store) {
    INFO(store.error().context);
    CHECK(store.error().code == Errc::corrupt);
    CHECK(store.error().context.find("once with --salvage") != std::string::npos);
    return Outcome::refused;
  }
  const auto length = chain_length(**store);
  if (!length) {
    INFO(length.error().context);
    const bool told = length.error().context.find("Corruption") != std::string::npos;
    if (!told || !lookups_are_sound(**store, last)) return Outcome::silent;
    return Outcome::told_on_reading;
  }
  const auto compared = compare_with_store(anchor_at(last), {}, chain_lookup(*length));
  if (compared) return Outcome::level;
  CHECK(compared.error().code == Errc::rolled_back);
  return Outcome::told_by_anchor;
}

struct Tally {
  int refused = 0;
  int level = 0;
  int by_anchor = 0;
  int on_reading = 0;
  int silent = 0;

  void add(Outcome outcome) {
    switch (outcome) {
      case Outcome::refused: ++refused; break;
      case Outcome::level: ++level; break;
      case Outcome::told_by_anchor: ++by_anchor; break;
      case Outcome::told_on_reading: ++on_reading; break;
      case Outcome::silent: ++silent; break;
    }
  }
  std::string text() const {
    return std::to_string(refused) + " refused, " + std::to_string(level) + " level, " +
           std::to_string(by_anchor) + " told by the anchor, " + std::to_string(on_reading) +
           " told on reading, " + std::to_string(silent) + " silent";
  }
};

Outcome after_damage(const fs::path& sample, const std::function<void(const fs::path&)>& damage,
                     std::uint64_t last = chain_end) {
  const TemporaryDirectory place(TemporaryDirectory::Place::memory);
  copy_store(sample, place / "store");
  damage(place / "store");
  return outcome_of(place / "store", last);
}

void flip_bit(const fs::path& file, std::uint64_t bit) {
  std::fstream at(file, std::ios::in | std::ios::out | std::ios::binary);
  at.seekg(static_cast<std::streamoff>(bit / 8));
  const int before = at.get();
  at.seekp(static_cast<std::streamoff>(bit / 8));
  at.put(static_cast<char>(before ^ (1 << bit % 8)));
  REQUIRE(at.good());
}

std::vector<fs::path> files_of(const fs::path& sample, std::string_view extension) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(sample)) {
    const fs::path name = entry.path().filename();
    const bool fits = extension == "MANIFEST" ? name.string().rfind("MANIFEST", 0) == 0
                                              : name.extension() == extension;
    if (fits && fs::file_size(entry.path()) > 0) found.push_back(name);
  }
  return found;
}

// Writes on and on after `seq`, so that files are merged, until the store has had enough or
// everything was written. True if it stopped.
bool write_until_refused(RocksStore& store, std::uint64_t& seq) {
  for (int i = 0; i < 1500; ++i) {
    const auto written = store.commit(chain_writes(seq + 1), Durability::buffered);
    if (!written) return true;
    ++seq;
  }
  return store.is_degraded();
}

bool is_whole_or_says_so(const RocksStore& store) {
  const auto length = chain_length(store);
  if (length || length.error().context.find("Corruption") != std::string::npos) return true;
  MESSAGE(length.error().context, "; degraded: ", store.degraded_reason());
  return false;
}

}  // namespace

TEST_CASE("what a killed writer left is level with its anchor") {
  const TemporaryDirectory temporary(TemporaryDirectory::Place::memory);
  make_sample(temporary / "sample");
  CHECK(after_damage(temporary / "sample", [](const fs::path&) {}) == Outcome::level);
}

TEST_CASE("one flipped bit in the write-ahead log is never a silent loss") {
  // One log within a single block of RocksDB's, and one over several with large values in it.
  for (const std::uint64_t last : {12u, 40u}) {
    const TemporaryDirectory temporary(TemporaryDirectory::Place::memory);
    extend_and_die(temporary / "sample", last);
    const auto logs = files_of(temporary / "sample", ".log");
    REQUIRE(logs.size() == 1);
    const std::uint64_t bits = fs::file_size(temporary / "sample" / logs[0]) * 8;
    Tally tally;
    for (std::uint64_t bit = 0; bit < bits; bit += bits / 331)
      tally.add(after_damage(
          temporary / "sample", [&](const fs::path& store) { flip_bit(store / logs[0], bit); },
          last));
    MESSAGE("flips: ", tally.text());
    CHECK(tally.refused > 100);
    CHECK(tally.on_reading == 0);
    CHECK(tally.silent == 0);
  }
}

TEST_CASE("a file cut short is refused or told by the anchor") {
  const TemporaryDirectory temporary(TemporaryDirectory::Place::memory);
  make_sample(temporary / "sample");
  for (const char* kind : {".log", ".sst", ".blob", "MANIFEST"}) {
    const auto files = files_of(temporary / "sample", kind);
    REQUIRE_FALSE(files.empty());
    Tally tally;
    for (const fs::path& file : files) {
      const std::uint64_t size = fs::file_size(temporary / "sample" / file);
      const std::uint64_t cuts = std::string(kind) == "MANIFEST" ? 60 : 6;
      for (std::uint64_t cut = 0; cut < cuts; ++cut)
        tally.add(after_damage(temporary / "sample", [&](const fs::path& store) {
          fs::resize_file(store / file, size * cut / cuts);
        }));
    }
    MESSAGE(std::string(kind), " cut: ", tally.text());
    CHECK(tally.silent == 0);
    CHECK(tally.refused + tally.by_anchor > 0);
  }
}

TEST_CASE("a file that is gone is refused") {
  const TemporaryDirectory temporary(TemporaryDirectory::Place::memory);
  make_sample(temporary / "sample");
  for (const char* kind : {".sst", ".blob", "MANIFEST", ".log"}) {
    Tally tally;
    for (const fs::path& file : files_of(temporary / "sample", kind))
      tally.add(after_damage(temporary / "sample",
                             [&](const fs::path& store) { fs::remove(store / file); }));
    MESSAGE(std::string(kind), " gone: ", tally.text());
    CHECK(tally.silent == 0);
    CHECK(tally.refused + tally.by_anchor > 0);
  }
  CHECK(after_damage(temporary / "sample", [](const fs::path& store) {
          fs::remove(store / "CURRENT");
        }) == Outcome::refused);
}

TEST_CASE("one flipped bit in any other file is refused, told on reading, or harmless") {
  const TemporaryDirectory temporary(TemporaryDirectory::Place::memory);
  make_sample(temporary / "sample");
  for (const char* kind : {".sst", ".blob", "MANIFEST"}) {
    Tally tally;
    for (const fs::path& file : files_of(temporary / "sample", kind)) {
      const std::uint64_t bits = fs::file_size(temporary / "sample" / file) * 8;
      const std::uint64_t flips = std::string(kind) == "MANIFEST" ? 60 : 12;
      for (std::uint64_t flip = 0; flip < flips; ++flip)
        tally.add(after_damage(temporary / "sample", [&](const fs::path& store) {
          flip_bit(store / file, bits * flip / flips + flip % 8);
        }));
    }
    MESSAGE(std::string(kind), " flipped: ", tally.text());
    CHECK(tally.silent == 0);
  }
}

// Without the store's own precaution RocksDB would merge such a file away with all behind it.
TEST_CASE("a damaged file is never merged away silently") {
  const TemporaryDirectory temporary(TemporaryDirectory::Place::memory);
  make_sample(temporary / "sample");
  int stopped = 0;
  for (const fs::path& file : files_of(temporary / "sample", ".sst")) {
    const TemporaryDirectory place(TemporaryDirectory::Place::memory);
    copy_store(temporary / "sample", place / "store");
    flip_bit(place / "store" / file, 800);
    const auto store = open_store(place / "store");
    if (!store) continue;
    std::uint64_t seq = chain_end;
    if (write_until_refused(**store, seq)) {
      ++stopped;
      CHECK((*store)->degraded_reason().find("damaged") != std::string::npos);
    }
    CHECK(is_whole_or_says_so(**store));
    // Reopening does not talk the damage away.
    if ((*store)->reopen()) {
      write_until_refused(**store, seq);
      CHECK(is_whole_or_says_so(**store));
    }
  }
  MESSAGE(stopped, " damaged files stopped a merge");
  CHECK(stopped > 0);
}

}  // namespace syncline::storage
