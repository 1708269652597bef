// SPDX-License-Identifier: Apache-2.0
//
// body := (ops << 2 | kind) v | (type: length v, UTF-8)  if kind = create | op * ops
#include "protocol/node/entity_body.h"

#include "protocol/base/limits.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <algorithm>

namespace syncline::node {

namespace {

constexpr unsigned kind_bits = 2;
constexpr std::uint64_t kind_mask = 3;

}  // namespace

Buffer encode_body(const EntityBody& body) {
  wire::Writer out;
  out.varint(std::uint64_t{body.ops.size()} << kind_bits | static_cast<std::uint8_t>(body.kind));
  if (body.kind == BodyKind::create) out.text(body.type);
  crdt::encode_uncounted(out, body.ops);
  return out.take();
}

Result<EntityBody> decode_body(Bytes bytes) {
  wire::Reader in(bytes);
  EntityBody body;
  const std::uint64_t head = in.varint(limits::ops_per_event_max << kind_bits | kind_mask);
  const std::uint64_t kind = head & kind_mask, count = head >> kind_bits;
  if (kind > static_cast<std::uint8_t>(BodyKind::remove)) in.fail_with(Errc::unsupported);
  body.kind = static_cast<BodyKind>(kind);
  if (body.kind == BodyKind::remove && count > 0) in.fail_with(Errc::invalid);
  if (body.kind == BodyKind::create) body.type = in.text(type_size_max);
  if (in.ok()) body.ops = crdt::decode_uncounted(in, count);
  return in.finish(std::move(body));
}

namespace {

// An event's plaintext has room for this much of ops, with the rest of its header.
constexpr std::size_t group_size_max = limits::event_plaintext_size_max - 4096;
// Pieces small enough that a path of the greatest depth fits beside them.
constexpr std::size_t piece_size_max = 16 * 1024;

std::size_t scalars_in(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// The longest prefix of at most piece_size_max bytes that ends between two scalars.
std::string_view next_piece(std::string_view text) {
  if (text.size() <= piece_size_max) return text;
  std::size_t end = piece_size_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

void split_text(std::vector<crdt::Op>& out, const crdt::Path& path,
                const crdt::TextInsert& insert) {
  std::string_view rest = insert.text;
  std::uint64_t position = insert.position;
  while (!rest.empty()) {
    const std::string_view piece = next_piece(rest);
    out.push_back({path, crdt::TextInsert{position, std::string(piece)}});
    position += scalars_in(piece);
    rest.remove_prefix(piece.size());
  }
}

std::size_t size_of(const crdt::ItemValue& value) {
  const auto* scalar = std::get_if<crdt::Scalar>(&value);
  const auto* text = scalar ? std::get_if<std::string>(scalar) : nullptr;
  return 12 + (text ? text->size() : 0);
}

void split_list(std::vector<crdt::Op>& out, const crdt::Path& path, crdt::ListInsert insert) {
  crdt::ListInsert piece{insert.index, {}};
  std::size_t size = 0;
  for (crdt::ItemValue& item : insert.items) {
    if (!piece.items.empty() && size + size_of(item) > piece_size_max) {
      const std::uint64_t next = piece.index + piece.items.size();
      out.push_back({path, std::move(piece)});
      piece = crdt::ListInsert{next, {}};
      size = 0;
    }
    size += size_of(item);
    piece.items.push_back(std::move(item));
  }
  out.push_back({path, std::move(piece)});
}

}  // namespace

std::vector<std::vector<crdt::Op>> split_ops(std::vector<crdt::Op> ops) {
  std::vector<crdt::Op> pieces;
  for (crdt::Op& op : ops) {
    if (const auto* text = std::get_if<crdt::TextInsert>(&op.action))
      split_text(pieces, op.path, *text);
    else if (auto* list = std::get_if<crdt::ListInsert>(&op.action))
      split_list(pieces, op.path, std::move(*list));
    else
      pieces.push_back(std::move(op));
  }
  std::vector<std::vector<crdt::Op>> groups(1);
  std::size_t size = 0;
  for (crdt::Op& piece : pieces) {
    const std::size_t more = crdt::encode_ops(std::span(&piece, 1)).size();
    const bool full =
        size + more > group_size_max || groups.back().size() == limits::ops_per_event_max;
    if (full && !groups.back().empty()) {
      groups.emplace_back();
      size = 0;
    }
    size += more;
    groups.back().push_back(std::move(piece));
  }
  return groups;
}

}  // namespace syncline::node
