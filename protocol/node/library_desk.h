// SPDX-License-Identifier: Apache-2.0
//
// What the parts of Library share: finding an entity, who signed what, the rules of its type, and
// writing what was planned.
#pragma once

#include "protocol/crdt/rehearsal.h"
#include "protocol/node/entity_edit.h"
#include "protocol/node/library.h"

#include <optional>
#include <string>
#include <string_view>

namespace syncline::node {

// Errors: Errc::not_found.
Result<EntityState*> find_existing(Library::Desk& desk, const EntityId& entity);
// Errc::conflict unless `wanted` is empty or the version it has; Errc::invalid if it is none.
Status check_version(Library::Desk& desk, const EntityState& state, const std::string& wanted);

// The version that `text` names: itself, or what it is the name of. Errors: Errc::not_found.
Result<std::string> version_called(Library::Desk& desk, const EntityState& entity,
                                   const std::string& text);
// The entity as it was at a version, or the name of one. Errors: Errc::not_found.
Result<EntityState> entity_at(Library::Desk& desk, EntityState& now, const std::string& version);

// The same; nothing for no version, which means as it is now.
Result<std::optional<EntityState>> entity_then(Library::Desk& desk, EntityState& now,
                                               const std::string& version);

const crdt::LogTable& table_of(const Library::Desk& desk, const SpaceId& space);
// To try changes on. Valid until the entity or its space changes.
crdt::Rehearsal::Scene scene_of(const Library::Desk& desk, const EntityState& state);

struct Signer {
  DeviceId device;
  std::string name;
};
Signer signer_of(const Library::Desk& desk, const LogId& log);

// What the rules of the type make of the entity's conflicts, and how it reads under them.
crdt::Settlement settlement_of(const Library::Desk& desk, const EntityState& state);
bool is_own_type(std::string_view type);

// Where the entity and its version stand filled in.
step::ConflictRow blank_row(const Library::Desk& desk, const EntityState& state);
step::ConflictValue value_row(const Library::Desk& desk, const crdt::LogTable& table,
                              const crdt::ConflictValue& value);

// Writes what was planned as one or more events. `body` gives kind and type of the first.
Result<Library::Written> write_plan(Library::Desk& desk, Author& author, EntityState& state,
                                    EntityBody body, EditPlan plan);

// An entity of a type of our own, which is made by whoever writes it first.
struct OwnEntity {
  SpaceId space;
  EntityId entity;
  std::string_view type;
};
// Writes a merge patch into it. Errors: as plan_rewrite, OpenVault::author.
Result<Library::Written> write_own(Library::Desk& desk, const OwnEntity& own,
                                   const crdt::Shape& patch);

}  // namespace syncline::node
