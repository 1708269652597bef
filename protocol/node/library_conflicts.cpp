// SPDX-License-Identifier: Apache-2.0
//
// Conflicts, as Library shows them: those that no rule of the type settles.
#include "protocol/history/replay.h"
#include "protocol/node/library_desk.h"

#include <algorithm>
#include <map>

namespace syncline::node {

namespace {

constexpr std::uint32_t conflict_rows_max = 1000;

// When each deletion of the entity was made, as far as its history can be read.
std::map<crdt::EventId, WallTime> deletions_of(Library::Desk& desk, EntityState& state) {
  std::map<crdt::EventId, WallTime> found;
  const auto segments = desk.vault.view().history(desk.draft, state);
  if (!segments) return found;
  (void)history::for_each_event(*segments, [&found](const history::PastEvent& event) {
    if (event.kind == history::EventKind::remove) found.emplace(event.id, event.wall);
    return true;
  }).has_value();
  return found;
}

// What a deletion lost against: the entity itself is there because somebody edited it.
step::ConflictRow revival_of(Library::Desk& desk, EntityState& state, const crdt::LogTable& table) {
  step::ConflictRow row = blank_row(desk, state);
  row.kind = crdt::ConflictKind::edited_and_deleted;
  const auto deletions = deletions_of(desk, state);
  for (const crdt::EventId& removed : state.removed.rows()) {
    const bool lost = std::ranges::any_of(state.removals, [&](const crdt::VersionVector& seen) {
      return seen.get(removed.log) == removed.seq;
    });
    if (!lost) continue;
    Signer signer = signer_of(desk, table.at(removed.log));
    const auto made = deletions.find(removed);
    row.removals.push_back({signer.device, std::move(signer.name),
                            made == deletions.end() ? std::nullopt : std::optional(made->second)});
  }
  const crdt::Age& age = state.document.age();
  if (age.events > 0) {
    Signer signer = signer_of(desk, table.at(age.log));
    row.values.push_back(
        {std::nullopt, crdt::Kind::map, signer.device, std::move(signer.name), age.wall});
  }
  return row;
}

void collect_conflicts(Library::Desk& desk, EntityState& state,
                       std::vector<step::ConflictRow>& out) {
  const crdt::LogTable& table = table_of(desk, state.space);
  if (state.is_revived()) out.push_back(revival_of(desk, state, table));
  for (const crdt::Conflict& conflict : settlement_of(desk, state).open) {
    step::ConflictRow row = blank_row(desk, state);
    row.path = conflict.path;
    row.kind = conflict.kind;
    for (const crdt::ConflictValue& value : conflict.values)
      row.values.push_back(value_row(desk, table, value));
    for (const crdt::Conflict::Removal& removal : conflict.removals) {
      Signer signer = signer_of(desk, table.at(removal.log));
      row.removals.push_back({signer.device, std::move(signer.name), removal.wall});
    }
    out.push_back(std::move(row));
  }
}

}  // namespace

Result<step::ConflictsAnswer> Library::conflicts(Desk& desk, const step::ConflictList& command) {
  step::ConflictsAnswer answer;
  if (command.entity) {
    const auto found = find_existing(desk, *command.entity);
    if (!found) return pass(found);
    if (!command.space || *command.space == (*found)->space)
      collect_conflicts(desk, **found, answer.conflicts);
    return answer;
  }
  desk.vault.flush_view(desk.draft, OpenVault::Flush::now);
  const std::size_t limit = std::clamp<std::uint32_t>(command.limit, 1, conflict_rows_max);
  // Spaces are few and told apart only by the entities themselves.
  std::vector<EntityId> entities;
  const Status listed = desk.vault.view().conflicting(desk.draft, [&](const EntityId& entity) {
    entities.push_back(entity);
    return command.space || entities.size() < limit;
  });
  if (!listed) return pass(listed);
  for (const EntityId& entity : entities) {
    const auto found = desk.vault.view().find(desk.draft, entity);
    if (!found) return pass(found);
    if (*found == nullptr || desk.vault.merge_of((*found)->space) == nullptr) continue;
    if (command.space && *command.space != (*found)->space) continue;
    collect_conflicts(desk, **found, answer.conflicts);
    if (answer.conflicts.size() >= limit) break;
  }
  return answer;
}

}  // namespace syncline::node
