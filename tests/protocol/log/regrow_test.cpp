// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/regrow.h"

#include "tests/protocol/log/log_fixture.h"

namespace syncline::log {
namespace {

using test::Author;
using test::TestSpace;

// Three blocks of a log, in a store whose other rows are gone.
struct Ruin {
  Ruin() {
    author.write(3);
    author.write(2);
    author.write(4);
    Draft draft(store);
    REQUIRE(open_log(draft, author.origin));
    REQUIRE(author.store.scan(Family::events, {}, {}, [&](Bytes key, Bytes value) {
      draft.put(Family::events, to_buffer(key), to_buffer(value));
      return true;
    }));
    test::commit(store, draft);
  }
  void put(std::uint64_t first_seq, Buffer block) {
    REQUIRE(store.commit({{Family::events, block_key(author.id, first_seq), std::move(block)}},
                         Durability::synced));
  }
  void remove(std::uint64_t first_seq) {
    REQUIRE(store.commit({{Family::events, block_key(author.id, first_seq), std::nullopt}},
                         Durability::synced));
  }
  HeadRecord regrown() {
    Draft draft(store);
    REQUIRE(regrow_log(draft, author.id));
    test::commit(store, draft);
    return **find_head(store, author.id);
  }
  std::size_t blocks() const {
    std::size_t count = 0;
    REQUIRE(store.scan(Family::events, {}, {}, [&](Bytes, Bytes) {
      ++count;
      return true;
    }));
    return count;
  }

  TestSpace space;
  Author author{space};
  storage::MemoryStore store;
};

TEST_CASE("a log whose blocks are all there is whole again") {
  Ruin ruin;
  const HeadRecord head = ruin.regrown();
  CHECK(head.head == ruin.author.head().head);
  CHECK(head.bytes == ruin.author.head().bytes);
  CHECK(ruin.blocks() == 3);
  CHECK(*rows_of(ruin.store, ruin.space.id) == *rows_of(ruin.author.store, ruin.space.id));
  CHECK(*all_rows(ruin.store) == *all_rows(ruin.author.store));
  std::vector<LogId> fed;
  REQUIRE(scan_feed(ruin.store, 0, [&](const FeedEntry& entry) {
    fed.push_back(entry.log);
    return true;
  }));
  CHECK(fed == std::vector{ruin.author.id});
}

TEST_CASE("a log ends before its first gap, and takes the rest anew") {
  Ruin ruin;
  ruin.remove(4);
  const HeadRecord head = ruin.regrown();
  CHECK(head.seq() == 3);
  CHECK(ruin.blocks() == 1);
  CHECK(rows_of(ruin.store, ruin.space.id)->events == 3);
  Draft draft(ruin.store);
  REQUIRE(accept_block(draft, ruin.author.id, ruin.author.batch(4)));
  test::commit(ruin.store, draft);
  CHECK((*find_head(ruin.store, ruin.author.id))->head == ruin.author.head().head);
  CHECK(*rows_of(ruin.store, ruin.space.id) == *rows_of(ruin.author.store, ruin.space.id));
}

TEST_CASE("a log without its first block is empty") {
  Ruin ruin;
  ruin.remove(1);
  CHECK(ruin.regrown().seq() == 0);
  CHECK(ruin.blocks() == 0);
  CHECK(rows_of(ruin.store, ruin.space.id)->events == 0);
}

TEST_CASE("every single changed byte of a block ends the log before it") {
  const Buffer block = *read_block(Ruin().author.store, Ruin().author.id, 4);
  for (std::size_t i = 0; i < block.size(); ++i) {
    Ruin ruin;
    Buffer changed = *read_block(ruin.author.store, ruin.author.id, 4);
    changed[i] ^= 1;
    ruin.put(4, std::move(changed));
    CHECK_MESSAGE(ruin.regrown().seq() == 3, i);
  }
}

TEST_CASE("a block that came back from before it was folded does no harm") {
  Ruin ruin;
  const Buffer whole = ruin.author.batch(1);
  ruin.put(1, whole);
  const HeadRecord head = ruin.regrown();
  CHECK(head.head == ruin.author.head().head);
  CHECK(head.bytes == whole.size());
  CHECK(ruin.blocks() == 1);
}

}  // namespace
}  // namespace syncline::log
