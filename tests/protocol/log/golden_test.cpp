// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/proof.h"
#include "protocol/log/rollback.h"
#include "tests/protocol/log/log_fixture.h"

namespace syncline::log {
namespace {

TEST_CASE("L1 L2 E1: the layouts of events and logs are those of the golden vectors") {
  test::Golden golden("log.json");
  test::TestSpace space;
  golden.add("space_id", space.id.view());
  golden.add("admitted_by", space.admitted_by.view());
  golden.add("entity_key", space.key.key.expose());
  golden.add("entity_key_id", space.key.id.view());
  golden.add("header_key", space.header.expose());

  test::Author author(space);
  golden.add("log_signing_seed", author.key().seed().expose());
  golden.add("log_key", author.origin.key.view());
  golden.add("log_id", author.id.view());
  golden.add("chain_start", chain_start(author.origin).view());

  const auto first = author.seal("one change");
  golden.add("event_1_entity_tag", first.etag.view());
  golden.add("event_1_nonce", first.nonce.view());
  golden.add("event_1_ciphertext", first.ciphertext);
  golden.add("event_1_leaf", leaf_of(first.view()).view());
  Dep dep;
  dep.log.bytes.fill(0x5a);
  dep.hash.bytes.fill(0xc3);
  dep.seq = 300;
  golden.add("event_2_deps_digest", deps_digest({dep}).view());
  const auto second = author.seal("another change", {dep});
  golden.add("event_2_ciphertext", second.ciphertext);
  golden.add("reader_state", author.state.encode());

  auto log = author.appender();
  log.queue(first);
  log.queue(second);
  Draft draft(author.store);
  const auto head = log.flush(draft);
  REQUIRE(head);
  test::commit(author.store, draft);
  golden.add("head_2_hash", (*head)->at.hash.view());
  golden.add("head_2_signature", (*head)->signature.view());
  golden.add("block_1_2", *read_block(author.store, author.id, 1));
  golden.add("head_record", encode_head_record(author.head()));
  golden.add("row", row_hash(author.id, author.head().head.at).view());

  // The other branch of seq 2, made from the same first event.
  Digest other = chain_step(chain_start(author.origin), leaf_of(first.view()));
  other = chain_step(other, leaf_of(first.view()));
  const SignedHead signed_other = sign_head(author.key(), space.id, author.id, {2, other});
  const auto proof = prove_against(author.store, author.id, signed_other);
  REQUIRE(proof);
  golden.add("proof", encode_proof(**proof));
}

}  // namespace
}  // namespace syncline::log
