// SPDX-License-Identifier: Apache-2.0
#include "agent/anchor_keeper.h"

#include <doctest/doctest.h>

namespace syncline::agent {
namespace {

step::AnchorHead head(std::uint8_t log, std::uint64_t seq) {
  step::AnchorHead made;
  made.log.bytes[0] = log;
  made.seq = seq;
  made.head.bytes[0] = static_cast<std::uint8_t>(seq);
  return made;
}

struct File {
  std::vector<step::AnchorHead> heads;
  int writes = 0;
  bool broken = false;
  AnchorKeeper::WriteFile write() {
    return [this](const std::vector<step::AnchorHead>& all) -> Status {
      if (broken) return fail(Errc::io, "broken");
      heads = all;
      ++writes;
      return {};
    };
  }
};

Status synced() { return {}; }

TEST_CASE("a few own events reach the anchor a second later, together") {
  File file;
  AnchorKeeper keeper(file.write());
  keeper.update({head(1, 1)}, Instant{10s});
  keeper.update({head(1, 2)}, Instant{10500ms});
  CHECK(!keeper.is_due(Instant{10900ms}));
  CHECK(keeper.deadline() == Instant{11s});
  CHECK(keeper.is_due(Instant{11s}));
  CHECK(keeper.write(Instant{11s}, synced));
  REQUIRE(file.heads.size() == 1);
  CHECK(file.heads[0].seq == 2);
  CHECK(!keeper.deadline());
}

TEST_CASE("256 own events reach the anchor at once") {
  File file;
  AnchorKeeper keeper(file.write());
  keeper.update({head(1, 200), head(2, 55)}, Instant{10s});
  CHECK(!keeper.is_due(Instant{10s}));
  keeper.update({head(2, 56)}, Instant{10s});
  CHECK(keeper.is_due(Instant{10s}));
}

TEST_CASE("a head that did not move writes nothing") {
  File file;
  AnchorKeeper keeper(file.write());
  keeper.update({head(1, 5)}, Instant{1s});
  CHECK(keeper.write(Instant{1s}, synced));
  keeper.update({head(1, 5)}, Instant{2s});
  CHECK(!keeper.deadline());
  CHECK(keeper.write(Instant{5s}, synced));
  CHECK(file.writes == 1);
}

TEST_CASE("a log that is not named again keeps its place in the anchor") {
  File file;
  AnchorKeeper keeper(file.write());
  keeper.update({head(1, 5), head(2, 6)}, Instant{1s});
  CHECK(keeper.write(Instant{1s}, synced));
  keeper.update({head(2, 7)}, Instant{2s});
  CHECK(keeper.write(Instant{3s}, synced));
  REQUIRE(file.heads.size() == 2);
  CHECK(file.heads[0].seq == 5);
  CHECK(file.heads[1].seq == 7);
}

TEST_CASE("what the anchor said before stays in it, until the device is another one") {
  File file;
  AnchorKeeper keeper(file.write(), {head(1, 5), head(3, 0)});
  CHECK(!keeper.deadline());
  keeper.update({head(2, 1)}, Instant{1s});
  CHECK(keeper.write(Instant{2s}, synced));
  REQUIRE(file.heads.size() == 2);
  CHECK(file.heads[0].seq == 5);
  keeper.forget();
  keeper.update({head(2, 2)}, Instant{3s});
  CHECK(keeper.write(Instant{4s}, synced));
  REQUIRE(file.heads.size() == 1);
  CHECK(file.heads[0].seq == 2);
}

TEST_CASE("an anchor that could not be written is tried again") {
  File file;
  AnchorKeeper keeper(file.write());
  keeper.update({head(1, 5)}, Instant{1s});
  file.broken = true;
  CHECK(!keeper.write(Instant{2s}, synced));
  CHECK(keeper.deadline() == Instant{12s});
  file.broken = false;
  CHECK(keeper.write(Instant{12s}, synced));
  CHECK(file.writes == 1);
}

TEST_CASE("an anchor is not written ahead of the store, nor tried without pause") {
  File file;
  AnchorKeeper keeper(file.write());
  keeper.update({head(1, 5)}, Instant{1s});
  CHECK(!keeper.write(Instant{2s}, [] { return Status(fail(Errc::disk_full, "full")); }));
  CHECK(file.writes == 0);
  CHECK(keeper.deadline() == Instant{12s});
  CHECK(keeper.write(Instant{12s}, synced));
  CHECK(file.writes == 1);
}

}  // namespace
}  // namespace syncline::agent
