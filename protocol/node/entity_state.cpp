// SPDX-License-Identifier: Apache-2.0
//
// state := 03 | entity 16 | space 32 | type | created zz | changed zz | n v | removal*n | removed |
// edits | history (entity_history.cpp) | document
#include "protocol/node/entity_state.h"

#include "protocol/base/limits.h"

#include <algorithm>
#include <tuple>

namespace syncline::node {

namespace {
constexpr std::uint8_t state_version = 3;
// Of each log only the newest is kept: there cannot be more than logs.
constexpr std::size_t removals_max = limits::logs_per_space_max;
constexpr std::size_t title_size_max = 80;

// The first text in reading order; a few levels are enough to recognise an entity.
const std::string* first_text(const crdt::Value& value, int depth) {
  if (const auto* scalar = std::get_if<crdt::Scalar>(&value.node)) {
    const auto* text = std::get_if<std::string>(scalar);
    return text && !text->empty() ? text : nullptr;
  }
  if (depth == 0) return nullptr;
  if (const auto* list = std::get_if<crdt::ValueList>(&value.node)) {
    for (const crdt::Value& item : *list)
      if (const std::string* text = first_text(item, depth - 1)) return text;
    return nullptr;
  }
  for (const auto& [key, item] : std::get<crdt::ValueMap>(value.node))
    if (const std::string* text = first_text(item, depth - 1)) return text;
  return nullptr;
}
}  // namespace

bool EntityState::is_deleted() const {
  return std::ranges::any_of(removals,
                             [&](const crdt::VersionVector& seen) { return seen.covers(edits); });
}

bool EntityState::is_revived() const { return !removals.empty() && !is_deleted(); }

// Whatever the order in which creations come, the same one counts (Spec C18).
void EntityState::take_creation(const std::string& its_type, WallTime at) {
  const auto rank = [](const std::string& name, WallTime when) {
    return std::tuple(name.empty(), when.unix_ms, name);
  };
  if (its_type.empty() && at == WallTime{}) return;  // as if it were none
  const bool none_yet = type.empty() && created == WallTime{};
  if (!none_yet && rank(type, created) <= rank(its_type, at)) return;
  type = its_type;
  created = at;
}

// Before the event itself changes what is known.
void EntityState::remember(const crdt::EventContext& context, const EntityBody& body) {
  crdt::VersionVector base = edits;
  base.merge(removed);
  history.add({{context.log, context.seq},
               context.lamport_time(),
               context.wall,
               context.past,
               static_cast<history::EventKind>(body.kind),
               body.type,
               body.ops},
              base);
}

crdt::Applied EntityState::apply(const crdt::EventContext& context, const EntityBody& body) {
  if (body.kind == BodyKind::remove) {
    if (removed.covers(context.log, context.seq)) return {crdt::Effect::duplicate, 0, 0};
    remember(context, body);
    removed.raise(context.log, context.seq);
    crdt::VersionVector seen = context.past;
    seen.set(context.log, context.seq);
    std::erase_if(removals, [&](const crdt::VersionVector& known) { return seen.covers(known); });
    removals.push_back(std::move(seen));
    changed = std::max(changed, context.wall);
    return {crdt::Effect::changed, 0, 0};
  }
  if (edits.covers(context.log, context.seq)) return {crdt::Effect::duplicate, 0, 0};
  remember(context, body);
  if (body.kind == BodyKind::create) take_creation(body.type, context.wall);
  crdt::Applied applied = document.apply(context, body.ops);
  edits.raise(context.log, context.seq);
  // Spec C18: what a later edit has seen deleted is no longer a deletion that anybody has to know.
  std::erase_if(removals,
                [&](const crdt::VersionVector& known) { return context.past.covers(known); });
  changed = std::max(changed, context.wall);
  if (body.kind == BodyKind::create) applied.effect = crdt::Effect::changed;
  return applied;
}

std::string EntityState::version(const crdt::LogTable& logs) const {
  crdt::VersionVector all = edits;
  all.merge(removed);
  std::vector<std::string> parts;
  for (const crdt::EventId& row : all.rows())
    parts.push_back(logs.at(row.log).hex().substr(0, 12) + "." + std::to_string(row.seq));
  std::ranges::sort(parts);
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : "-") + part;
  return out;
}

std::uint32_t EntityState::conflict_count() const {
  return static_cast<std::uint32_t>(document.conflicts().size()) + (is_revived() ? 1U : 0U);
}

std::string EntityState::title(const crdt::Value& value) const {
  const auto& fields = std::get<crdt::ValueMap>(value.node);
  const std::string* text = nullptr;
  for (const char* preferred : {"title", "name", "subject", "text"}) {
    const auto found = fields.find(preferred);
    if (text == nullptr && found != fields.end()) text = first_text(found->second, 0);
  }
  if (text == nullptr) text = first_text(value, 4);
  if (text == nullptr) return {};
  std::string title = text->substr(0, std::min(text->find('\n'), title_size_max));
  while (!title.empty() && !wire::is_utf8(as_bytes(title))) title.pop_back();
  return title;
}

Buffer encode_state(EntityState& state) {
  wire::Writer out;
  out.u8(state_version).id(state.entity).id(state.space).text(state.type);
  out.zigzag(state.created.unix_ms).zigzag(state.changed.unix_ms);
  out.varint(state.removals.size());
  for (const crdt::VersionVector& removal : state.removals) removal.encode(out);
  state.removed.encode(out);
  state.edits.encode(out);
  state.history.encode(out);
  state.document.encode(out);
  return out.take();
}

Result<EntityState> decode_state(Bytes bytes) {
  wire::Reader in(bytes);
  EntityState state;
  if (in.u8() != state_version) in.fail_with(Errc::corrupt);
  state.entity = in.id<EntityId>();
  state.space = in.id<SpaceId>();
  state.type = in.text(type_size_max);
  state.created = WallTime{in.zigzag()};
  state.changed = WallTime{in.zigzag()};
  const std::uint64_t removals = in.varint(removals_max);
  for (std::uint64_t i = 0; i < removals && in.ok(); ++i)
    state.removals.push_back(crdt::VersionVector::decode(in, limits::logs_per_space_max));
  state.removed = crdt::VersionVector::decode(in, limits::logs_per_space_max);
  state.edits = crdt::VersionVector::decode(in, limits::logs_per_space_max);
  state.history = EntityHistory::decode(in);
  if (!in.ok()) return fail(Errc::corrupt, "an entity's stored state is damaged");
  auto document = crdt::Document::decode(in);
  if (!document) return pass(document);
  state.document = std::move(*document);
  return state;
}

}  // namespace syncline::node
