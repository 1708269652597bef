// SPDX-License-Identifier: Apache-2.0
//
// LogStore: how logs lie in the store: heads, blocks, the change feed, the set digest.
//
// Pure functions over a reader and a draft. Nothing is verified here: accept.h and
// appender.h are the two ways events come in. Keys: Spec section 9.
#pragma once

#include "protocol/log/block.h"
#include "protocol/log/draft.h"

#include <functional>

namespace syncline::log {

// The small blocks at the end of a log that are not folded into one yet.
struct Tail {
  std::uint64_t first_seq = 0;  // 0: there are none
  std::uint32_t blocks = 0;
  std::uint32_t bytes = 0;

  bool operator==(const Tail&) const = default;
};

// One per known log, also for a log that has no event yet (seq 0, hash = chain_start).
struct HeadRecord {
  LogOrigin origin;
  SignedHead head;              // the signature is all zero while seq is 0
  std::uint64_t change_no = 0;  // where the log stands in the feed; 0: nowhere yet
  std::uint64_t bytes = 0;      // of all its blocks
  bool frozen = false;          // an equivocation proof exists: no event is accepted any more
  Tail tail;

  LogId id() const { return log_id_of(origin); }
  std::uint64_t seq() const { return head.at.seq; }
};

Buffer encode_head_record(const HeadRecord& record);
Result<HeadRecord> decode_head_record(Bytes record);

// Nothing if the log is not known. Errors: Errc::corrupt, Errc::io.
Result<std::optional<HeadRecord>> find_head(const StoreReader& reader, const LogId& log);
// Every known log, by id, until the visitor says false.
using HeadVisitor = std::function<bool(const LogId& log, const HeadRecord& head)>;
Status scan_heads(const StoreReader& reader, const HeadVisitor& visit);

// Makes an admitted log known: its head record at seq 0. Does nothing if it is known.
Status open_log(Draft& draft, const LogOrigin& origin);

// ---- blocks --------------------------------------------------------------------------------

// Blocks from the one that holds `from` on, in order, until the visitor says false.
using BlockVisitor = std::function<bool(const BlockView& block, Bytes encoded)>;
Status scan_blocks(const StoreReader& reader, const LogId& log, std::uint64_t from,
                   const BlockVisitor& visit);
// The block that holds event `seq`, encoded. Errors: Errc::not_found.
Result<Buffer> read_block(const StoreReader& reader, const LogId& log, std::uint64_t seq);
// One event, copied out of its block. Errors: Errc::not_found.
Result<SealedEvent> read_event(const StoreReader& reader, const LogId& log, std::uint64_t seq);

// Stores a block that follows the head, moves head, tail, feed and digest, and folds small
// blocks when their range is complete or they would exceed 256 KiB together.
// Requires: the block is verified; `head` is the head at its last event.
Status append_block(Draft& draft, HeadRecord record, Bytes block, const SignedHead& head);
// Writes the record as it is, moving the feed: for freezing.
Status put_head(Draft& draft, HeadRecord record);

// ---- feed: what changed last, by change number ----------------------------------------------

enum class FeedKind : std::uint8_t { log = 1, roster = 2 };
struct FeedEntry {
  std::uint64_t change_no = 0;
  FeedKind kind = FeedKind::log;
  LogId log;      // kind log
  SpaceId space;  // kind roster
};
// The newest change number given out; 0 in a new store.
Result<std::uint64_t> last_change(const StoreReader& reader);
// Gives `entry` the next change number and removes its entry at entry.change_no (0: none).
Result<std::uint64_t> move_in_feed(Draft& draft, const FeedEntry& entry);
// Entries after `after`, oldest first, until the visitor says false.
using FeedVisitor = std::function<bool(const FeedEntry& entry)>;
Status scan_feed(const StoreReader& reader, std::uint64_t after, const FeedVisitor& visit);

// ---- set digest: all rows of a space as one sum ----------------------------------------------

struct SpaceRows {
  Digest sum;              // sum of H("row1" ‖ log ‖ seq ‖ h) modulo 2^256
  std::uint64_t logs = 0;  // with at least one event
  std::uint64_t events = 0;

  bool operator==(const SpaceRows&) const = default;
};
// All zero for a space without events.
Result<SpaceRows> rows_of(const StoreReader& reader, const SpaceId& space);
// The same over every space of the store.
Result<SpaceRows> all_rows(const StoreReader& reader);
Digest row_hash(const LogId& log, const Position& at);
// a + b and a - b over the bytes as big-endian numbers, modulo 2^256.
Digest sum_add(const Digest& a, const Digest& b);
Digest sum_subtract(const Digest& a, const Digest& b);

// ---- keys --------------------------------------------------------------------------------------

Buffer block_key(const LogId& log, std::uint64_t first_seq);
Buffer feed_key(std::uint64_t change_no);

}  // namespace syncline::log
