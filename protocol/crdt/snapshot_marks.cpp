// SPDX-License-Identifier: Apache-2.0
//
// marks  = n:varint [a:varint a*(log:varint id:16) n*mark]     what is in [] is there unless n is 0
// mark   = author:varint seq:varint op:varint lamport:varint wall:zigzag key:text scalar
//          seen:version start:end end:end
// end    = (position << 1 | holds the character on its left):varint
//
// Authors by the number they are written with; marks ascending by Lamport time, id of the log and
// op. What is spent is not written, and of what was seen only what is. lamport and wall count back
// from the newest event, as in snapshot.cpp.
#include "protocol/crdt/item_codec.h"
#include "protocol/crdt/snapshot.h"

#include <map>
#include <tuple>

namespace syncline::crdt {
namespace {

using MarkRow = TextMarks::Row;

struct MarksWriter {
  const SnapshotWriter& to;
  std::vector<const MarkRow*> live;
  std::map<LogIndex, std::pair<LogId, LogIndex>> authors;  // by the number written: id, log
  std::map<LogIndex, std::size_t> places;                  // by log

  void write(const TextMarks& marks) {
    for (const MarkRow& row : marks.rows())
      if (!row.is_spent()) live.push_back(&row);
    to.out.varint(live.size());
    if (live.empty()) return;
    std::sort(live.begin(), live.end(), [](const MarkRow* a, const MarkRow* b) {
      return std::tie(a->lamport, a->id, a->op) < std::tie(b->lamport, b->id, b->op);
    });
    for (const MarkRow* row : live) authors[to.names.of(row->log)] = {row->id, row->log};
    to.out.varint(authors.size());
    for (const auto& [name, author] : authors) {
      places.emplace(author.second, places.size());
      to.out.varint(name).id(author.first);
    }
    for (const MarkRow* row : live) this->row(*row);
  }

  void row(const MarkRow& row) const {
    to.out.varint(places.at(row.log)).varint(row.seq).varint(row.op);
    to.out.varint(to.base.lamport - row.lamport);
    to.wall(row.wall);
    to.out.text(row.key);
    encode_scalar(to.out, row.value);
    VersionVector seen;
    for (const MarkRow* other : live)
      if (row.seen.get(other->log) >= other->seq) seen.raise(other->log, other->seq);
    to.version(seen);
    end(row.start);
    end(row.end);
  }

  void end(const TextMarks::End& at) const {
    to.out.varint(at.position << 1 | (at.holds_left ? 1 : 0));
  }
};

TextMarks::End read_end(wire::Reader& in, std::uint64_t length) {
  const std::uint64_t both = in.varint();
  if (both >> 1 > length) in.fail_with(Errc::corrupt);
  return {both >> 1, (both & 1) != 0};
}

}  // namespace

void SnapshotWriter::marks(const TextMarks& marks) const {
  MarksWriter{*this, {}, {}, {}}.write(marks);
}

std::vector<TextMarks::Row> SnapshotReader::marks(std::uint64_t length) const {
  std::vector<MarkRow> rows;
  const std::uint64_t count = in.varint();
  if (count == 0 || !in.ok()) return rows;
  std::vector<std::pair<LogIndex, LogId>> authors;
  const std::uint64_t wanted = in.varint(in.left() / 17);
  for (std::uint64_t i = 0; i < wanted && in.ok(); ++i) {
    const auto log = static_cast<LogIndex>(in.varint(UINT32_MAX));
    authors.emplace_back(log, in.id<LogId>());
  }
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const std::uint64_t author = in.varint();
    if (author >= authors.size()) in.fail_with(Errc::corrupt);
    if (!in.ok()) break;
    MarkRow row;
    std::tie(row.log, row.id) = authors[static_cast<std::size_t>(author)];
    row.seq = in.varint(frontier.get(row.log));
    row.op = static_cast<std::uint32_t>(in.varint(UINT32_MAX));
    row.lamport = base.lamport - in.varint(base.lamport);
    row.wall = wall();
    row.key = in.text(limits::map_key_size_max);
    row.value = decode_scalar(in);
    row.seen = version();
    row.start = read_end(in, length);
    row.end = read_end(in, length);
    if (row.is_spent()) in.fail_with(Errc::corrupt);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace syncline::crdt
