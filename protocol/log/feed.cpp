// SPDX-License-Identifier: Apache-2.0
//
//   meta "change"                  -> newest change number u64
//   feed change number u64         -> kind u8 ‖ log id 16 (kind 1) or space id 32 (kind 2)
//   meta "rows"                    -> rows of every space
//   meta "rows/" ‖ space id        -> sum 32 ‖ logs varint ‖ events varint
#include "protocol/crypto/hash.h"
#include "protocol/log/log_store.h"
#include "protocol/log/rows.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace syncline::log {
namespace {

Buffer change_key() { return to_buffer(as_bytes("change")); }

Buffer rows_key(const SpaceId& space) {
  Buffer key = to_buffer(as_bytes("rows/"));
  append(key, space.view());
  return key;
}
Buffer all_rows_key() { return to_buffer(as_bytes("rows")); }

Result<FeedEntry> decode_entry(Bytes key, Bytes value) {
  wire::Reader change(key);
  wire::Reader in(value);
  FeedEntry entry;
  entry.change_no = change.u64();
  entry.kind = static_cast<FeedKind>(in.u8());
  if (entry.kind == FeedKind::log)
    entry.log = in.id<LogId>();
  else if (entry.kind == FeedKind::roster)
    entry.space = in.id<SpaceId>();
  else
    in.fail_with(Errc::corrupt);
  if (!change.ok() || change.left() != 0) in.fail_with(Errc::corrupt);
  return in.finish(entry);
}

Result<SpaceRows> load_rows(const StoreReader& reader, Bytes key) {
  const auto stored = reader.get(Family::meta, key);
  if (!stored) return pass(stored);
  if (!*stored) return SpaceRows{};
  wire::Reader in(**stored);
  SpaceRows rows;
  rows.sum = in.id<Digest>();
  rows.logs = in.varint();
  rows.events = in.varint();
  auto done = in.finish(rows);
  if (!done) return fail(Errc::corrupt, "a stored set digest is damaged");
  return done;
}

void put_rows(Draft& draft, Buffer key, const SpaceRows& rows) {
  wire::Writer out;
  out.id(rows.sum).varint(rows.logs).varint(rows.events);
  draft.put(Family::meta, std::move(key), out.take());
}

}  // namespace

Buffer feed_key(std::uint64_t change_no) {
  wire::Writer out;
  out.u64(change_no);
  return out.take();
}

Result<std::uint64_t> last_change(const StoreReader& reader) {
  const auto stored = reader.get(Family::meta, change_key());
  if (!stored) return pass(stored);
  if (!*stored) return std::uint64_t{0};
  wire::Reader in(**stored);
  const std::uint64_t change = in.u64();
  if (!in.ok() || in.left() != 0) return fail(Errc::corrupt, "the stored change number is damaged");
  return change;
}

Result<std::uint64_t> move_in_feed(Draft& draft, const FeedEntry& entry) {
  const auto last = last_change(draft);
  if (!last) return last;
  const std::uint64_t next = *last + 1;
  if (entry.change_no != 0) draft.remove(Family::feed, feed_key(entry.change_no));
  wire::Writer value;
  value.u8(static_cast<std::uint8_t>(entry.kind));
  if (entry.kind == FeedKind::log)
    value.id(entry.log);
  else
    value.id(entry.space);
  draft.put(Family::feed, feed_key(next), value.take());
  draft.put(Family::meta, change_key(), feed_key(next));
  return next;
}

Status scan_feed(const StoreReader& reader, std::uint64_t after, const FeedVisitor& visit) {
  if (after == UINT64_MAX) return {};
  Status damaged;
  const Status scanned =
      reader.scan(Family::feed, feed_key(after + 1), {}, [&](Bytes key, Bytes value) {
        const auto entry = decode_entry(key, value);
        if (entry) return visit(*entry);
        damaged = fail(Errc::corrupt, "an entry of the change feed is damaged");
        return false;
      });
  return scanned ? damaged : scanned;
}

Digest row_hash(const LogId& log, const Position& at) {
  return crypto::Hasher("row1").add(log).add_u64(at.seq).add(at.hash).finish();
}

Digest sum_add(const Digest& a, const Digest& b) {
  Digest sum;
  unsigned carry = 0;
  for (std::size_t i = Digest::size; i-- > 0;) {
    const unsigned value = static_cast<unsigned>(a.bytes[i]) + b.bytes[i] + carry;
    sum.bytes[i] = static_cast<std::uint8_t>(value);
    carry = value >> 8;
  }
  return sum;
}

Digest sum_subtract(const Digest& a, const Digest& b) {
  Digest difference;
  unsigned borrow = 0;
  for (std::size_t i = Digest::size; i-- > 0;) {
    const unsigned value = 256u + a.bytes[i] - b.bytes[i] - borrow;
    difference.bytes[i] = static_cast<std::uint8_t>(value);
    borrow = value < 256u ? 1 : 0;
  }
  return difference;
}

Result<SpaceRows> rows_of(const StoreReader& reader, const SpaceId& space) {
  return load_rows(reader, rows_key(space));
}

Result<SpaceRows> all_rows(const StoreReader& reader) { return load_rows(reader, all_rows_key()); }

Status move_row(Draft& draft, const RowMove& move) {
  for (const Buffer& key : {rows_key(move.space), all_rows_key()}) {
    auto rows = load_rows(draft, key);
    if (!rows) return pass(rows);
    if (move.from.seq != 0)
      rows->sum = sum_subtract(rows->sum, row_hash(move.log, move.from));
    else
      ++rows->logs;
    rows->sum = sum_add(rows->sum, row_hash(move.log, move.to));
    rows->events += move.to.seq - move.from.seq;
    put_rows(draft, key, *rows);
  }
  return {};
}

}  // namespace syncline::log
