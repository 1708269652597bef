// SPDX-License-Identifier: Apache-2.0
//
// Block: a run of events of one log in columns, ending at a signed position.
//
// The unit of storage and of transfer: a block is stored and sent exactly as it is encoded.
// Decoding checks form and bounds only; whether a block belongs to a log is accept.h.
// A block never crosses a multiple of 1024 events and never exceeds 256 KiB. Spec L3.
#pragma once

#include "protocol/log/chain.h"

#include <span>
#include <vector>

namespace syncline::log {

struct BlockHeader {
  std::uint64_t first_seq = 1;
  Digest hash_before;           // chain value after event first_seq - 1
  crypto::Signature signature;  // over the head at the block's last event
};

// A decoded block: the header by value, the ciphertexts inside the decoded bytes.
struct BlockView {
  BlockHeader header;
  std::vector<EventView> events;  // never empty

  std::uint64_t last_seq() const { return header.first_seq + events.size() - 1; }
};

// Requires: at least one event; no boundary crossed; at most limits::batch_size_max bytes.
Buffer encode_block(const BlockHeader& header, std::span<const EventView> events);
// Errors: as Reader; Errc::limit for a block that crosses a boundary or is too large.
Result<BlockView> decode_block(Bytes block);

// What encodes to at most limits::batch_size_max bytes: a block's own part, and each event's.
inline constexpr std::size_t block_overhead_max =
    1 + 7 + 2 + Digest::size + crypto::Signature::size;
std::size_t event_size_in_block_max(const EventView& event);
// True if `seq` is the last one before a boundary that no block may cross.
inline bool ends_range(std::uint64_t seq) { return seq % limits::batch_events_max == 0; }

// The first blocks of `blocks` (consecutive, of one log) as one block, as many as fit.
struct MergedBlock {
  Buffer block;
  std::size_t taken = 0;  // how many of the given blocks it holds, at least 1
};
// Errors: as decode_block; Errc::corrupt if the blocks do not follow each other.
Result<MergedBlock> merge_blocks(std::span<const Bytes> blocks);

// The block without the events before `from`; `before` is the chain value after from - 1.
// Requires: first_seq <= from <= last_seq.
Buffer slice_block(const BlockView& block, std::uint64_t from, const Digest& before);

}  // namespace syncline::log
