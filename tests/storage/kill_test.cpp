// SPDX-License-Identifier: Apache-2.0
#include "storage/rocks_store.h"
#include "tests/storage/chain_in_store.h"
#include "tests/storage/temporary_directory.h"
#include "tests/storage/writer_process.h"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>

#include <doctest/doctest.h>

namespace syncline::storage {

namespace {

// How often the writer is killed: SYNCLINE_KILL_CYCLES, or few enough for every build.
int kill_cycles() {
  const char* asked = std::getenv("SYNCLINE_KILL_CYCLES");
  int cycles = 60;
  if (asked != nullptr) std::from_chars(asked, asked + std::strlen(asked), cycles);
  return cycles;
}

// Lets the writer go on for a random while, then kills it. The last acknowledged seq, 0 for none.
std::uint64_t write_and_kill(const std::filesystem::path& store, SeededRandom& random) {
  WriterProcess writer({store.string()});
  std::uint64_t acknowledged = 0;
  if (random.below(5) == 0) {
    // Somewhere while it starts, recovers or writes its first events.
    ::usleep(static_cast<useconds_t>(random.below(25'000)));
  } else {
    for (std::uint64_t left = 1 + random.below(400); left > 0; --left) {
      const auto seq = writer.next_acknowledged();
      REQUIRE(seq);
      acknowledged = *seq;
    }
  }
  writer.kill();
  REQUIRE(writer.wait());
  while (const auto seq = writer.next_acknowledged()) acknowledged = *seq;
  return acknowledged;
}

}  // namespace

TEST_CASE("after any kill the store opens without help, whole, with every acknowledged event") {
  // In memory: what a killed process wrote is kept there as it is in the cache of a disk.
  const TemporaryDirectory temporary(TemporaryDirectory::Place::memory);
  constexpr std::uint64_t seed = 1;
  SeededRandom random(seed);
  std::uint64_t acknowledged = 0;
  const int cycles = kill_cycles();
  for (int cycle = 0; cycle < cycles; ++cycle) {
    INFO("seed ", seed, ", cycle ", cycle);
    acknowledged = std::max(acknowledged, write_and_kill(temporary / "store", random));
    const auto store =
        RocksStore::open(temporary / "store", {.write_buffer_size = chain_write_buffer_size});
    if (!store) FAIL(store.error().context);
    const auto length = chain_length(**store);
    if (!length) FAIL(length.error().context);
    REQUIRE(*length >= acknowledged);
    // Half of the time the next writer starts from a store that was closed in order.
    if (cycle % 2 == 0) REQUIRE((*store)->close());
  }
  MESSAGE(cycles, " kills, ", acknowledged, " events acknowledged, all present");
  CHECK(acknowledged > 0);
}

}  // namespace syncline::storage
