// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/chain.h"

#include "tests/protocol/log/log_fixture.h"

namespace syncline::log {
namespace {

TEST_CASE("L1: a log's name and its start depend on everything that names it") {
  test::CounterRandom random(7);
  LogOrigin origin;
  random.fill(origin.space.bytes);
  random.fill(origin.key.bytes);
  random.fill(origin.admitted_by.bytes);
  origin.incarnation = 3;
  LogOrigin other = origin;
  other.space.bytes[31] ^= 1;
  CHECK(log_id_of(other) != log_id_of(origin));
  CHECK(chain_start(other) != chain_start(origin));
  other = origin;
  other.key.bytes[0] ^= 1;
  CHECK(log_id_of(other) != log_id_of(origin));
  other = origin;
  other.incarnation = 4;
  CHECK(log_id_of(other) != log_id_of(origin));
  other = origin;
  other.admitted_by.bytes[5] ^= 1;
  CHECK(log_id_of(other) == log_id_of(origin));
  CHECK(chain_start(other) != chain_start(origin));
}

TEST_CASE("L1: a leaf covers the authored flags and every other field of an event") {
  test::CounterRandom random(8);
  SealedEvent event;
  random.fill(event.etag.bytes);
  random.fill(event.nonce.bytes);
  event.ciphertext.resize(48);
  random.fill(event.ciphertext);
  const Digest leaf = leaf_of(event.view());
  for (unsigned bit = 0; bit < 8; ++bit) {
    SealedEvent changed = event;
    changed.flags = static_cast<std::uint8_t>(1u << bit);
    CHECK((leaf_of(changed.view()) == leaf) == (bit >= 6));
  }
  SealedEvent changed = event;
  changed.etag.bytes[7] ^= 1;
  CHECK(leaf_of(changed.view()) != leaf);
  changed = event;
  changed.nonce.bytes[23] ^= 1;
  CHECK(leaf_of(changed.view()) != leaf);
  changed = event;
  changed.ciphertext.back() ^= 1;
  CHECK(leaf_of(changed.view()) != leaf);
  changed = event;
  changed.ciphertext.push_back(0);
  CHECK(leaf_of(changed.view()) != leaf);
}

TEST_CASE("L2: a head signature holds for one space and log and seq and hash only") {
  test::TestSpace space;
  test::Author author(space);
  const SignedHead head = author.write(3);
  CHECK(verify_head(author.origin, head));
  SignedHead changed = head;
  changed.at.seq = 4;
  CHECK_FALSE(verify_head(author.origin, changed));
  changed = head;
  changed.at.hash.bytes[0] ^= 1;
  CHECK_FALSE(verify_head(author.origin, changed));
  changed = head;
  changed.signature.bytes[63] ^= 1;
  CHECK_FALSE(verify_head(author.origin, changed));
  LogOrigin elsewhere = author.origin;
  elsewhere.space.bytes[0] ^= 1;
  CHECK_FALSE(verify_head(elsewhere, head));
  elsewhere = author.origin;
  elsewhere.incarnation = 2;
  CHECK_FALSE(verify_head(elsewhere, head));
}

}  // namespace
}  // namespace syncline::log
