// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/proof.h"

#include "tests/protocol/log/log_fixture.h"

namespace syncline::log {
namespace {

using test::Author;
using test::error_of;
using test::Replica;
using test::TestSpace;

// One log, two histories after seq 2: the author's store has "left", `right` the other.
struct Fork {
  TestSpace space;
  Author author{space};
  SignedHead right_inner;  // at seq 3
  SignedHead right;        // at seq 5
  SignedHead common;       // at seq 2

  Fork() {
    common = author.write(2);
    const storage::MemoryStore backup = author.store.copy();
    const LogReaderState state = author.state;
    right_inner = author.write(1, "right");
    right = author.write(2, "right");
    author.store.restore(backup);
    author.state = state;
    author.write(4, "left");
  }
};

TEST_CASE("L8: a shown head of another history gives a proof that anybody can check") {
  Fork fork;
  for (const SignedHead& shown : {fork.right_inner, fork.right}) {
    const auto proof = prove_against(fork.author.store, fork.author.id, shown);
    REQUIRE(proof);
    REQUIRE(*proof);
    CHECK(verify_proof(**proof));
    const Buffer encoded = encode_proof(**proof);
    const auto back = decode_proof(encoded);
    REQUIRE(back);
    CHECK(encode_proof(*back) == encoded);
    Replica replica(fork.author.origin);
    Draft draft(replica.store);
    REQUIRE(freeze(draft, *back));
    REQUIRE(freeze(draft, *back));
    test::commit(replica.store, draft);
    CHECK(replica.head().frozen);
    CHECK((*find_proof(replica.store, fork.author.id))->head == shown);
  }
}

TEST_CASE("L8: heads of one history prove nothing") {
  Fork fork;
  CHECK_FALSE(prove_against(fork.author.store, fork.author.id, fork.common)->has_value());
  CHECK_FALSE(
      prove_against(fork.author.store, fork.author.id, fork.author.head().head)->has_value());
  Replica behind(fork.author.origin);
  CHECK_FALSE(prove_against(behind.store, fork.author.id, fork.right)->has_value());
  SignedHead forged = fork.right;
  forged.at.hash.bytes[0] ^= 1;
  CHECK(error_of(prove_against(fork.author.store, fork.author.id, forged)) == Errc::bad_signature);
}

TEST_CASE("L8: every single changed byte of a proof is refused") {
  Fork fork;
  const auto proof = prove_against(fork.author.store, fork.author.id, fork.right_inner);
  const Buffer encoded = encode_proof(**proof);
  Replica replica(fork.author.origin);
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    Buffer changed = encoded;
    changed[i] ^= 0x10;
    const auto decoded = decode_proof(changed);
    if (!decoded) continue;
    Draft draft(replica.store);
    CHECK_FALSE(freeze(draft, *decoded));
    CHECK(draft.empty());
  }
  for (std::size_t size = 0; size < encoded.size(); ++size)
    CHECK_FALSE(decode_proof(Bytes(encoded).first(size)));
}

TEST_CASE("L8: a proof of one branch twice is none") {
  Fork fork;
  const SignedHead head = fork.author.head().head;
  const Proof proof{fork.author.origin, head, head.at.hash, {}, head.signature};
  CHECK(error_of(verify_proof(proof)) == Errc::invalid);
}

TEST_CASE("a proof holds at most 1024 leaves") {
  Fork fork;
  auto proof = **prove_against(fork.author.store, fork.author.id, fork.right);
  proof.leaves.assign(limits::batch_events_max + 1, Digest{});
  CHECK(error_of(decode_proof(encode_proof(proof))) == Errc::oversized);
  CHECK(error_of(verify_proof(proof)) == Errc::invalid);
}

}  // namespace
}  // namespace syncline::log
