// SPDX-License-Identifier: Apache-2.0
//
// Library: what local programs do with entities: create, read, change, delete, list, resolve.
//
// Every function works on an unlocked vault and writes through its author. Ops are checked
// against the entity as it is now before anything is written, so a caller's mistake is an
// error and never an event. Waiting for other devices is not done here (waits.h).
#pragma once

#include "protocol/node/open_vault.h"
#include "protocol/step/command.h"

namespace syncline::node {

class Library {
 public:
  struct Desk {
    OpenVault& vault;
    log::Draft& draft;
    Random& random;
    WallTime now;
  };
  // What was written and where: the answer, and the event that must be durable for it.
  struct Written {
    step::WrittenAnswer answer;
    LogId log;
    std::uint64_t seq = 0;  // 0: nothing was written now (an earlier call with this key)
  };

  // Errors of all: Errc::not_found, Errc::invalid, Errc::conflict, Errc::oversized, Errc::busy.
  static Result<Written> create(Desk& desk, step::EntityCreate command);
  static Result<Written> update(Desk& desk, step::EntityUpdate command);
  // As if something was written that changed nothing.
  static Result<Written> unchanged(Desk& desk, const EntityId& entity);
  static Result<Written> remove(Desk& desk, const step::EntityDelete& command);
  static Result<Written> resolve(Desk& desk, const step::ConflictResolve& command);
  static Result<Written> restore(Desk& desk, const step::EntityRestore& command);
  static Result<Written> undo(Desk& desk, const step::EntityUndo& command);
  static Result<Written> name_version(Desk& desk, const step::VersionName& command);
  static Result<Written> remove_name(Desk& desk, const step::VersionRemove& command);
  static Result<Written> declare(Desk& desk, const step::TypeDeclare& command);

  static Result<step::EntityAnswer> get(Desk& desk, const step::EntityGet& command);
  static Result<step::EntitiesAnswer> list(Desk& desk, const step::EntityList& command);
  static Result<step::HistoryAnswer> history(Desk& desk, const step::EntityHistory& command);
  static Result<step::DiffAnswer> diff(Desk& desk, const step::EntityDiff& command);
  static Result<step::CursorAnswer> cursor(Desk& desk, const step::TextCursor& command);
  static Result<step::CursorPlacesAnswer> places(Desk& desk, const step::TextResolve& command);
  static Result<step::BlameAnswer> blame(Desk& desk, const step::TextBlame& command);
  static Result<step::NamedVersionsAnswer> names(Desk& desk, const step::VersionList& command);
  static Result<step::ConflictsAnswer> conflicts(Desk& desk, const step::ConflictList& command);
  static Result<step::TypesAnswer> types(Desk& desk);
};

}  // namespace syncline::node
