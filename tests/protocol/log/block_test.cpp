// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/block.h"

#include "protocol/wire/writer.h"
#include "tests/protocol/log/log_fixture.h"

namespace syncline::log {
namespace {

struct Run {
  BlockHeader header;
  std::vector<SealedEvent> events;

  std::vector<EventView> views() const {
    std::vector<EventView> out;
    for (const SealedEvent& event : events) out.push_back(event.view());
    return out;
  }
  Buffer encode() const { return encode_block(header, views()); }
};

Run make_run(std::uint64_t first_seq, std::size_t count, std::size_t size = 48) {
  test::CounterRandom random(first_seq);
  Run run;
  run.header.first_seq = first_seq;
  random.fill(run.header.hash_before.bytes);
  random.fill(run.header.signature.bytes);
  for (std::size_t i = 0; i < count; ++i) {
    SealedEvent event;
    event.flags = i % 5 == 4 ? 1 : 0;
    random.fill(event.etag.bytes);
    random.fill(event.nonce.bytes);
    event.ciphertext.assign(size + i % 3, static_cast<std::uint8_t>(i));
    run.events.push_back(std::move(event));
  }
  return run;
}

TEST_CASE("a block comes back as it was encoded") {
  const Run run = make_run(1020, 5);
  const Buffer encoded = run.encode();
  const auto block = decode_block(encoded);
  REQUIRE(block);
  CHECK(block->header.first_seq == 1020);
  CHECK(block->last_seq() == 1024);
  CHECK(block->header.hash_before == run.header.hash_before);
  CHECK(block->header.signature == run.header.signature);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(block->events[i].flags == run.events[i].flags);
    CHECK(block->events[i].etag == run.events[i].etag);
    CHECK(block->events[i].nonce == run.events[i].nonce);
    CHECK(equal(block->events[i].ciphertext, run.events[i].ciphertext));
  }
  CHECK(encode_block(block->header, block->events) == encoded);
}

TEST_CASE("L3: no block crosses a multiple of 1024 events") {
  CHECK(decode_block(make_run(1, 1024, 16).encode()));
  CHECK(decode_block(make_run(1025, 1024, 16).encode()));
  // The same bytes with another first seq: 1024 becomes 1 event of this range and 4 of the next.
  Buffer crossing = make_run(1020, 5).encode();
  CHECK(decode_block(crossing));
  REQUIRE(crossing[1] == 0xfc);
  crossing[1] = 0xfd;
  CHECK(test::error_of(decode_block(crossing)) == Errc::limit);
}

TEST_CASE("L3: no block exceeds 256 KiB") {
  Run run = make_run(1, 4, 65'000);
  const Buffer fits = run.encode();
  REQUIRE(fits.size() <= limits::batch_size_max);
  CHECK(decode_block(fits));
  Buffer longer(limits::batch_size_max + 1);
  std::copy(fits.begin(), fits.end(), longer.begin());
  CHECK(test::error_of(decode_block(longer)) == Errc::limit);
}

TEST_CASE("E1: flags of storage and transport are refused") {
  Run run = make_run(1, 1);
  for (const unsigned bit : {6u, 7u}) {
    run.events[0].flags = static_cast<std::uint8_t>(1u << bit);
    CHECK(test::error_of(decode_block(run.encode())) == Errc::unsupported);
  }
}

TEST_CASE("a block is refused at every length but its own") {
  const Buffer encoded = make_run(1, 3).encode();
  for (std::size_t size = 0; size < encoded.size(); ++size)
    CHECK_FALSE(decode_block(Bytes(encoded).first(size)));
  Buffer longer = encoded;
  longer.push_back(0);
  CHECK(test::error_of(decode_block(longer)) == Errc::non_canonical);
}

TEST_CASE("a block has exactly one encoding of its flags") {
  const Buffer encoded = make_run(1, 2).encode();
  const std::size_t flags_at = 1 + 1 + 1 + 32;
  REQUIRE(encoded[flags_at] == 2);
  // Two runs of one event with equal flags instead of one run of two.
  Buffer split = encoded;
  split[flags_at] = 1;
  split.insert(split.begin() + flags_at + 2, {1, 0});
  CHECK(test::error_of(decode_block(split)) == Errc::non_canonical);
  Buffer empty_run = encoded;
  empty_run[flags_at] = 0;
  CHECK_FALSE(decode_block(empty_run));
  Buffer long_run = encoded;
  long_run[flags_at] = 3;
  CHECK_FALSE(decode_block(long_run));
}

TEST_CASE("a block without events or with a seq out of range is refused") {
  Buffer encoded = make_run(1, 1).encode();
  Buffer none = encoded;
  none[2] = 0;
  CHECK(test::error_of(decode_block(none)) == Errc::invalid);
  Buffer zero = encoded;
  zero[1] = 0;
  CHECK(test::error_of(decode_block(zero)) == Errc::invalid);
  wire::Writer far;
  far.u8(1).varint(seq_max).varint(1).fixed(Bytes(encoded).subspan(3));
  CHECK(test::error_of(decode_block(far.view())) == Errc::oversized);
}

TEST_CASE("a ciphertext shorter than its tag is refused") {
  Run run = make_run(1, 1, 16);
  CHECK(decode_block(run.encode()));
  run.events[0].ciphertext.resize(15);
  CHECK(test::error_of(decode_block(run.encode())) == Errc::invalid);
}

TEST_CASE("L10: blocks that follow each other merge into one with the last signature") {
  const Run first = make_run(1, 3);
  const Run second = make_run(4, 2);
  const Buffer a = first.encode();
  const Buffer b = second.encode();
  const Bytes both[] = {a, b};
  const auto merged = merge_blocks(both);
  REQUIRE(merged);
  CHECK(merged->taken == 2);
  const auto block = decode_block(merged->block);
  REQUIRE(block);
  CHECK(block->header.hash_before == first.header.hash_before);
  CHECK(block->header.signature == second.header.signature);
  CHECK(block->last_seq() == 5);
  CHECK(merged->block.size() < a.size() + b.size());

  const Bytes gap[] = {b, a};
  CHECK(test::error_of(merge_blocks(gap)) == Errc::corrupt);
}

TEST_CASE("L3: merging stops at a multiple of 1024 events and at 256 KiB") {
  const Buffer a = make_run(1023, 2).encode();
  const Buffer b = make_run(1025, 2).encode();
  const Bytes across[] = {a, b};
  const auto stopped = merge_blocks(across);
  REQUIRE(stopped);
  CHECK(stopped->taken == 1);
  CHECK(stopped->block == a);

  const Buffer large = make_run(1, 2, 60'000).encode();
  const Buffer next = make_run(3, 2, 60'000).encode();
  const Buffer last = make_run(5, 1, 60'000).encode();
  const Bytes three[] = {large, next, last};
  const auto two = merge_blocks(three);
  REQUIRE(two);
  CHECK(two->taken == 2);
  CHECK(two->block.size() <= limits::batch_size_max);
}

TEST_CASE("L10: a block can be cut at the front") {
  const Run run = make_run(10, 6);
  const Buffer encoded = run.encode();
  const auto block = decode_block(encoded);
  REQUIRE(block);
  Digest before;
  before.bytes.fill(9);
  const Buffer sliced = slice_block(*block, 13, before);
  const auto rest = decode_block(sliced);
  REQUIRE(rest);
  CHECK(rest->header.first_seq == 13);
  CHECK(rest->last_seq() == 15);
  CHECK(rest->header.hash_before == before);
  CHECK(rest->header.signature == run.header.signature);
  CHECK(rest->events[0].nonce == run.events[3].nonce);
}

}  // namespace
}  // namespace syncline::log
