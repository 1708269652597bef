// SPDX-License-Identifier: Apache-2.0
//
// The reading half of Library.
#include "protocol/crdt/text_container.h"
#include "protocol/node/entity_past.h"
#include "protocol/node/library_desk.h"
#include "protocol/node/mark_notes.h"
#include "protocol/node/op_check.h"

#include <algorithm>

namespace syncline::node {

namespace {

constexpr std::uint32_t rows_max = 1000;
constexpr std::size_t notes_max = 10000;

// Which scalars and lists of `value` are really texts, counters and sets.
void collect_kinds(const crdt::Document& document, const crdt::Value& value, crdt::Path& path,
                   std::map<crdt::Path, crdt::Kind>& out) {
  if (const auto* fields = std::get_if<crdt::ValueMap>(&value.node)) {
    for (const auto& [key, item] : *fields) {
      path.emplace_back(key);
      collect_kinds(document, item, path, out);
      path.pop_back();
    }
    return;
  }
  const auto kind = document.kind_at(path);
  if (kind && *kind != crdt::Kind::list) out.emplace(path, *kind);
  const auto* items = std::get_if<crdt::ValueList>(&value.node);
  if (items && kind == crdt::Kind::tree) {
    for (const crdt::Value& item : *items) {
      path.emplace_back(crdt::NodeStep{crdt::id_of_node(item)});
      collect_kinds(document, std::get<crdt::ValueMap>(item.node).at("value"), path, out);
      path.pop_back();
    }
  }
  if (items == nullptr || kind != crdt::Kind::list) return;
  for (std::size_t i = 0; i < items->size(); ++i) {
    path.emplace_back(std::uint64_t{i});
    collect_kinds(document, (*items)[i], path, out);
    path.pop_back();
  }
}

crdt::Value read_under(const crdt::Settlement& settlement, const EntityState& state) {
  crdt::Value value = state.document.read();
  crdt::show(settlement, value);
  return value;
}

std::uint32_t open_count(const crdt::Settlement& settlement, const EntityState& state) {
  return static_cast<std::uint32_t>(settlement.open.size()) + (state.is_revived() ? 1U : 0U);
}

step::EntityRow row_of(const Library::Desk& desk, const EntityState& state) {
  const crdt::Settlement settlement = settlement_of(desk, state);
  return {state.entity,
          state.type,
          state.title(read_under(settlement, state)),
          state.version(table_of(desk, state.space)),
          state.changed,
          open_count(settlement, state)};
}

// The part of `value` at `path`; nullptr: nothing is there.
const crdt::Value* part_of(const crdt::Value& value, const crdt::Path& path) {
  const crdt::Value* at = &value;
  for (const crdt::Step& step : path) {
    const auto* key = std::get_if<std::string>(&step);
    const auto* map = std::get_if<crdt::ValueMap>(&at->node);
    const auto* list = std::get_if<crdt::ValueList>(&at->node);
    if (key && map && map->contains(*key)) {
      at = &map->at(*key);
    } else if (const auto* node = std::get_if<crdt::NodeStep>(&step); node && list) {
      at = crdt::node_in(*list, node->id);
      if (at == nullptr) return nullptr;
    } else if (const auto* index = std::get_if<std::uint64_t>(&step);
               index && list && *index < list->size()) {
      at = &(*list)[*index];
    } else {
      return nullptr;
    }
  }
  return at;
}

// Takes away what is said of `path` and of everything inside.
template <class Rows>
void erase_inside(Rows& rows, const crdt::Path& path) {
  for (auto at = rows.lower_bound(path); at != rows.end();) {
    const bool inside =
        at->first.size() >= path.size() && std::equal(path.begin(), path.end(), at->first.begin());
    if (!inside) break;
    at = rows.erase(at);
  }
}

// What a rule shows is no container that is there.
void take_ruled(const crdt::Settlement::Ruled& ruled, step::EntityAnswer& answer) {
  const crdt::Path& path = ruled.conflict.path;
  erase_inside(answer.kinds, path);
  erase_inside(answer.marks, path);
  if (ruled.kind) answer.kinds.emplace(path, *ruled.kind);
}

void collect_marks(const crdt::Document& document, crdt::Positions unit,
                   step::EntityAnswer& answer) {
  for (const auto& [path, kind] : answer.kinds) {
    const crdt::TextContainer* text = kind == crdt::Kind::text ? document.find_text(path) : nullptr;
    if (text && !text->marks().empty()) answer.marks.emplace(path, mark_notes_of(*text, unit));
  }
}

// What else is kept at the places of `notes`, and which rule shows what.
void add_conflicts(const Library::Desk& desk, const EntityState& state,
                   const crdt::Settlement& settlement, std::vector<step::PlaceNote>& notes) {
  const crdt::LogTable& table = table_of(desk, state.space);
  std::map<crdt::Path, step::PlaceNote*> by_path;
  for (step::PlaceNote& note : notes) by_path.emplace(note.path, &note);
  const auto add = [&](const crdt::Conflict& conflict, std::string rule, std::size_t shown) {
    const auto found = by_path.find(conflict.path);
    if (found == by_path.end()) return;
    for (std::size_t i = shown; i < conflict.values.size(); ++i)
      found->second->others.push_back(value_row(desk, table, conflict.values[i]));
    found->second->rule = std::move(rule);
  };
  for (const crdt::Conflict& conflict : settlement.open) add(conflict, {}, 1);
  for (const auto& ruled : settlement.ruled)
    add(ruled.conflict, std::string(crdt::name_of(ruled.rule)), 0);
}

void annotate(const Library::Desk& desk, const EntityState& state,
              const crdt::Settlement& settlement, const step::EntityGet& command,
              step::EntityAnswer& answer) {
  const crdt::LogTable& table = table_of(desk, state.space);
  const crdt::Notes notes = state.document.notes(command.path, notes_max);
  answer.more_notes = !notes.complete;
  for (const crdt::Note& note : notes.notes) {
    Signer signer = signer_of(desk, table.at(note.log));
    step::PlaceNote row{note.path, note.kind, signer.device, std::move(signer.name), note.wall, {},
                        {},        {}};
    const crdt::Path inside(note.path.begin() + static_cast<std::ptrdiff_t>(command.path.size()),
                            note.path.end());
    const crdt::Value* value = part_of(answer.value, inside);
    const auto* scalar = value ? std::get_if<crdt::Scalar>(&value->node) : nullptr;
    const auto* text = scalar ? std::get_if<std::string>(scalar) : nullptr;
    if (note.kind == crdt::Kind::text && text)
      row.length = crdt::length_of(*text, command.positions);
    if (const auto marks = answer.marks.find(note.path); marks != answer.marks.end())
      row.marks = marks->second;
    answer.notes.push_back(std::move(row));
  }
  add_conflicts(desk, state, settlement, answer.notes);
}

}  // namespace

Result<step::EntityAnswer> Library::get(Desk& desk, const step::EntityGet& command) {
  const auto found = find_existing(desk, command.entity);
  if (!found) return pass(found);
  const auto then = entity_then(desk, **found, command.at);
  if (!then) return pass(then);
  const EntityState& state = *then ? **then : **found;
  const crdt::Settlement settlement = settlement_of(desk, state);
  crdt::Value value = read_under(settlement, state);
  if (!command.path.empty()) {
    const crdt::Value* part = part_of(value, command.path);
    if (part == nullptr) return nothing_at(state.document, command.path);
    value = crdt::Value(*part);
  }
  step::EntityAnswer answer;
  answer.entity = state.entity;
  answer.space = state.space;
  answer.type = state.type;
  answer.version = state.version(table_of(desk, state.space));
  answer.deleted = state.is_deleted();
  answer.conflicts = open_count(settlement, state);
  answer.created = state.created;
  answer.changed = state.changed;
  answer.path = command.path;
  answer.value = std::move(value);
  if (command.with_kinds) {
    crdt::Path path = command.path;
    collect_kinds(state.document, answer.value, path, answer.kinds);
    collect_marks(state.document, command.positions, answer);
    for (const auto& ruled : settlement.ruled) take_ruled(ruled, answer);
    annotate(desk, state, settlement, command, answer);
  }
  return answer;
}

Result<step::EntitiesAnswer> Library::list(Desk& desk, const step::EntityList& command) {
  desk.vault.flush_view(desk.draft, OpenVault::Flush::now);
  const std::size_t limit = std::clamp<std::uint32_t>(command.limit, 1, rows_max);
  step::EntitiesAnswer answer;
  auto next = desk.vault.view().page(desk.draft, command.cursor, [&](const EntityState& state) {
    const bool wanted = state.exists() && !state.is_deleted() &&
                        (!command.space || *command.space == state.space) &&
                        (command.type.empty() ? !is_our_own(state) : command.type == state.type);
    if (!wanted || desk.vault.merge_of(state.space) == nullptr) return true;
    if (answer.entities.size() == limit) return false;
    answer.entities.push_back(row_of(desk, state));
    return true;
  });
  if (!next) return pass(next);
  answer.cursor = std::move(*next);
  return answer;
}

}  // namespace syncline::node
