// SPDX-License-Identifier: Apache-2.0
//
// The writing half of Library: every write is checked, authored, and remembered under its
// idempotency key.
#include "protocol/node/entity_edit.h"
#include "protocol/node/library_desk.h"
#include "protocol/node/once.h"
#include "protocol/node/spelling.h"

#include <algorithm>

namespace syncline::node {

namespace {

// What ends a conflict by writing another value.
Result<EditPlan> plan_settling(const crdt::Rehearsal::Scene& scene,
                               const step::ConflictResolve& command) {
  const auto all = scene.document.conflicts();
  const auto conflict = std::ranges::find_if(all, [&command](const crdt::Conflict& each) {
    return each.path == command.slot && (!command.kind || each.kind == *command.kind);
  });
  if (conflict == all.end())
    return fail(Errc::not_found, "there is no conflict at " + spelled(command.slot));
  if (conflict->kind == crdt::ConflictKind::move_lost)
    return fail(Errc::invalid,
                "a place is no value: choose one of those that conflict.list gives, or move it "
                "with tree.move or list.move");
  auto plan = plan_put(scene, {command.slot, *command.value});
  // Writing into a node says nothing of whether it should be there.
  if (plan && std::holds_alternative<crdt::NodeStep>(command.slot.back())) {
    auto settling = scene.document.ops_to_resolve(command.slot, 0, command.kind);
    if (!settling) return pass(settling);
    plan->ops += settling->size();
    plan->groups.insert(plan->groups.begin(), std::move(*settling));
  }
  return plan;
}

}  // namespace

Result<Library::Written> Library::create(Desk& desk, step::EntityCreate command) {
  const Digest request = request_of(command);
  auto earlier = find_earlier(desk, command.idempotency_key, request);
  if (!earlier) return pass(earlier);
  if (*earlier) return std::move(**earlier);
  if (command.type.size() > type_size_max)
    return fail(Errc::oversized, "a type may have at most 64 bytes");
  if (is_own_type(command.type))
    return fail(Errc::forbidden, "types that begin with \"syncline.\" are not for apps");
  const std::optional<SpaceId> space = command.space ? command.space : desk.vault.home();
  if (!space)
    return fail(Errc::busy, "the home space has not arrived yet; wait for the first sync");
  const auto author = desk.vault.author(desk.draft, *space);
  if (!author) return pass(author);
  EntityState blank;
  blank.space = *space;
  auto plan = plan_edits(scene_of(desk, blank), std::move(command.ops), crdt::Positions::scalars,
                         desk.random);
  if (!plan) return pass(plan);
  EntityId entity;
  desk.random.fill(entity.bytes);
  SpaceMerge::Desk working = desk.vault.desk(desk.draft);
  const Status granted = (*author)->grant(working, *desk.vault.merge_of(*space), entity, desk.now);
  if (!granted) return pass(granted);
  EntityState& state = desk.vault.view().create(entity, *space);
  auto written = write_plan(desk, **author, state, {BodyKind::create, std::move(command.type), {}},
                            std::move(*plan));
  if (!written) return written;
  const Status remembered = remember(desk, command.idempotency_key, request, written->answer);
  if (!remembered) return pass(remembered);
  return written;
}

Result<Library::Written> Library::update(Desk& desk, step::EntityUpdate command) {
  const Digest request = request_of(command);
  auto earlier = find_earlier(desk, command.idempotency_key, request);
  if (!earlier) return pass(earlier);
  if (*earlier) return std::move(**earlier);
  const auto state = find_existing(desk, command.entity);
  if (!state) return pass(state);
  const Status current = check_version(desk, **state, command.if_version);
  if (!current) return pass(current);
  const auto author = desk.vault.author(desk.draft, (*state)->space);
  if (!author) return pass(author);
  const crdt::Rehearsal::Scene scene = scene_of(desk, **state);
  auto plan = command.rewrite ? plan_rewrite(scene, *command.rewrite, command.marks)
                              : plan_edits(scene, std::move(command.ops), command.positions,
                                           desk.random, command.origins);
  if (!plan) return pass(plan);
  Written unchanged;
  unchanged.answer = {(*state)->entity, (*state)->version(scene.logs), 0};
  if (plan->empty()) return unchanged;
  auto written = write_plan(desk, **author, **state, {BodyKind::edit, {}, {}}, std::move(*plan));
  if (!written) return written;
  const Status remembered = remember(desk, command.idempotency_key, request, written->answer);
  if (!remembered) return pass(remembered);
  return written;
}

Result<Library::Written> Library::unchanged(Desk& desk, const EntityId& entity) {
  const auto state = find_existing(desk, entity);
  if (!state) return pass(state);
  Written written;
  written.answer = {entity, (*state)->version(table_of(desk, (*state)->space)), 0};
  return written;
}

Result<Library::Written> Library::remove(Desk& desk, const step::EntityDelete& command) {
  const auto state = find_existing(desk, command.entity);
  if (!state) return pass(state);
  const Status current = check_version(desk, **state, command.if_version);
  if (!current) return pass(current);
  const auto author = desk.vault.author(desk.draft, (*state)->space);
  if (!author) return pass(author);
  if ((*state)->is_deleted()) return unchanged(desk, command.entity);
  auto written = write_plan(desk, **author, **state, {BodyKind::remove, {}, {}}, {});
  // That it went is a change of its own.
  if (written) written->answer.ops_applied = 1;
  return written;
}

Result<Library::Written> Library::resolve(Desk& desk, const step::ConflictResolve& command) {
  const auto state = find_existing(desk, command.entity);
  if (!state) return pass(state);
  const Status current = check_version(desk, **state, command.if_version);
  if (!current) return pass(current);
  const auto author = desk.vault.author(desk.draft, (*state)->space);
  if (!author) return pass(author);
  // The empty slot is the entity itself: keep it by any edit, or delete it.
  if (command.slot.empty()) {
    if (command.value)
      return fail(Errc::invalid, "an entity is kept or deleted: choose 0 or \"removal\"");
    if (!(*state)->is_revived()) return fail(Errc::not_found, "this entity has no such conflict");
    const BodyKind kind = command.choose ? BodyKind::edit : BodyKind::remove;
    return write_plan(desk, **author, **state, {kind, {}, {}}, {});
  }
  if (command.value) {
    auto plan = plan_settling(scene_of(desk, **state), command);
    if (!plan) return pass(plan);
    return write_plan(desk, **author, **state, {BodyKind::edit, {}, {}}, std::move(*plan));
  }
  std::optional<std::size_t> choose;
  if (command.choose) choose = *command.choose;
  auto settling = (*state)->document.ops_to_resolve(command.slot, choose, command.kind);
  if (!settling)
    return fail(settling.error().code, spelled(command.slot) + ": " + settling.error().context);
  EditPlan plan{{std::move(*settling)}, 1};
  return write_plan(desk, **author, **state, {BodyKind::edit, {}, {}}, std::move(plan));
}

}  // namespace syncline::node
