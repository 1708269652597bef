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

Anchor anchor_of_sample() {
  return {StoreEpoch{}, 1, {{chain_log(), chain_end, chain_hash(chain_end)}}};
}

enum class Outcome { refused, level, told_by_anchor, told_on_reading, silent };

Outcome outcome_of(const fs::path& path) {
  const auto store = open_store(path);
  if (!store) {
    INFO(store.error().context);
    CHECK(store.error().code == Errc::corrupt);
    CHECK(store.error().context.find("syncline doctor --salvage") != std::string::npos);
    return Outcome::refused;
  }
  const auto length = chain_length(**store);
  if (!length) {
    MESSAGE(path.string(), ": ", length.error().context);
    return length.error().context.find("Corruption") != std::string::npos ? Outcome::told_on_reading
                                                                          : Outcome::silent;
  }
  const auto compared = compare_with_store(anchor_of_sample(), {}, chain_lookup(*length));
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

Outcome after_damage(const fs::path& sample, const std::function<void(const fs::path&)>& damage) {
  const TemporaryDirectory place(TemporaryDirectory::Place::memory);
  copy_store(sample, place / "store");
  damage(place / "store");
  return outcome_of(place / "store");
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

}  // namespace

TEST_CASE("what a killed writer left is level with its anchor") {
  const TemporaryDirectory temporary(TemporaryDirectory::Place::memory);
  make_sample(temporary / "sample");
  CHECK(after_damage(temporary / "sample", [](const fs::path&) {}) == Outcome::level);
}

TEST_CASE("one flipped bit in the write-ahead log is never a silent loss") {
  const TemporaryDirectory temporary(TemporaryDirectory::Place::memory);
  extend_and_die(temporary / "sample", 12);
  const auto logs = files_of(temporary / "sample", ".log");
  REQUIRE(logs.size() == 1);
  const std::uint64_t bits = fs::file_size(temporary / "sample" / logs[0]) * 8;
  Tally tally;
  for (std::uint64_t bit = 0; bit < bits; bit += 97) {
    const TemporaryDirectory place(TemporaryDirectory::Place::memory);
    copy_store(temporary / "sample", place / "store");
    flip_bit(place / "store" / logs[0], bit);
    const auto opened = open_store(place / "store");
    if (!opened) {
      CHECK(opened.error().code == Errc::corrupt);
      tally.add(Outcome::refused);
      continue;
    }
    const auto length = chain_length(**opened);
    REQUIRE(length);
    tally.add(*length == 12 ? Outcome::level : Outcome::told_by_anchor);
  }
  MESSAGE("flips: ", tally.text());
  CHECK(tally.refused > 100);
  CHECK(tally.silent == 0);
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
      const std::uint64_t flips = std::string(kind) == "MANIFEST" ? 60 : 6;
      for (std::uint64_t flip = 0; flip < flips; ++flip)
        tally.add(after_damage(temporary / "sample", [&](const fs::path& store) {
          flip_bit(store / file, bits * flip / flips + flip % 8);
        }));
    }
    MESSAGE(std::string(kind), " flipped: ", tally.text());
    CHECK(tally.silent == 0);
  }
}

}  // namespace syncline::storage
