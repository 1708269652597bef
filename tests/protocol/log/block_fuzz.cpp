// SPDX-License-Identifier: Apache-2.0
//
// Fuzzes what a device does with a block somebody sent.
//
// A block that decodes has one encoding; cutting and merging keep its events; and no input
// makes a replica take an event that the log's key did not sign.
#include "protocol/base/check.h"
#include "protocol/log/accept.h"
#include "storage/memory_store.h"

namespace {

using namespace syncline::log;
using syncline::Bytes;

struct Replica {
  syncline::storage::MemoryStore store;
  LogOrigin origin;

  Replica() {
    origin.key.bytes.fill(0x42);
    Draft draft(store);
    SYNCLINE_CHECK(open_log(draft, origin));
    SYNCLINE_CHECK(store.commit(draft.take(), syncline::Durability::synced));
  }
};

void check_parts(const BlockView& block, Bytes encoded) {
  const std::uint64_t middle = block.header.first_seq + block.events.size() / 2;
  const syncline::Buffer rest = slice_block(block, middle, block.header.hash_before);
  const auto sliced = decode_block(rest);
  SYNCLINE_CHECK(sliced && sliced->last_seq() == block.last_seq());
  const Bytes both[] = {encoded, rest};
  // The second one overlaps the first: never merged, whatever it holds.
  const auto merged = merge_blocks(both);
  SYNCLINE_CHECK(!merged || merged->taken == 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Replica replica;
  const Bytes input(data, size);
  const auto block = decode_block(input);
  if (block) {
    SYNCLINE_CHECK(syncline::equal(encode_block(block->header, block->events), input));
    check_parts(*block, input);
  }
  Draft draft(replica.store);
  SYNCLINE_CHECK(!accept_block(draft, log_id_of(replica.origin), input));
  SYNCLINE_CHECK(draft.empty());
  return 0;
}
