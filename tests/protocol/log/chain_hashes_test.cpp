// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/chain_hashes.h"

#include "tests/protocol/log/log_fixture.h"

namespace syncline::log {
namespace {

using test::Author;
using test::error_of;
using test::TestSpace;

std::vector<Digest> slow_chain(const Author& author) {
  std::vector<Digest> values{chain_start(author.origin)};
  for (std::uint64_t seq = 1; seq <= author.head().seq(); ++seq) {
    const auto event = read_event(author.store, author.id, seq);
    REQUIRE(event);
    values.push_back(chain_step(values.back(), leaf_of(event->view())));
  }
  return values;
}

TEST_CASE("the chain value at every position is that of the whole chain") {
  TestSpace space;
  Author author(space);
  author.write(100);
  for (int i = 0; i < 20; ++i) author.write(1);
  const auto expected = slow_chain(author);
  ChainHashes hashes;
  for (const std::uint64_t step : {37u, 11u, 1u})
    for (std::uint64_t seq = 0; seq <= 120; seq += step)
      CHECK(*hashes.at(author.store, author.id, seq) == expected[seq]);
  CHECK(*hashes.at(author.store, author.id, 120) == author.head().head.at.hash);
  CHECK(error_of(hashes.at(author.store, author.id, 121)) == Errc::not_found);
}

TEST_CASE("chain values are remembered up to a bound and forgotten on demand") {
  TestSpace space;
  Author author(space);
  author.write(50);
  const auto expected = slow_chain(author);
  ChainHashes hashes(5);
  for (std::uint64_t seq = 49; seq > 0; --seq) {
    CHECK(*hashes.at(author.store, author.id, seq) == expected[seq]);
    CHECK(hashes.size() <= 5);
  }
  CHECK(*hashes.at(author.store, author.id, 3) == expected[3]);
  hashes.clear();
  CHECK(hashes.size() == 0);
}

TEST_CASE("L10: a batch from any position verifies at a device that holds what comes before") {
  TestSpace space;
  Author author(space);
  author.write(7);
  for (int i = 0; i < 5; ++i) author.write(1);
  for (std::uint64_t from = 1; from <= 12; ++from) {
    ChainHashes hashes;
    const auto batch = read_batch(author.store, hashes, author.id, from);
    REQUIRE(batch);
    const auto block = decode_block(*batch);
    REQUIRE(block);
    CHECK(block->header.first_seq == from);
    CHECK(block->last_seq() == 12);
    CHECK(block->header.hash_before == *hashes.at(author.store, author.id, from - 1));
    const Digest end = chain_over(block->header.hash_before, block->events);
    CHECK(verify_head(author.origin, {{12, end}, block->header.signature}));
  }
  ChainHashes hashes;
  CHECK(error_of(read_batch(author.store, hashes, author.id, 13)) == Errc::not_found);
}

}  // namespace
}  // namespace syncline::log
