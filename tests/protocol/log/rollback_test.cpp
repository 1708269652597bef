// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/rollback.h"

#include "tests/protocol/log/log_fixture.h"

namespace syncline::log {
namespace {

using test::Author;
using test::error_of;
using test::TestSpace;

struct Restored {
  TestSpace space;
  Author author{space};
  SignedHead early = author.write(2);
  storage::MemoryStore backup = author.store.copy();
  LogReaderState state = author.state;
  SignedHead late = author.write(3, "lost by the restore");
  ChainHashes hashes;
  RollbackCheck check{author.store, hashes};

  void restore() {
    author.store.restore(backup);
    author.state = state;
    hashes.clear();
  }
};

TEST_CASE("L9: an anchor beyond the store or beside its chain means rolled back") {
  Restored device;
  const AnchorEntry anchor{device.author.id, device.late.at};
  CHECK(*device.check.against(anchor) == OwnLogState::consistent);
  CHECK(*device.check.against(AnchorEntry{device.author.id, device.early.at}) ==
        OwnLogState::consistent);
  device.restore();
  CHECK(*device.check.against(anchor) == OwnLogState::rolled_back);
  CHECK(*device.check.against(AnchorEntry{device.author.id, device.early.at}) ==
        OwnLogState::consistent);
  device.author.write(3, "written after the restore");
  device.hashes.clear();
  CHECK(*device.check.against(anchor) == OwnLogState::rolled_back);
  LogId missing = device.author.id;
  missing.bytes[0] ^= 1;
  CHECK(*device.check.against(AnchorEntry{missing, device.early.at}) == OwnLogState::rolled_back);
}

TEST_CASE("L9: a head of an own log that another device shows is evidence if it is signed") {
  Restored device;
  CHECK(*device.check.against(device.author.id, device.late) == OwnLogState::consistent);
  device.restore();
  CHECK(*device.check.against(device.author.id, device.early) == OwnLogState::consistent);
  CHECK(*device.check.against(device.author.id, device.late) == OwnLogState::rolled_back);
  SignedHead forged = device.late;
  forged.at.seq = 1'000'000;
  CHECK(error_of(device.check.against(device.author.id, forged)) == Errc::bad_signature);
  Author stranger(device.space);
  CHECK(error_of(device.check.against(stranger.id, stranger.write(1))) == Errc::not_admitted);
}

TEST_CASE("L9: a restored device gets its lost events back like anybody else's") {
  Restored device;
  const Buffer lost = device.author.batch(3);
  device.restore();
  Draft draft(device.author.store);
  const auto accepted = accept_block(draft, device.author.id, lost);
  REQUIRE(accepted);
  CHECK(accepted->head == device.late);
}

}  // namespace
}  // namespace syncline::log
