// SPDX-License-Identifier: Apache-2.0
//
// Rows of the view: once / key -> request 32 | entity 16 | ops v | version | nodes v, node
// text*nodes
//                   once-slot / number of the slot -> key        once-next -> u64
#include "protocol/node/once.h"

#include "protocol/base/limits.h"
#include "protocol/crypto/hash.h"

namespace syncline::node {

namespace {

constexpr std::size_t idempotency_key_size_max = 64;
// The ring of slots.
constexpr std::uint64_t idempotency_keys_max = 10000;

void add_path(wire::Writer& out, const crdt::Path& path) {
  const crdt::Op path_alone{path, crdt::TextRemove{0, 0}};
  crdt::encode_ops(out, std::span(&path_alone, 1));
}

void add_spot(wire::Writer& out, const step::NodeSpot& spot) {
  out.u8(spot.parent ? 1 : 0).text(spot.parent.value_or(std::string()));
  out.u8(static_cast<std::uint8_t>(spot.among.index()));
  if (const auto* index = std::get_if<crdt::TreeSpot::Index>(&spot.among)) out.varint(index->value);
  if (const auto* after = std::get_if<crdt::TreeSpot::After>(&spot.among)) out.text(after->sibling);
  if (const auto* before = std::get_if<crdt::TreeSpot::Before>(&spot.among))
    out.text(before->sibling);
}

struct AddEdit {
  wire::Writer& out;

  void operator()(const crdt::Op& op) const { crdt::encode_ops(out, std::span(&op, 1)); }
  void operator()(const step::TextMerge& merge) const {
    add_path(out, merge.path);
    out.text(merge.from).text(merge.to);
  }
  void operator()(const step::Put& put) const {
    add_path(out, put.slot);
    crdt::encode_shape(out.text("put"), put.value);
  }
  void operator()(const step::NodeInsert& insert) const {
    add_path(out, insert.tree);
    add_spot(out.text("insert").text(insert.node), insert.spot);
    crdt::encode_shape(out, insert.value);
  }
  void operator()(const step::NodeMove& move) const {
    add_path(out, move.tree);
    add_spot(out.text("move").text(move.node), move.spot);
  }
  void operator()(const step::PutMarks& put) const {
    out.text("marks").u8(static_cast<std::uint8_t>(put.positions)).varint(put.marks.size());
    add_path(out, put.text);
    for (const crdt::TextMark& mark : put.marks) {
      const crdt::Op op{{}, mark};
      crdt::encode_ops(out, std::span(&op, 1));
    }
  }
};

void add_edits(wire::Writer& out, const std::vector<step::EditOp>& edits) {
  for (const step::EditOp& edit : edits) std::visit(AddEdit{out}, edit);
}

void add_pointer(wire::Writer& out, const crdt::Pointer& pointer) {
  out.varint(pointer.size());
  for (const std::string& token : pointer) out.text(token);
}

struct AddRewrite {
  wire::Writer& out;

  void operator()(const step::WholePut& put) const {
    crdt::encode_shape(out.text("whole"), put.value);
  }
  void operator()(const step::MergePatch& merge) const {
    crdt::encode_shape(out.text("merge"), merge.patch);
  }
  void operator()(const step::JsonPatch& patch) const {
    out.text("patch").varint(patch.steps.size());
    for (const crdt::PatchStep& step : patch.steps) {
      out.u8(static_cast<std::uint8_t>(step.verb));
      add_pointer(out, step.path);
      add_pointer(out, step.from);
      crdt::encode_shape(out, step.value);
    }
  }
};

}  // namespace

Digest request_of(const step::EntityCreate& command) {
  if (command.idempotency_key.empty()) return {};
  wire::Writer out;
  out.text("create " + command.type);
  add_edits(out, command.ops);
  return crypto::hash("once1", out.view());
}

Digest request_of(const step::EntityUpdate& command) {
  if (command.idempotency_key.empty()) return {};
  wire::Writer out;
  out.text("update " + command.entity.hex());
  add_edits(out, command.ops);
  out.u8(static_cast<std::uint8_t>(command.positions));
  if (command.rewrite) std::visit(AddRewrite{out}, *command.rewrite);
  for (const step::PutMarks& marks : command.marks) AddEdit{out}(marks);
  return crypto::hash("once1", out.view());
}

Result<std::optional<Library::Written>> find_earlier(Library::Desk& desk, const std::string& key,
                                                     const Digest& request) {
  if (key.empty()) return std::optional<Library::Written>();
  if (key.size() > idempotency_key_size_max)
    return fail(Errc::oversized, "an idempotency key may have at most 64 bytes");
  const auto stored = desk.vault.view().find_kept(desk.draft, "once", as_bytes(key));
  if (!stored) return pass(stored);
  if (!*stored) return std::optional<Library::Written>();
  wire::Reader in(**stored);
  Library::Written earlier;
  const Digest before = in.id<Digest>();
  earlier.answer.entity = in.id<EntityId>();
  earlier.answer.ops_applied = static_cast<std::uint32_t>(in.varint(UINT32_MAX));
  earlier.answer.version = in.text(4096);
  const std::uint64_t nodes = in.varint(limits::ops_per_event_max);
  for (std::uint64_t i = 0; i < nodes && in.ok(); ++i)
    earlier.answer.nodes_made.push_back(in.text(limits::tree_node_id_size_max));
  if (!in.ok())
    return fail(Errc::corrupt, "a remembered idempotency key is damaged; use another one");
  if (before != request)
    return fail(Errc::invalid,
                "this idempotency key was used for another change; each change needs its own");
  return std::optional(std::move(earlier));
}

// A ring: the slot of the key that is now too old names it, so that it can be forgotten.
Status remember(Library::Desk& desk, const std::string& key, const Digest& request,
                const step::WrittenAnswer& answer) {
  if (key.empty()) return {};
  View& view = desk.vault.view();
  std::uint64_t next = 0;
  const auto counter = view.find_kept(desk.draft, "once-next", {});
  if (!counter) return pass(counter);
  if (*counter) next = wire::Reader(**counter).u64();
  const std::string slot = std::to_string(next % idempotency_keys_max);
  const auto oldest = view.find_kept(desk.draft, "once-slot", as_bytes(slot));
  if (!oldest) return pass(oldest);
  if (*oldest) view.drop_kept(desk.draft, "once", **oldest);
  view.keep(desk.draft, "once-slot", as_bytes(slot), as_bytes(key), desk.random);
  wire::Writer row;
  row.id(request).id(answer.entity).varint(answer.ops_applied).text(answer.version);
  row.varint(answer.nodes_made.size());
  for (const std::string& node : answer.nodes_made) row.text(node);
  view.keep(desk.draft, "once", as_bytes(key), row.view(), desk.random);
  wire::Writer advanced;
  view.keep(desk.draft, "once-next", {}, advanced.u64(next + 1).view(), desk.random);
  return {};
}

}  // namespace syncline::node
