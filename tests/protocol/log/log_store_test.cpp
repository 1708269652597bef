// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/log_store.h"

#include "tests/protocol/log/log_fixture.h"

namespace syncline::log {
namespace {

using test::Author;
using test::error_of;
using test::Replica;
using test::TestSpace;

std::vector<std::uint64_t> block_starts(const storage::MemoryStore& store, const LogId& log) {
  std::vector<std::uint64_t> starts;
  REQUIRE(scan_blocks(store, log, 1, [&](const BlockView& block, Bytes) {
    starts.push_back(block.header.first_seq);
    return true;
  }));
  return starts;
}

TEST_CASE("L10: a complete range of 1024 events becomes one block whatever wrote it") {
  TestSpace space;
  Author author(space);
  for (int i = 0; i < 1030; ++i) author.write(1);
  CHECK(block_starts(author.store, author.id) ==
        std::vector<std::uint64_t>{1, 1025, 1026, 1027, 1028, 1029, 1030});
  CHECK(decode_block(*read_block(author.store, author.id, 500))->last_seq() == 1024);
  CHECK(author.store.size(Family::events) == 7);
  const HeadRecord head = author.head();
  CHECK(head.tail == Tail{1025, 6, head.tail.bytes});
  std::uint64_t bytes = 0;
  REQUIRE(author.store.scan(Family::events, {}, {}, [&](Bytes, Bytes value) {
    bytes += value.size();
    return true;
  }));
  CHECK(head.bytes == bytes);

  Replica replica(author.origin);
  replica.catch_up(author);
  CHECK(replica.head().head == author.head().head);
  // Six blocks of the author came as one.
  CHECK(block_starts(replica.store, author.id) == std::vector<std::uint64_t>{1, 1025});
}

TEST_CASE("L10: small blocks fold before they exceed 256 KiB together") {
  TestSpace space;
  Author author(space);
  const std::string large(60'000, 'x');
  for (int i = 0; i < 9; ++i) author.write(1, large);
  CHECK(block_starts(author.store, author.id) == std::vector<std::uint64_t>{1, 5, 9});
  Replica replica(author.origin);
  replica.catch_up(author);
  CHECK(replica.head().head == author.head().head);
}

TEST_CASE("L3: a group of many events is split into blocks at the boundaries") {
  TestSpace space;
  Author author(space);
  author.write(1000);
  author.write(2500);
  CHECK(block_starts(author.store, author.id) == std::vector<std::uint64_t>{1, 1025, 2049, 3073});
  const std::string large(30'000, 'x');
  author.write(20, large);
  REQUIRE(scan_blocks(author.store, author.id, 1, [&](const BlockView&, Bytes encoded) {
    CHECK(encoded.size() <= limits::batch_size_max);
    return true;
  }));
  Replica replica(author.origin);
  replica.catch_up(author);
  CHECK(replica.head().head == author.head().head);
}

TEST_CASE("any event of a log can be read and none beyond it") {
  TestSpace space;
  Author author(space);
  author.write(10);
  author.write(1);
  CHECK(read_event(author.store, author.id, 1));
  CHECK(read_event(author.store, author.id, 11));
  CHECK(error_of(read_event(author.store, author.id, 12)) == Errc::not_found);
  LogId other = author.id;
  other.bytes[15] ^= 1;
  CHECK(error_of(read_event(author.store, other, 1)) == Errc::not_found);
}

TEST_CASE("a damaged block is reported and never read as something else") {
  TestSpace space;
  Author author(space);
  author.write(3);
  REQUIRE(author.store.commit({{Family::events, block_key(author.id, 1), Buffer{1, 2, 3}}},
                              Durability::synced));
  CHECK(error_of(read_event(author.store, author.id, 2)) == Errc::corrupt);
  REQUIRE(author.store.commit({{Family::heads, to_buffer(author.id.view()), Buffer{1}}},
                              Durability::synced));
  CHECK(error_of(find_head(author.store, author.id)) == Errc::corrupt);
}

TEST_CASE("the feed holds every log once at its newest change") {
  TestSpace space;
  Author author(space);
  Author other(space);
  REQUIRE(author.store.commit({}, Durability::synced));
  author.write(1);
  author.write(1);
  {
    Draft draft(author.store);
    REQUIRE(open_log(draft, other.origin));
    test::commit(author.store, draft);
  }
  other.write(2);
  Draft draft(author.store);
  REQUIRE(accept_block(draft, other.id, other.batch(1)));
  test::commit(author.store, draft);
  author.write(1);
  std::vector<FeedEntry> entries;
  REQUIRE(scan_feed(author.store, 0, [&](const FeedEntry& entry) {
    entries.push_back(entry);
    return true;
  }));
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].log == other.id);
  CHECK(entries[0].change_no == 3);
  CHECK(entries[1].log == author.id);
  CHECK(entries[1].change_no == 4);
  CHECK(author.head().change_no == 4);
  CHECK(*last_change(author.store) == 4);
  REQUIRE(scan_feed(author.store, 3, [&](const FeedEntry& entry) {
    CHECK(entry.change_no == 4);
    return true;
  }));
}

TEST_CASE("L11: the digest of a space depends on its rows and not on their order or history") {
  TestSpace space;
  Author a(space);
  Author b(space);
  a.write(3);
  a.write(2);
  b.write(1);
  storage::MemoryStore forwards;
  storage::MemoryStore backwards;
  const auto take = [&](storage::MemoryStore& store, const Author& author) {
    Draft draft(store);
    REQUIRE(open_log(draft, author.origin));
    while (find_head(draft, author.id)->value().seq() < author.head().seq())
      REQUIRE(accept_block(draft, author.id,
                           author.batch(find_head(draft, author.id)->value().seq() + 1)));
    test::commit(store, draft);
  };
  take(forwards, a);
  take(forwards, b);
  take(backwards, b);
  take(backwards, a);
  const auto rows = rows_of(forwards, space.id);
  REQUIRE(rows);
  CHECK(rows->logs == 2);
  CHECK(rows->events == 6);
  CHECK(rows->sum == sum_add(row_hash(a.id, a.head().head.at), row_hash(b.id, b.head().head.at)));
  CHECK(*rows == *rows_of(backwards, space.id));
  CHECK(*rows == *all_rows(forwards));
  b.write(1);
  take(backwards, b);
  CHECK_FALSE(*rows == *rows_of(backwards, space.id));
}

TEST_CASE("sums of digests carry and borrow through all 32 bytes") {
  Digest ones;
  ones.bytes.fill(0xff);
  Digest one;
  one.bytes[31] = 1;
  CHECK(sum_add(ones, one) == Digest{});
  CHECK(sum_subtract(Digest{}, one) == ones);
  test::CounterRandom random(3);
  for (int i = 0; i < 100; ++i) {
    Digest a;
    Digest b;
    random.fill(a.bytes);
    random.fill(b.bytes);
    CHECK(sum_subtract(sum_add(a, b), b) == a);
    CHECK(sum_add(a, b) == sum_add(b, a));
  }
}

TEST_CASE("a head record comes back from its encoding and no shorter one does") {
  TestSpace space;
  Author author(space);
  author.write(2);
  HeadRecord record = author.head();
  record.frozen = true;
  const Buffer encoded = encode_head_record(record);
  const auto back = decode_head_record(encoded);
  REQUIRE(back);
  CHECK(encode_head_record(*back) == encoded);
  CHECK(back->origin == author.origin);
  for (std::size_t size = 0; size < encoded.size(); ++size)
    CHECK_FALSE(decode_head_record(Bytes(encoded).first(size)));
}

TEST_CASE("D1: every key a log is stored under is at most 64 bytes long") {
  TestSpace space;
  Author author(space);
  author.write(2);
  for (std::size_t i = 0; i < family_count; ++i)
    REQUIRE(author.store.scan(static_cast<Family>(i), {}, {}, [&](Bytes key, Bytes) {
      CHECK(key.size() <= 64);
      return true;
    }));
}

TEST_CASE("a draft is read as if it were committed and gives its writes once") {
  TestSpace space;
  Author author(space);
  Draft draft(author.store);
  draft.put(Family::meta, {1}, {2});
  draft.remove(Family::heads, to_buffer(author.id.view()));
  CHECK(**draft.get(Family::meta, Buffer{1}) == Buffer{2});
  CHECK_FALSE(draft.get(Family::heads, author.id.view())->has_value());
  const auto writes = draft.take();
  CHECK(writes.size() == 2);
  CHECK(draft.empty());
  CHECK(draft.take().empty());
  CHECK(draft.get(Family::heads, author.id.view())->has_value());
}

}  // namespace
}  // namespace syncline::log
