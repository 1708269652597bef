// SPDX-License-Identifier: Apache-2.0
//
//   heads  log id 16                    -> head record
//   events log id 16 ‖ first seq u64    -> block
//   head record = version u8 (1) ‖ space 32 ‖ log key 32 ‖ incarnation u32 ‖ admitted by 32
//               ‖ seq varint ‖ hash 32 ‖ signature 64 ‖ change number varint ‖ bytes varint
//               ‖ frozen u8 ‖ tail: first seq varint ‖ blocks varint ‖ bytes varint
#include "protocol/log/log_store.h"

#include "protocol/base/check.h"
#include "protocol/log/rows.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace syncline::log {
namespace {

constexpr std::uint8_t head_record_version = 1;

// Makes one block of the small blocks of `tail`. Returns how many bytes that saved.
Result<std::uint64_t> fold(Draft& draft, const LogId& log, const Tail& tail) {
  if (tail.blocks < 2) return std::uint64_t{0};
  std::vector<Buffer> keys;
  std::vector<Buffer> stored;
  const Status scanned = draft.scan(Family::events, block_key(log, tail.first_seq),
                                    block_key(log, UINT64_MAX), [&](Bytes key, Bytes value) {
                                      keys.push_back(to_buffer(key));
                                      stored.push_back(to_buffer(value));
                                      return true;
                                    });
  if (!scanned) return pass(scanned);
  const std::vector<Bytes> blocks(stored.begin(), stored.end());
  if (blocks.size() != tail.blocks) return fail(Errc::corrupt, "blocks of a log are missing");
  auto merged = merge_blocks(blocks);
  if (!merged || merged->taken != blocks.size())
    return fail(Errc::corrupt, "small blocks of a log do not fold");
  for (std::size_t i = 1; i < keys.size(); ++i) draft.remove(Family::events, keys[i]);
  const std::uint64_t saved = tail.bytes - merged->block.size();
  draft.put(Family::events, keys.front(), std::move(merged->block));
  return saved;
}

Status fold_tail(Draft& draft, const LogId& log, HeadRecord& record) {
  const auto saved = fold(draft, log, record.tail);
  if (!saved) return pass(saved);
  record.bytes -= *saved;
  record.tail = {};
  return {};
}

}  // namespace

Buffer encode_head_record(const HeadRecord& record) {
  wire::Writer out;
  out.u8(head_record_version).id(record.origin.space).id(record.origin.key);
  out.u32(record.origin.incarnation).id(record.origin.admitted_by);
  out.varint(record.head.at.seq).id(record.head.at.hash).id(record.head.signature);
  out.varint(record.change_no).varint(record.bytes).u8(record.frozen ? 1 : 0);
  out.varint(record.tail.first_seq).varint(record.tail.blocks).varint(record.tail.bytes);
  return out.take();
}

Result<HeadRecord> decode_head_record(Bytes bytes) {
  wire::Reader in(bytes);
  if (in.u8() != head_record_version) in.fail_with(Errc::unsupported);
  HeadRecord record;
  record.origin.space = in.id<SpaceId>();
  record.origin.key = in.id<crypto::VerifyKey>();
  record.origin.incarnation = in.u32();
  record.origin.admitted_by = in.id<RecordId>();
  record.head.at.seq = in.varint(seq_max);
  record.head.at.hash = in.id<Digest>();
  record.head.signature = in.id<crypto::Signature>();
  record.change_no = in.varint();
  record.bytes = in.varint();
  const std::uint8_t frozen = in.u8();
  if (frozen > 1) in.fail_with(Errc::non_canonical);
  record.frozen = frozen == 1;
  record.tail.first_seq = in.varint(seq_max);
  record.tail.blocks = static_cast<std::uint32_t>(in.varint(limits::batch_events_max));
  record.tail.bytes = static_cast<std::uint32_t>(in.varint(limits::batch_size_max));
  return in.finish(record);
}

Result<std::optional<HeadRecord>> find_head(const StoreReader& reader, const LogId& log) {
  const auto stored = reader.get(Family::heads, log.view());
  if (!stored) return pass(stored);
  if (!*stored) return std::optional<HeadRecord>();
  auto record = decode_head_record(**stored);
  if (!record) return fail(Errc::corrupt, "the head record of a log is damaged");
  return std::optional<HeadRecord>(std::move(*record));
}

Status scan_heads(const StoreReader& reader, const HeadVisitor& visit) {
  Status damaged;
  const Status scanned = reader.scan(Family::heads, {}, {}, [&](Bytes key, Bytes value) {
    const auto log = LogId::from(key);
    const auto record = decode_head_record(value);
    if (log && record) return visit(*log, *record);
    damaged = fail(Errc::corrupt, "the head record of a log is damaged");
    return false;
  });
  return scanned ? damaged : scanned;
}

Status open_log(Draft& draft, const LogOrigin& origin) {
  const LogId log = log_id_of(origin);
  const auto known = find_head(draft, log);
  if (!known) return pass(known);
  if (*known) return {};
  HeadRecord record;
  record.origin = origin;
  record.head.at.hash = chain_start(origin);
  draft.put(Family::heads, to_buffer(log.view()), encode_head_record(record));
  return {};
}

Buffer block_key(const LogId& log, std::uint64_t first_seq) {
  wire::Writer out;
  out.id(log).u64(first_seq);
  return out.take();
}

Status scan_blocks(const StoreReader& reader, const LogId& log, std::uint64_t from,
                   const BlockVisitor& visit) {
  Status damaged;
  const auto visit_block = [&](Bytes encoded) {
    const auto block = decode_block(encoded);
    if (!block) {
      damaged = fail(Errc::corrupt, "a stored block is damaged");
      return false;
    }
    return block->last_seq() < from || visit(*block, encoded);
  };
  // The block that holds `from` starts at or before it; the others follow.
  const auto holding = reader.find_last(Family::events, block_key(log, 0), block_key(log, from));
  if (!holding) return pass(holding);
  if (*holding && !visit_block((*holding)->value)) return damaged;
  const Status scanned =
      reader.scan(Family::events, block_key(log, from + 1), block_key(log, UINT64_MAX),
                  [&](Bytes, Bytes value) { return visit_block(value); });
  return scanned ? damaged : scanned;
}

Result<Buffer> read_block(const StoreReader& reader, const LogId& log, std::uint64_t seq) {
  Buffer found;
  const Status scanned = scan_blocks(reader, log, seq, [&](const BlockView& block, Bytes encoded) {
    if (block.header.first_seq <= seq) found = to_buffer(encoded);
    return false;
  });
  if (!scanned) return pass(scanned);
  if (found.empty()) return fail(Errc::not_found, "no block holds this event");
  return found;
}

Result<SealedEvent> read_event(const StoreReader& reader, const LogId& log, std::uint64_t seq) {
  const auto stored = read_block(reader, log, seq);
  if (!stored) return pass(stored);
  const auto block = decode_block(*stored);
  if (!block) return fail(Errc::corrupt, "a stored block is damaged");
  const EventView& event = block->events[static_cast<std::size_t>(seq - block->header.first_seq)];
  return SealedEvent{event.flags, event.etag, event.nonce, to_buffer(event.ciphertext)};
}

Status append_block(Draft& draft, HeadRecord record, Bytes block, const SignedHead& head) {
  const LogId log = record.id();
  SYNCLINE_CHECK(head.at.seq > record.seq());
  if (record.tail.bytes + block.size() > limits::batch_size_max)
    if (const Status folded = fold_tail(draft, log, record); !folded) return folded;

  draft.put(Family::events, block_key(log, record.seq() + 1), to_buffer(block));
  record.bytes += block.size();
  if (record.tail.blocks == 0) record.tail.first_seq = record.seq() + 1;
  ++record.tail.blocks;
  record.tail.bytes += static_cast<std::uint32_t>(block.size());
  if (ends_range(head.at.seq))
    if (const Status folded = fold_tail(draft, log, record); !folded) return folded;

  const Status moved = move_row(draft, {record.origin.space, log, record.head.at, head.at});
  if (!moved) return moved;
  record.head = head;
  return put_head(draft, std::move(record));
}

Status put_head(Draft& draft, HeadRecord record) {
  const LogId log = record.id();
  const auto change = move_in_feed(draft, {record.change_no, FeedKind::log, log, {}});
  if (!change) return pass(change);
  record.change_no = *change;
  draft.put(Family::heads, to_buffer(log.view()), encode_head_record(record));
  return {};
}

}  // namespace syncline::log
