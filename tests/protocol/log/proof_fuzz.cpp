// SPDX-License-Identifier: Apache-2.0
//
// Fuzzes proofs and stored head records: what decodes has one encoding, and nothing but two
// signatures of the log's key freezes a log.
#include "protocol/base/check.h"
#include "protocol/log/proof.h"
#include "storage/memory_store.h"

namespace {

using namespace syncline::log;
using syncline::Bytes;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(data, size);
  if (const auto record = decode_head_record(input))
    SYNCLINE_CHECK(syncline::equal(encode_head_record(*record), input));
  const auto proof = decode_proof(input);
  if (!proof) return 0;
  SYNCLINE_CHECK(syncline::equal(encode_proof(*proof), input));
  syncline::storage::MemoryStore store;
  Draft draft(store);
  SYNCLINE_CHECK(open_log(draft, proof->origin));
  const bool valid = verify_proof(*proof).has_value();
  SYNCLINE_CHECK(freeze(draft, *proof).has_value() == valid);
  const auto head = find_head(draft, log_id_of(proof->origin));
  SYNCLINE_CHECK(head && *head && (*head)->frozen == valid);
  return 0;
}
