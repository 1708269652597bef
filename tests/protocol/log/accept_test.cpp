// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/accept.h"

#include "protocol/log/proof.h"
#include "tests/protocol/log/log_fixture.h"

namespace syncline::log {
namespace {

using test::Author;
using test::error_of;
using test::Replica;
using test::TestSpace;

bool same_content(const storage::MemoryStore& a, const storage::MemoryStore& b) {
  for (std::size_t i = 0; i < family_count; ++i) {
    std::vector<Buffer> content[2];
    const storage::MemoryStore* stores[] = {&a, &b};
    for (int k = 0; k < 2; ++k)
      REQUIRE(stores[k]->scan(static_cast<Family>(i), {}, {}, [&](Bytes key, Bytes value) {
        content[k].push_back(to_buffer(key));
        content[k].push_back(to_buffer(value));
        return true;
      }));
    if (content[0] != content[1]) return false;
  }
  return true;
}

TEST_CASE("L5: a block that continues its log is stored exactly as it came") {
  TestSpace space;
  Author author(space);
  author.write(3);
  Replica replica(author.origin);
  const Buffer block = author.batch(1);
  const auto accepted = replica.accept(block);
  REQUIRE(accepted);
  CHECK(accepted->first_seq == 1);
  CHECK(accepted->count == 3);
  CHECK(replica.head().head == author.head().head);
  CHECK(*read_block(replica.store, author.id, 2) == block);
}

TEST_CASE("L5: every single changed byte of a block is refused and changes nothing") {
  TestSpace space;
  Author author(space);
  author.write(2);
  author.write(2);
  Replica replica(author.origin);
  {
    const auto first = read_block(author.store, author.id, 1);
    REQUIRE(replica.accept(*first));
  }
  const storage::MemoryStore before = replica.store.copy();
  const Buffer block = *read_block(author.store, author.id, 3);
  for (std::size_t i = 0; i < block.size(); ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      Buffer changed = block;
      changed[i] ^= static_cast<std::uint8_t>(1u << bit);
      const auto accepted = replica.accept(changed);
      // A lower first seq may say that everything is held already: nothing is taken then.
      CHECK_MESSAGE((!accepted || accepted->count == 0), i);
    }
  }
  CHECK(same_content(before, replica.store));
  CHECK(replica.accept(block));
}

TEST_CASE("L5: a block of another log or another space is refused") {
  TestSpace space;
  TestSpace elsewhere(2);
  Author author(space);
  Author second(space);
  author.write(2);
  second.write(2);
  Replica replica(author.origin);
  CHECK(error_of(replica.accept(second.batch(1))) == Errc::bad_signature);
  // The same key in another space.
  LogOrigin moved = author.origin;
  moved.space = elsewhere.id;
  Replica other(moved);
  CHECK(error_of(other.accept(author.batch(1))) == Errc::bad_signature);
}

TEST_CASE("L5: a log that no roster admitted is refused") {
  TestSpace space;
  Author author(space);
  author.write(1);
  storage::MemoryStore store;
  Draft draft(store);
  CHECK(error_of(accept_block(draft, author.id, author.batch(1))) == Errc::not_admitted);
  CHECK(draft.empty());
}

TEST_CASE("L4: what is held is dropped and only the rest is taken") {
  TestSpace space;
  Author author(space);
  author.write(3);
  Replica replica(author.origin);
  replica.catch_up(author);
  author.write(4);
  const Buffer whole = author.batch(1);
  REQUIRE(decode_block(whole)->last_seq() == 7);
  const auto accepted = replica.accept(whole);
  REQUIRE(accepted);
  CHECK(accepted->first_seq == 4);
  CHECK(accepted->count == 4);
  const auto again = replica.accept(whole);
  REQUIRE(again);
  CHECK(again->count == 0);
  CHECK(*read_block(replica.store, author.id, 5) == *read_block(author.store, author.id, 5));
}

TEST_CASE("L6: a block that starts beyond what is held is refused as not found") {
  TestSpace space;
  Author author(space);
  author.write(2);
  author.write(2);
  Replica replica(author.origin);
  CHECK(error_of(replica.accept(author.batch(3))) == Errc::not_found);
  CHECK(replica.head().seq() == 0);
}

TEST_CASE("L7: nothing beyond a log's cut is taken") {
  TestSpace space;
  Author author(space);
  author.write(2);
  Replica replica(author.origin);
  REQUIRE(replica.accept(author.batch(1), Cut{2}));
  author.write(1);
  CHECK(error_of(replica.accept(author.batch(3), Cut{2})) == Errc::forbidden);
  CHECK(replica.accept(author.batch(3), Cut{3}));
}

TEST_CASE("L8: a log signed with two histories freezes with a proof") {
  TestSpace space;
  Author author(space);
  author.write(2);
  const storage::MemoryStore backup = author.store.copy();
  const LogReaderState state = author.state;
  author.write(2, "one history");
  Replica replica(author.origin);
  replica.catch_up(author);
  Replica third(author.origin);
  third.catch_up(author);
  author.store.restore(backup);
  author.state = state;

  SUBCASE("when the fork lies inside what is held") { author.write(5, "another history"); }
  SUBCASE("when the fork starts right after a block") {
    author.write(2, "another history");
    author.write(2, "and more of it");
  }
  const Buffer forked = author.batch(3);
  CHECK(error_of(replica.accept(forked)) == Errc::equivocation);
  CHECK(replica.head().frozen);
  CHECK(replica.head().seq() == 4);
  const auto proof = find_proof(replica.store, author.id);
  REQUIRE(proof);
  REQUIRE(*proof);
  CHECK(verify_proof(**proof));
  // Everybody who gets the proof freezes the log, without having seen the other history.
  Draft draft(third.store);
  CHECK(freeze(draft, **proof));
  test::commit(third.store, draft);
  CHECK(third.head().frozen);
  CHECK(third.head().change_no > 1);
  CHECK(error_of(third.accept(forked)) == Errc::equivocation);
}

TEST_CASE("L8: a block after the fork whose start differs is a proof as well") {
  TestSpace space;
  Author author(space);
  author.write(2);
  const storage::MemoryStore backup = author.store.copy();
  const LogReaderState state = author.state;
  author.write(2, "one history");
  Replica replica(author.origin);
  replica.catch_up(author);
  author.store.restore(backup);
  author.state = state;
  author.write(2, "another history");
  author.write(1, "after it");
  const Buffer after = author.batch(5);
  REQUIRE(decode_block(after)->header.first_seq == 5);
  CHECK(error_of(replica.accept(after)) == Errc::equivocation);
  CHECK(replica.head().frozen);
}

TEST_CASE("a forged start of a block is no proof") {
  TestSpace space;
  Author author(space);
  author.write(2);
  Replica replica(author.origin);
  replica.catch_up(author);
  author.write(2);
  const Buffer block = author.batch(3);
  auto view = *decode_block(block);
  view.header.hash_before.bytes[4] ^= 1;
  CHECK(error_of(replica.accept(encode_block(view.header, view.events))) == Errc::bad_signature);
  CHECK_FALSE(replica.head().frozen);
}

TEST_CASE("L5: events that change places or are left out are refused") {
  TestSpace space;
  Author author(space);
  author.write(4);
  Replica replica(author.origin);
  const Buffer block = author.batch(1);
  auto view = *decode_block(block);
  std::swap(view.events[1], view.events[2]);
  CHECK(error_of(replica.accept(encode_block(view.header, view.events))) == Errc::bad_signature);
  view = *decode_block(block);
  view.events.pop_back();
  CHECK(error_of(replica.accept(encode_block(view.header, view.events))) == Errc::bad_signature);
  view = *decode_block(block);
  view.events.insert(view.events.begin(), view.events[0]);
  CHECK(error_of(replica.accept(encode_block(view.header, view.events))) == Errc::bad_signature);
  view = *decode_block(block);
  std::swap(view.events[0].ciphertext, view.events[1].ciphertext);
  CHECK(error_of(replica.accept(encode_block(view.header, view.events))) == Errc::bad_signature);
}

}  // namespace
}  // namespace syncline::log
