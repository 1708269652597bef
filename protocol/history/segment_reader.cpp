// SPDX-License-Identifier: Apache-2.0
//
// Grammar: segment_writer.cpp.
#include "protocol/base/limits.h"
#include "protocol/history/segment.h"
#include "protocol/text/utf8.h"
#include "protocol/wire/compress.h"

#include <utility>

namespace syncline::history {

struct SegmentReader::State {
  Buffer body;
  std::array<wire::Reader, column_count> columns = blank();
  std::uint64_t count = 0;
  std::uint64_t left = 0;
  PastEvent event;
  crdt::VersionVector base;
  crdt::VersionVector seen;
  std::map<crdt::LogIndex, crdt::VersionVector> known;
  crdt::Path path;
  std::uint64_t place = 0;
  // Counts the paths; and which of them each op of `event` has, which is kept for its memory.
  std::uint64_t path_number = 1;
  std::vector<std::uint64_t> path_numbers;

  static std::array<wire::Reader, column_count> blank() {
    return {wire::Reader(Bytes()), wire::Reader(Bytes()), wire::Reader(Bytes()),
            wire::Reader(Bytes()), wire::Reader(Bytes()), wire::Reader(Bytes()),
            wire::Reader(Bytes()), wire::Reader(Bytes()), wire::Reader(Bytes()),
            wire::Reader(Bytes()), wire::Reader(Bytes()), wire::Reader(Bytes())};
  }
  wire::Reader& column(Column which) { return columns[static_cast<std::size_t>(which)]; }
  bool ok() const {
    for (const wire::Reader& each : columns)
      if (!each.ok()) return false;
    return true;
  }
  void corrupt() { columns[0].fail_with(Errc::corrupt); }

  void read_head(std::uint8_t flags);
  void read_past(std::uint8_t flags);
  void read_ops();
  void read_op(std::size_t index);
  void read_edit(crdt::TextEdit& edit);
};

SegmentReader::SegmentReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
SegmentReader::SegmentReader(SegmentReader&&) noexcept = default;
SegmentReader& SegmentReader::operator=(SegmentReader&&) noexcept = default;
SegmentReader::~SegmentReader() = default;

std::uint64_t SegmentReader::count() const { return state_->count; }
const crdt::VersionVector& SegmentReader::base() const { return state_->base; }

Result<SegmentReader> SegmentReader::open(Bytes segment) {
  wire::Reader in(segment);
  const std::uint8_t version = in.u8(), compressed = in.u8();
  if (!in.ok() || version != 1 || compressed > 1)
    return fail(Errc::corrupt, "a segment of a history is of another version");
  auto state = std::make_unique<State>();
  if (compressed == 1) {
    auto body = wire::decompress(in.rest(), segment_size_max);
    if (!body) return pass(body);
    state->body = std::move(*body);
  } else {
    state->body = to_buffer(in.rest());
  }
  wire::Reader body(state->body);
  state->seen = crdt::VersionVector::decode(body, limits::logs_per_space_max);
  state->base = state->seen;
  state->count = state->left = body.varint();
  std::array<std::uint64_t, column_count> sizes{};
  for (std::uint64_t& size : sizes) size = body.varint(segment_size_max);
  for (std::size_t i = 0; i < column_count; ++i)
    state->columns[i] = wire::Reader(body.fixed(static_cast<std::size_t>(sizes[i])));
  if (!body.ok() || body.left() != 0 || state->columns[0].left() != state->count)
    return fail(Errc::corrupt, "a segment of a history is damaged");
  return SegmentReader(std::move(state));
}

Result<const PastEvent*> SegmentReader::next() {
  State& state = *state_;
  if (state.left == 0) return static_cast<const PastEvent*>(nullptr);
  --state.left;
  const std::uint8_t flags = state.column(Column::heads).u8();
  if (flags >= 0x30) state.corrupt();
  state.read_head(flags);
  state.read_past(flags);
  state.read_ops();
  if (!state.ok()) return fail(Errc::corrupt, "a segment of a history is damaged");
  state.seen.raise(state.event.id.log, state.event.id.seq);
  return static_cast<const PastEvent*>(&state.event);
}

// Most of the time of reading a history goes into numbers of one byte: they are read in place,
// which a compiler with many callers before it decides against.
[[gnu::flatten]] void SegmentReader::State::read_head(std::uint8_t flags) {
  wire::Reader& events = column(Column::events);
  event.kind = static_cast<EventKind>(flags >> 4 & 3);
  if (!(flags & 1)) event.id.log = static_cast<crdt::LogIndex>(events.varint(UINT32_MAX));
  event.id.seq = flags & 2 ? seen.get(event.id.log) + 1 : events.varint();
  event.lamport += flags & 8 ? 1 : static_cast<std::uint64_t>(events.zigzag());
  event.wall.unix_ms =
      static_cast<std::int64_t>(static_cast<std::uint64_t>(event.wall.unix_ms) +
                                static_cast<std::uint64_t>(column(Column::walls).zigzag()));
  event.type.clear();
  if (event.kind == EventKind::create)
    event.type = column(Column::types).text(limits::value_size_max);
  if (event.id.seq <= seen.get(event.id.log)) corrupt();
}

void SegmentReader::State::read_past(std::uint8_t flags) {
  crdt::VersionVector& past = known[event.id.log];
  if (flags & 4) {
    past = seen;
  } else {
    wire::Reader& pasts = column(Column::pasts);
    const std::uint64_t rows = pasts.varint(limits::logs_per_space_max);
    for (std::uint64_t i = 0; i < rows && pasts.ok(); ++i) {
      const auto log = static_cast<crdt::LogIndex>(pasts.varint(UINT32_MAX));
      past.raise(log, pasts.varint());
    }
  }
  event.past = past;
  past.raise(event.id.log, event.id.seq);
}

void SegmentReader::State::read_ops() {
  const std::uint64_t wanted = column(Column::ops).varint(limits::ops_per_event_max);
  if (wanted > column(Column::ops).left()) return corrupt();
  event.ops.resize(static_cast<std::size_t>(wanted));
  path_numbers.resize(event.ops.size());
  for (std::size_t i = 0; i < event.ops.size() && columns[0].ok(); ++i) read_op(i);
}

void SegmentReader::State::read_op(std::size_t index) {
  crdt::Op& op = event.ops[index];
  const std::uint8_t head = column(Column::ops).u8();
  if (!(head & 0x80)) {
    path = crdt::decode_path(column(Column::paths));
    ++path_number;
  }
  if (std::exchange(path_numbers[index], path_number) != path_number) op.path = path;
  static const auto text_edit_number =
      static_cast<std::uint8_t>(crdt::Action(crdt::TextEdit{}).index());
  if ((head & 0x7f) == text_edit_number) {
    auto* edit = std::get_if<crdt::TextEdit>(&op.action);
    if (edit == nullptr) edit = &op.action.emplace<crdt::TextEdit>();
    return read_edit(*edit);
  }
  const auto alone =
      crdt::decode_ops(column(Column::others).bytes(2 * limits::event_plaintext_size_max));
  if (!alone || alone->size() != 1 || alone->front().action.index() != (head & 0x7f))
    return corrupt();
  op.action = alone->front().action;
}

[[gnu::flatten]] void SegmentReader::State::read_edit(crdt::TextEdit& edit) {
  wire::Reader& places = column(Column::places);
  const std::uint64_t wanted = places.varint();
  if (wanted > places.left()) return corrupt();
  edit.splices.resize(static_cast<std::size_t>(wanted));
  std::uint64_t inserted = 0;
  for (crdt::TextSplice& splice : edit.splices) {
    splice.position = place + static_cast<std::uint64_t>(places.zigzag());
    splice.removed = column(Column::removals).varint(UINT32_MAX);
    splice.inserted = column(Column::insertions).varint(UINT32_MAX);
    if (splice.position > UINT32_MAX) return corrupt();
    place = splice.position + splice.inserted;
    inserted += splice.inserted;
  }
  // The text ends after so many characters.
  wire::Reader& texts = column(Column::texts);
  wire::Reader ahead = texts;
  const std::string_view rest = as_text(ahead.rest());
  if (inserted > rest.size()) return corrupt();
  std::size_t size = static_cast<std::size_t>(inserted);
  if (text::count_scalars(rest.substr(0, size)) != inserted)
    size = text::byte_of_scalar(rest, static_cast<std::size_t>(inserted));
  else
    while (size < rest.size() && !text::begins_character(rest[size])) ++size;
  const Bytes taken = texts.fixed(size);
  edit.text.assign(as_text(taken));
}

}  // namespace syncline::history
