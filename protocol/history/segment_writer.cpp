// SPDX-License-Identifier: Apache-2.0
//
// segment = version:u8 (1) compressed:u8 body        the body by zstd if compressed is 1
// body    = base:version events:varint 12 * size:varint 12 * column
// heads   = flags: 1 the log before, 2 the seq after that log's last one, 4 it has seen everything
//           before it, 8 the Lamport time after the last one, 10h create, 20h remove
// events  = [log:varint] [seq:varint] [lamport:zigzag, less the last one]     as the flags say
// pasts   = n:varint n*(log:varint seq:varint): rows that grew since what this log's last event
//           in this segment had seen
// walls   = zigzag, less the last one
// types   = text
// ops     = n:varint n*action:u8      actions as in Spec 11; 80h: the path of the op before
// paths   = depth:varint depth*(len << 1:varint key | index << 1 | 1:varint)
// places  = n:varint n*zigzag, from where the splice before ended, of whatever event; then
//           removals, insertions: n*varint each; texts: bytes
// others  = the op alone, without a path, as in an event
#include "protocol/crdt/text_edit.h"
#include "protocol/history/segment.h"
#include "protocol/text/utf8.h"
#include "protocol/wire/compress.h"

#include <algorithm>

namespace syncline::history {

namespace {

constexpr std::size_t compress_from = 256;

std::int64_t difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

}  // namespace

void SegmentWriter::add(const PastEventView& event) {
  std::uint8_t flags = 0;
  wire::Writer& events = column(Column::events);
  if (count_ > 0 && event.id.log == last_.log)
    flags |= 1;
  else
    events.varint(event.id.log);
  if (event.id.seq == seen_.get(event.id.log) + 1)
    flags |= 2;
  else
    events.varint(event.id.seq);
  if (event.lamport == last_lamport_ + 1)
    flags |= 8;
  else
    events.zigzag(difference(static_cast<std::int64_t>(event.lamport),
                             static_cast<std::int64_t>(last_lamport_)));
  if (add_past(event)) flags |= 4;
  flags = static_cast<std::uint8_t>(flags | static_cast<std::uint8_t>(event.kind) << 4);
  column(Column::heads).u8(flags);
  column(Column::walls).zigzag(difference(event.wall.unix_ms, last_wall_));
  if (event.kind == EventKind::create) column(Column::types).text(event.type);
  column(Column::ops).varint(event.ops.size());
  for (const crdt::Op& op : event.ops) add_op(op);
  ++count_;
  last_ = event.id;
  last_lamport_ = event.lamport;
  last_wall_ = event.wall.unix_ms;
  seen_.raise(event.id.log, event.id.seq);
  known_[event.id.log].raise(event.id.log, event.id.seq);
}

// Only rows of this entity are told. True if it is everything, and nothing was written.
bool SegmentWriter::add_past(const PastEventView& event) {
  crdt::VersionVector& known = known_[event.id.log];
  if (event.past.covers(seen_)) {
    known = seen_;
    return true;
  }
  std::vector<crdt::EventId> news;
  for (const crdt::EventId& row : seen_.rows()) {
    const std::uint64_t seq = std::min(row.seq, event.past.get(row.log));
    if (seq > known.get(row.log)) news.push_back({row.log, seq});
  }
  wire::Writer& pasts = column(Column::pasts);
  pasts.varint(news.size());
  for (const crdt::EventId& row : news) {
    pasts.varint(row.log).varint(row.seq);
    known.raise(row.log, row.seq);
  }
  return false;
}

void SegmentWriter::add_op(const crdt::Op& op) {
  const bool edits_text = crdt::kind_of(op.action) == crdt::Kind::text &&
                          !std::holds_alternative<crdt::TextMark>(op.action);
  const bool same_path = op.path == path_;
  static const auto text_edit_number =
      static_cast<std::uint8_t>(crdt::Action(crdt::TextEdit{}).index());
  const auto number = edits_text ? text_edit_number : static_cast<std::uint8_t>(op.action.index());
  column(Column::ops).u8(static_cast<std::uint8_t>(number | (same_path ? 0x80 : 0)));
  if (!same_path) {
    crdt::encode_path(column(Column::paths), op.path);
    path_ = op.path;
  }
  if (!edits_text) {
    const crdt::Op alone{{}, op.action};
    column(Column::others).bytes(crdt::encode_ops(std::span(&alone, 1)));
    return;
  }
  if (const auto* edit = std::get_if<crdt::TextEdit>(&op.action)) return add_edit(*edit);
  crdt::TextEdit edit;
  if (const auto* insert = std::get_if<crdt::TextInsert>(&op.action)) {
    edit.splices.push_back({insert->position, 0, text::count_scalars(insert->text)});
    edit.text = insert->text;
  } else if (const auto* cut = std::get_if<crdt::TextRemove>(&op.action)) {
    edit.splices.push_back({cut->position, cut->count, 0});
  }
  add_edit(edit);
}

void SegmentWriter::add_edit(const crdt::TextEdit& edit) {
  wire::Writer& places = column(Column::places);
  places.varint(edit.splices.size());
  for (const crdt::TextSplice& splice : edit.splices) {
    places.zigzag(
        difference(static_cast<std::int64_t>(splice.position), static_cast<std::int64_t>(place_)));
    column(Column::removals).varint(splice.removed);
    column(Column::insertions).varint(splice.inserted);
    place_ = splice.position + splice.inserted;
  }
  column(Column::texts).fixed(as_bytes(edit.text));
}

std::size_t SegmentWriter::size_bytes() const {
  std::size_t size = 0;
  for (const wire::Writer& each : columns_) size += each.size();
  return size;
}

Buffer SegmentWriter::take() {
  wire::Writer body(size_bytes() + 64);
  base_.encode(body);
  body.varint(count_);
  for (const wire::Writer& each : columns_) body.varint(each.size());
  for (const wire::Writer& each : columns_) body.fixed(each.view());
  Buffer packed;
  if (body.size() >= compress_from) packed = wire::compress(body.view());
  const bool smaller = !packed.empty() && packed.size() < body.size();
  wire::Writer out(2 + std::min(body.size(), packed.size() + 1));
  out.u8(1).u8(smaller ? 1 : 0).fixed(smaller ? Bytes(packed) : body.view());
  *this = SegmentWriter(std::move(seen_));
  return out.take();
}

}  // namespace syncline::history
