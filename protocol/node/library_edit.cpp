// SPDX-License-Identifier: Apache-2.0
//
// The writing half of Library: every write is checked, authored, and remembered under its
// idempotency key.
#include "protocol/crdt/text_diff.h"
#include "protocol/crypto/hash.h"
#include "protocol/node/library.h"

#include <algorithm>

namespace syncline::node {

namespace {

// ---- idempotency keys ----------------------------------------------------------------------

constexpr std::size_t idempotency_key_size_max = 64;
// So many keys are remembered; then the oldest are forgotten.
constexpr std::uint64_t idempotency_keys_max = 10000;

// What a caller asked for: the same key with another request is a mistake of the caller's.
Digest request_of(const std::string& key, std::string_view place,
                  const std::vector<step::EditOp>& edits) {
  if (key.empty()) return {};
  wire::Writer out;
  out.text(place);
  for (const step::EditOp& edit : edits) {
    if (const auto* op = std::get_if<crdt::Op>(&edit)) {
      crdt::encode_ops(out, std::span(op, 1));
      continue;
    }
    const auto& merge = std::get<step::TextMerge>(edit);
    const crdt::Op path_alone{merge.path, crdt::TextRemove{0, 0}};
    crdt::encode_ops(out, std::span(&path_alone, 1));
    out.text(merge.from).text(merge.to);
  }
  return crypto::hash("once1", out.view());
}

Result<std::optional<Library::Written>> find_earlier(Library::Desk& desk, const std::string& key,
                                                     const Digest& request) {
  if (key.empty()) return std::optional<Library::Written>();
  if (key.size() > idempotency_key_size_max)
    return fail(Errc::oversized, "an idempotency key may have at most 64 bytes");
  const auto stored = desk.vault.view().find_extra(desk.draft, "once", as_bytes(key));
  if (!stored) return pass(stored);
  if (!*stored || (*stored)->empty()) return std::optional<Library::Written>();
  wire::Reader in(**stored);
  Library::Written earlier;
  const Digest before = in.id<Digest>();
  earlier.answer.entity = in.id<EntityId>();
  earlier.answer.ops_applied = static_cast<std::uint32_t>(in.varint(UINT32_MAX));
  earlier.answer.version = in.text(4096);
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
  const auto counter = view.find_extra(desk.draft, "once-next", {});
  if (!counter) return pass(counter);
  if (*counter) next = wire::Reader(**counter).u64();
  const std::string slot = std::to_string(next % idempotency_keys_max);
  const auto oldest = view.find_extra(desk.draft, "once-slot", as_bytes(slot));
  if (!oldest) return pass(oldest);
  if (*oldest) view.put_extra("once", **oldest, {});
  view.put_extra("once-slot", as_bytes(slot), to_buffer(as_bytes(key)));
  wire::Writer row;
  row.id(request).id(answer.entity).varint(answer.ops_applied).text(answer.version);
  view.put_extra("once", as_bytes(key), row.take());
  wire::Writer advanced;
  view.put_extra("once-next", {}, advanced.u64(next + 1).take());
  return {};
}

// ---- checking ------------------------------------------------------------------------------

Result<EntityState*> find_existing(Library::Desk& desk, const EntityId& entity) {
  auto found = desk.vault.view().find(desk.draft, entity);
  if (!found) return found;
  if (*found == nullptr || !(*found)->exists())
    return fail(Errc::not_found, "no such entity here; `syncline ls` lists them");
  return found;
}

Status check_version(Library::Desk& desk, const EntityState& state, const std::string& wanted) {
  if (wanted.empty()) return {};
  const std::string current = state.version(desk.vault.merge_of(state.space)->table());
  if (current == wanted) return {};
  return fail(Errc::conflict, "the entity changed meanwhile; get it again and repeat the change");
}

// The ops of the texts' difference, on the text as it is now.
Status expand(const EntityState& state, const step::TextMerge& merge, std::vector<crdt::Op>& out) {
  const auto current = state.document.read(merge.path);
  const auto* scalar = current ? std::get_if<crdt::Scalar>(&current->node) : nullptr;
  const auto* text = scalar ? std::get_if<std::string>(scalar) : nullptr;
  const std::string nothing;
  if (current && (text == nullptr || state.document.kind_at(merge.path) != crdt::Kind::text))
    return fail(Errc::invalid, "text.merge needs a text at its path");
  const auto edits = crdt::merge_texts(merge.from, merge.to, text ? *text : nothing);
  for (crdt::Op& op : crdt::ops_of(edits, merge.path)) out.push_back(std::move(op));
  return {};
}

Result<std::vector<crdt::Op>> expand_all(const EntityState& state,
                                         std::vector<step::EditOp> edits) {
  std::vector<crdt::Op> ops;
  for (step::EditOp& edit : edits) {
    if (auto* op = std::get_if<crdt::Op>(&edit)) {
      ops.push_back(std::move(*op));
      continue;
    }
    const Status expanded = expand(state, std::get<step::TextMerge>(edit), ops);
    if (!expanded) return pass(expanded);
  }
  return ops;
}

// Whether every op would apply. Tried on a copy, because a document cannot take back an event.
Status rehearse(Library::Desk& desk, const EntityState& state, const std::vector<crdt::Op>& ops) {
  wire::Writer out;
  state.document.encode(out);
  wire::Reader in(out.view());
  auto copy = crdt::Document::decode(in);
  if (!copy) return pass(copy);
  const SpaceMerge& merge = *desk.vault.merge_of(state.space);
  const crdt::EventContext context{0, merge.applied().get(0) + 1, merge.applied(), desk.now,
                                   merge.table()};
  for (const auto& group : split_ops(ops)) {
    const Status checked = crdt::check_ops(group);
    if (!checked) return checked;
    // Each op alone, so that the one at fault can be named.
    for (std::size_t i = 0; i < group.size(); ++i) {
      const crdt::EventContext one{0, context.seq + i, context.past, context.wall, context.logs};
      const crdt::Applied tried = copy->apply(one, std::span(&group[i], 1));
      if (tried.void_ops + tried.adapted_ops > 0)
        return fail(Errc::invalid,
                    "op " + std::to_string(i) +
                        " does not fit the entity: its path leads nowhere, leads to another "
                        "kind of value, or its position is beyond the end");
    }
  }
  // Who has seen everything cannot disagree with anybody: a container was made beside a value.
  if (copy->conflicts().size() > state.document.conflicts().size())
    return fail(
        Errc::invalid,
        "an op needs another kind of value than the one at its path; remove that one first");
  return {};
}

// Writes `ops` as one or more events. `body` gives kind and type of the first.
Result<Library::Written> write(Library::Desk& desk, Author& author, EntityState& state,
                               EntityBody body, std::vector<crdt::Op> ops) {
  SpaceMerge& merge = *desk.vault.merge_of(state.space);
  SpaceMerge::Desk working = desk.vault.desk(desk.draft);
  const std::size_t count = ops.size();
  std::vector<std::vector<crdt::Op>> groups = split_ops(std::move(ops));
  for (std::vector<crdt::Op>& group : groups) {
    body.ops = std::move(group);
    const auto applied = author.write(working, merge, state, body, desk.now);
    if (!applied) return pass(applied);
    body.kind = BodyKind::edit;
  }
  Library::Written written;
  written.answer = {state.entity, state.version(merge.table()), static_cast<std::uint32_t>(count)};
  written.log = author.log();
  written.seq = author.seq();
  return written;
}

// Scalars of the text at `path`; nothing if there is no text.
std::optional<std::uint64_t> text_length(const crdt::Document& document, const crdt::Path& path) {
  if (document.kind_at(path) != crdt::Kind::text) return std::nullopt;
  const auto value = document.read(path);
  const auto* scalar = value ? std::get_if<crdt::Scalar>(&value->node) : nullptr;
  const auto* text = scalar ? std::get_if<std::string>(scalar) : nullptr;
  if (text == nullptr) return std::nullopt;
  return std::ranges::count_if(
      *text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

// The two usual single ops are checked without a copy: a write to a key of the root, and typing.
bool surely_applies(const std::vector<crdt::Op>& ops, const EntityState& state) {
  if (ops.size() != 1 || !crdt::check_ops(ops)) return false;
  const crdt::Op& op = ops.front();
  if (op.path.empty()) return std::holds_alternative<crdt::MapSet>(op.action);
  if (const auto* insert = std::get_if<crdt::TextInsert>(&op.action)) {
    const auto length = text_length(state.document, op.path);
    return length && insert->position <= *length;
  }
  if (const auto* cut = std::get_if<crdt::TextRemove>(&op.action)) {
    const auto length = text_length(state.document, op.path);
    return length && cut->count > 0 && cut->position <= *length &&
           cut->count <= *length - cut->position;
  }
  return false;
}

}  // namespace

Result<Library::Written> Library::create(Desk& desk, step::EntityCreate command) {
  const Digest request = request_of(command.idempotency_key, "create " + command.type, command.ops);
  auto earlier = find_earlier(desk, command.idempotency_key, request);
  if (!earlier) return pass(earlier);
  if (*earlier) return std::move(**earlier);
  if (command.type.size() > type_size_max)
    return fail(Errc::oversized, "a type may have at most 64 bytes");
  const std::optional<SpaceId> space = command.space ? command.space : desk.vault.home();
  if (!space)
    return fail(Errc::busy, "the home space has not arrived yet; wait for the first sync");
  const auto author = desk.vault.author(desk.draft, *space);
  if (!author) return pass(author);
  EntityState blank;
  blank.space = *space;
  auto ops = expand_all(blank, std::move(command.ops));
  if (!ops) return pass(ops);
  const Status possible = rehearse(desk, blank, *ops);
  if (!possible) return pass(possible);
  EntityId entity;
  desk.random.fill(entity.bytes);
  SpaceMerge::Desk working = desk.vault.desk(desk.draft);
  const Status granted = (*author)->grant(working, *desk.vault.merge_of(*space), entity, desk.now);
  if (!granted) return pass(granted);
  EntityState& state = desk.vault.view().create(entity, *space);
  auto written = write(desk, **author, state, {BodyKind::create, std::move(command.type), {}},
                       std::move(*ops));
  if (!written) return written;
  const Status remembered = remember(desk, command.idempotency_key, request, written->answer);
  if (!remembered) return pass(remembered);
  return written;
}

Result<Library::Written> Library::update(Desk& desk, step::EntityUpdate command) {
  const Digest request =
      request_of(command.idempotency_key, "update " + command.entity.hex(), command.ops);
  auto earlier = find_earlier(desk, command.idempotency_key, request);
  if (!earlier) return pass(earlier);
  if (*earlier) return std::move(**earlier);
  const auto state = find_existing(desk, command.entity);
  if (!state) return pass(state);
  const Status current = check_version(desk, **state, command.if_version);
  if (!current) return pass(current);
  const auto author = desk.vault.author(desk.draft, (*state)->space);
  if (!author) return pass(author);
  auto ops = expand_all(**state, std::move(command.ops));
  if (!ops) return pass(ops);
  Written unchanged;
  unchanged.answer = {(*state)->entity,
                      (*state)->version(desk.vault.merge_of((*state)->space)->table()), 0};
  if (ops->empty()) return unchanged;
  if (!surely_applies(*ops, **state)) {
    const Status possible = rehearse(desk, **state, *ops);
    if (!possible) return pass(possible);
  }
  auto written = write(desk, **author, **state, {BodyKind::edit, {}, {}}, std::move(*ops));
  if (!written) return written;
  const Status remembered = remember(desk, command.idempotency_key, request, written->answer);
  if (!remembered) return pass(remembered);
  return written;
}

Result<Library::Written> Library::remove(Desk& desk, const step::EntityDelete& command) {
  const auto state = find_existing(desk, command.entity);
  if (!state) return pass(state);
  const Status current = check_version(desk, **state, command.if_version);
  if (!current) return pass(current);
  const auto author = desk.vault.author(desk.draft, (*state)->space);
  if (!author) return pass(author);
  return write(desk, **author, **state, {BodyKind::remove, {}, {}}, {});
}

Result<Library::Written> Library::resolve(Desk& desk, const step::ConflictResolve& command) {
  const auto state = find_existing(desk, command.entity);
  if (!state) return pass(state);
  const auto author = desk.vault.author(desk.draft, (*state)->space);
  if (!author) return pass(author);
  // The empty slot is the entity itself: keep it by any edit, or delete it.
  if (command.slot.empty()) {
    if (!(*state)->is_revived()) return fail(Errc::not_found, "this entity has no such conflict");
    const BodyKind kind = command.choose ? BodyKind::edit : BodyKind::remove;
    return write(desk, **author, **state, {kind, {}, {}}, {});
  }
  std::optional<std::size_t> choose;
  if (command.choose) choose = *command.choose;
  auto ops = (*state)->document.ops_to_resolve(command.slot, choose);
  if (!ops) return pass(ops);
  return write(desk, **author, **state, {BodyKind::edit, {}, {}}, std::move(*ops));
}

}  // namespace syncline::node
