// SPDX-License-Identifier: Apache-2.0
#include "storage/anchor_file.h"

#include "tests/storage/seeded_random.h"
#include "tests/storage/temporary_directory.h"

#include <fstream>

#include <doctest/doctest.h>

namespace syncline::storage {

namespace {

AnchorFile open_anchor(const Directory& directory, std::uint64_t key = 7) {
  SeededRandom random(key);
  return AnchorFile(directory, crypto::SubKey::random(random));
}

AnchoredLog log_at(std::uint64_t seq) {
  AnchoredLog entry;
  entry.log.bytes[0] = 1;
  entry.seq = seq;
  entry.head.bytes[0] = static_cast<std::uint8_t>(seq);
  return entry;
}

void damage(const std::filesystem::path& file) {
  std::fstream at(file, std::ios::in | std::ios::out | std::ios::binary);
  REQUIRE(at.is_open());
  at.seekp(30);
  at.put('\x55');
}

std::uint64_t seq_in(const Directory& directory) {
  const auto anchor = open_anchor(directory).read();
  REQUIRE(anchor);
  REQUIRE(*anchor);
  return (*anchor)->logs.at(0).seq;
}

}  // namespace

TEST_CASE("a home without an anchor has none, and that is no error") {
  const TemporaryDirectory temporary;
  const auto directory = Directory::open(temporary.path());
  REQUIRE(directory);
  const auto anchor = open_anchor(*directory).read();
  REQUIRE(anchor);
  CHECK_FALSE(*anchor);
}

TEST_CASE("the newest of the two copies counts, across restarts") {
  const TemporaryDirectory temporary;
  const auto directory = Directory::open(temporary.path());
  REQUIRE(directory);
  for (std::uint64_t seq = 1; seq <= 5; ++seq) {
    auto anchor = open_anchor(*directory);
    REQUIRE(anchor.read());
    REQUIRE(anchor.write({}, {log_at(seq)}));
    CHECK(seq_in(*directory) == seq);
  }
  auto anchor = open_anchor(*directory);
  REQUIRE(anchor.read());
  for (std::uint64_t seq = 6; seq <= 9; ++seq) REQUIRE(anchor.write({}, {log_at(seq)}));
  CHECK(seq_in(*directory) == 9);
}

TEST_CASE("with one copy damaged or gone the other one is used, and the bad one is replaced next") {
  for (const char* victim : {"anchor.0", "anchor.1"}) {
    const TemporaryDirectory temporary;
    const auto directory = Directory::open(temporary.path());
    REQUIRE(directory);
    auto anchor = open_anchor(*directory);
    REQUIRE(anchor.read());
    REQUIRE(anchor.write({}, {log_at(1)}));  // into anchor.1
    REQUIRE(anchor.write({}, {log_at(2)}));  // into anchor.0
    damage(temporary / victim);
    CHECK(seq_in(*directory) == (std::string(victim) == "anchor.0" ? 1 : 2));

    auto after = open_anchor(*directory);
    REQUIRE(after.read());
    REQUIRE(after.write({}, {log_at(3)}));
    CHECK(seq_in(*directory) == 3);
    std::filesystem::remove(temporary / victim);
    const auto left = open_anchor(*directory).read();
    REQUIRE(left);
    CHECK(*left);
  }
}

TEST_CASE("with no valid copy left the anchor is corrupt, never absent") {
  const TemporaryDirectory temporary;
  const auto directory = Directory::open(temporary.path());
  REQUIRE(directory);
  auto anchor = open_anchor(*directory);
  REQUIRE(anchor.read());
  REQUIRE(anchor.write({}, {log_at(1)}));
  damage(temporary / "anchor.1");
  const auto one = open_anchor(*directory).read();
  REQUIRE_FALSE(one);
  CHECK(one.error().code == Errc::corrupt);

  REQUIRE(anchor.write({}, {log_at(2)}));
  damage(temporary / "anchor.0");
  CHECK(open_anchor(*directory).read().error().code == Errc::corrupt);
  // Another device's anchor is as useless as a damaged one.
  const TemporaryDirectory foreign;
  const auto elsewhere = Directory::open(foreign.path());
  REQUIRE(elsewhere);
  auto theirs = open_anchor(*elsewhere, 8);
  REQUIRE(theirs.read());
  REQUIRE(theirs.write({}, {log_at(1)}));
  const auto refused = open_anchor(*elsewhere).read();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::corrupt);
  CHECK(refused.error().context.find("anchor.1: bad_signature") != std::string::npos);
}

TEST_CASE("a file far too large for an anchor counts as damage") {
  const TemporaryDirectory temporary;
  const auto directory = Directory::open(temporary.path());
  REQUIRE(directory);
  auto anchor = open_anchor(*directory);
  REQUIRE(anchor.read());
  REQUIRE(anchor.write({}, {log_at(1)}));
  REQUIRE(directory->write("anchor.0", Buffer(anchor_size(anchor_logs_max) + 1)));
  CHECK(seq_in(*directory) == 1);
}

}  // namespace syncline::storage
