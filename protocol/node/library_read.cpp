// SPDX-License-Identifier: Apache-2.0
//
// The reading half of Library.
#include "protocol/history/replay.h"
#include "protocol/node/library.h"

#include <algorithm>
#include <tuple>

namespace syncline::node {

namespace {

constexpr std::uint32_t rows_max = 1000;

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
  if (items == nullptr || kind != crdt::Kind::list) return;
  for (std::size_t i = 0; i < items->size(); ++i) {
    path.emplace_back(std::uint64_t{i});
    collect_kinds(document, (*items)[i], path, out);
    path.pop_back();
  }
}

step::EntityRow row_of(const EntityState& state, const crdt::LogTable& table) {
  return {state.entity,         state.type,    state.title(),
          state.version(table), state.changed, state.conflict_count()};
}

struct Signer {
  DeviceId device;
  std::string name;
};
Signer signer_of(const Library::Desk& desk, const LogId& log) {
  const auto device = desk.vault.device_of(log);
  if (!device) return {};
  return {*device, desk.vault.device_name(*device)};
}

void collect_conflicts(const Library::Desk& desk, const EntityState& state,
                       const crdt::LogTable& table, std::vector<step::ConflictRow>& out) {
  if (state.is_revived()) out.push_back({state.entity, {}, "edited_and_deleted", {}});
  for (const crdt::Conflict& conflict : state.document.conflicts()) {
    step::ConflictRow row{state.entity, conflict.path, "concurrent_values", {}};
    if (conflict.kind == crdt::ConflictKind::edited_and_deleted) row.kind = "edited_and_deleted";
    for (const crdt::ConflictValue& value : conflict.values) {
      Signer signer = signer_of(desk, table.at(value.log));
      row.values.push_back({value.value, signer.device, std::move(signer.name), value.wall});
    }
    out.push_back(std::move(row));
  }
}

Result<EntityState*> find_existing(Library::Desk& desk, const EntityId& entity) {
  auto found = desk.vault.view().find(desk.draft, entity);
  if (!found) return found;
  if (*found == nullptr || !(*found)->exists())
    return fail(Errc::not_found, "no such entity here; `syncline ls` lists them");
  return found;
}

const crdt::LogTable& table_of(Library::Desk& desk, const SpaceId& space) {
  return desk.vault.merge_of(space)->table();
}

}  // namespace

Result<step::EntityAnswer> Library::get(Desk& desk, const step::EntityGet& command) {
  const auto found = find_existing(desk, command.entity);
  if (!found) return pass(found);
  const EntityState& state = **found;
  step::EntityAnswer answer{state.entity,
                            state.space,
                            state.type,
                            state.version(table_of(desk, state.space)),
                            state.is_deleted(),
                            state.conflict_count(),
                            state.created,
                            state.changed,
                            state.document.read(),
                            {}};
  crdt::Path path;
  if (command.with_kinds) collect_kinds(state.document, answer.value, path, answer.kinds);
  return answer;
}

Result<step::EntitiesAnswer> Library::list(Desk& desk, const step::EntityList& command) {
  desk.vault.flush_view(desk.draft, OpenVault::Flush::now);
  const std::size_t limit = std::clamp<std::uint32_t>(command.limit, 1, rows_max);
  step::EntitiesAnswer answer;
  auto next = desk.vault.view().page(desk.draft, command.cursor, [&](const EntityState& state) {
    const bool wanted = state.exists() && !state.is_deleted() &&
                        (!command.space || *command.space == state.space) &&
                        (command.type.empty() || command.type == state.type);
    if (!wanted || desk.vault.merge_of(state.space) == nullptr) return true;
    if (answer.entities.size() == limit) return false;
    answer.entities.push_back(row_of(state, table_of(desk, state.space)));
    return true;
  });
  if (!next) return pass(next);
  answer.cursor = std::move(*next);
  return answer;
}

Result<step::HistoryAnswer> Library::history(Desk& desk, const step::EntityHistory& command) {
  const auto found = find_existing(desk, command.entity);
  if (!found) return pass(found);
  const crdt::LogTable& table = table_of(desk, (*found)->space);
  const auto segments = desk.vault.view().history(desk.draft, **found);
  if (!segments) return pass(segments);
  struct Entry {
    crdt::EventId id;
    std::uint64_t lamport = 0;
    WallTime wall;
    std::size_t ops = 0;
  };
  std::vector<Entry> entries;
  const Status read = history::for_each_event(*segments, [&](const history::PastEvent& event) {
    entries.push_back({event.id, event.lamport, event.wall, event.ops.size()});
    return true;
  });
  if (!read) return pass(read);
  // Spec C12: newest first.
  std::ranges::sort(entries, [&](const Entry& a, const Entry& b) {
    return std::tuple(a.lamport, table.at(a.id.log)) > std::tuple(b.lamport, table.at(b.id.log));
  });
  const std::size_t limit = std::clamp<std::uint32_t>(command.limit, 1, rows_max);
  step::HistoryAnswer answer;
  for (const Entry& entry : entries) {
    if (answer.versions.size() == limit) break;
    const LogId& log = table.at(entry.id.log);
    Signer signer = signer_of(desk, log);
    answer.versions.push_back({log.hex().substr(0, 12) + "." + std::to_string(entry.id.seq),
                               signer.device, std::move(signer.name), entry.wall,
                               static_cast<std::uint32_t>(entry.ops)});
  }
  return answer;
}

Result<step::ConflictsAnswer> Library::conflicts(Desk& desk, const step::ConflictList& command) {
  step::ConflictsAnswer answer;
  if (command.entity) {
    const auto found = find_existing(desk, *command.entity);
    if (!found) return pass(found);
    collect_conflicts(desk, **found, table_of(desk, (*found)->space), answer.conflicts);
    return answer;
  }
  desk.vault.flush_view(desk.draft, OpenVault::Flush::now);
  const std::size_t limit = std::clamp<std::uint32_t>(command.limit, 1, rows_max);
  std::vector<EntityId> entities;
  const Status listed = desk.vault.view().conflicting(desk.draft, [&](const EntityId& entity) {
    entities.push_back(entity);
    return entities.size() < limit;
  });
  if (!listed) return pass(listed);
  for (const EntityId& entity : entities) {
    const auto found = desk.vault.view().find(desk.draft, entity);
    if (!found) return pass(found);
    if (*found == nullptr || desk.vault.merge_of((*found)->space) == nullptr) continue;
    collect_conflicts(desk, **found, table_of(desk, (*found)->space), answer.conflicts);
    if (answer.conflicts.size() >= limit) break;
  }
  return answer;
}

}  // namespace syncline::node
