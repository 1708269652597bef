// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/library_desk.h"

#include "protocol/node/version_names.h"

namespace syncline::node {

Result<EntityState*> find_existing(Library::Desk& desk, const EntityId& entity) {
  auto found = desk.vault.view().find(desk.draft, entity);
  if (!found) return found;
  if (*found == nullptr || !(*found)->exists())
    return fail(Errc::not_found, "no such entity here; `syncline ls` lists them");
  return found;
}

Status check_version(Library::Desk& desk, const EntityState& state, const std::string& wanted) {
  if (wanted.empty() || state.version(table_of(desk, state.space)) == wanted) return {};
  if (!is_version(wanted))
    return fail(
        Errc::invalid,
        "if_version is no version; take the one that entity.get or the last change answered "
        "with");
  return fail(Errc::conflict, "the entity changed meanwhile; get it again and repeat the change");
}

const crdt::LogTable& table_of(const Library::Desk& desk, const SpaceId& space) {
  return desk.vault.merge_of(space)->table();
}

crdt::Rehearsal::Scene scene_of(const Library::Desk& desk, const EntityState& state) {
  const SpaceMerge& merge = *desk.vault.merge_of(state.space);
  return {state.document, merge.applied(), merge.table(), desk.now,
          desk.vault.view().types().find(state.space, state.type)};
}

Signer signer_of(const Library::Desk& desk, const LogId& log) {
  const auto device = desk.vault.device_of(log);
  if (!device) return {};
  return {*device, desk.vault.device_name(*device)};
}

crdt::Settlement settlement_of(const Library::Desk& desk, const EntityState& state) {
  const crdt::RuleSet* rules = desk.vault.view().types().find(state.space, state.type);
  return crdt::settle(rules ? *rules : crdt::RuleSet(), state.document.conflicts());
}

bool is_own_type(std::string_view type) { return type.substr(0, own_types.size()) == own_types; }

step::ConflictRow blank_row(const Library::Desk& desk, const EntityState& state) {
  step::ConflictRow row;
  row.entity = state.entity;
  row.space = state.space;
  row.type = state.type;
  row.version = state.version(table_of(desk, state.space));
  return row;
}

step::ConflictValue value_row(const Library::Desk& desk, const crdt::LogTable& table,
                              const crdt::ConflictValue& value) {
  Signer signer = signer_of(desk, table.at(value.log));
  return {value.value, value.container, signer.device, std::move(signer.name), value.wall};
}

Result<Library::Written> write_plan(Library::Desk& desk, Author& author, EntityState& state,
                                    EntityBody body, EditPlan plan) {
  SpaceMerge& merge = *desk.vault.merge_of(state.space);
  SpaceMerge::Desk working = desk.vault.desk(desk.draft);
  // Also what says nothing of the document is an event: a creation, a deletion, a decision.
  if (plan.groups.empty()) plan.groups.emplace_back();
  for (std::vector<crdt::Op>& group : plan.groups) {
    body.ops = std::move(group);
    const auto applied = author.write(working, merge, state, body, desk.now);
    if (!applied) return pass(applied);
    body.kind = BodyKind::edit;
  }
  Library::Written written;
  written.answer = {state.entity, state.version(merge.table()),
                    static_cast<std::uint32_t>(plan.ops), std::move(plan.nodes_made)};
  written.log = author.log();
  written.seq = author.seq();
  return written;
}

Result<Library::Written> write_own(Library::Desk& desk, const OwnEntity& own,
                                   const crdt::Shape& patch) {
  View& view = desk.vault.view();
  const auto author = desk.vault.author(desk.draft, own.space);
  if (!author) return pass(author);
  const auto found = view.find(desk.draft, own.entity);
  if (!found) return pass(found);
  const bool exists = *found != nullptr && (*found)->exists();
  EntityState blank;
  blank.space = own.space;
  auto plan = plan_rewrite(scene_of(desk, exists ? **found : blank), step::MergePatch{patch});
  if (!plan) return pass(plan);
  if (exists && plan->empty()) {
    Library::Written unchanged;
    unchanged.answer = {own.entity, (*found)->version(table_of(desk, own.space)), 0};
    return unchanged;
  }
  if (!exists) {
    SpaceMerge::Desk working = desk.vault.desk(desk.draft);
    const Status granted =
        (*author)->grant(working, *desk.vault.merge_of(own.space), own.entity, desk.now);
    if (!granted) return pass(granted);
  }
  EntityState& state = *found != nullptr ? **found : view.create(own.entity, own.space);
  const BodyKind kind = exists ? BodyKind::edit : BodyKind::create;
  return write_plan(desk, **author, state,
                    {kind, exists ? std::string() : std::string(own.type), {}}, std::move(*plan));
}

}  // namespace syncline::node
