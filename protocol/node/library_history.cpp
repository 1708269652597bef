// SPDX-License-Identifier: Apache-2.0
//
// The part of Library that looks back: versions, what differs between them, and going back.
#include "protocol/history/mark_comparison.h"
#include "protocol/history/replay.h"
#include "protocol/history/taking_back.h"
#include "protocol/node/entity_past.h"
#include "protocol/node/library_desk.h"
#include "protocol/node/undo_marks.h"

#include <algorithm>
#include <tuple>

namespace syncline::node {

namespace {

constexpr std::uint32_t versions_max = 1000;
// So many places are named of one change.
constexpr std::size_t places_max = 16;

// ---- what a change did, in short -----------------------------------------------------------

struct PlaceOf {
  crdt::Path path;

  crdt::Path below(crdt::Step step) {
    path.push_back(std::move(step));
    return std::move(path);
  }
  crdt::Path operator()(const crdt::MapSet& op) { return below(op.key); }
  crdt::Path operator()(const crdt::MapRemove& op) { return below(op.key); }
  crdt::Path operator()(const crdt::MapKeep& op) { return below(op.key); }
  crdt::Path operator()(const crdt::ListInsert& op) { return below(op.index); }
  crdt::Path operator()(const crdt::ListRemove& op) { return below(op.index); }
  crdt::Path operator()(const crdt::ListSet& op) { return below(op.index); }
  crdt::Path operator()(const crdt::ListKeep& op) { return below(op.index); }
  template <class Other>
  crdt::Path operator()(const Other&) {
    return std::move(path);
  }
};

struct PastRow {
  crdt::EventId id;
  std::uint64_t lamport = 0;
  step::VersionRow shown;  // without names
};

step::VersionKind kind_shown(history::EventKind kind) {
  switch (kind) {
    case history::EventKind::edit: return step::VersionKind::edit;
    case history::EventKind::create: return step::VersionKind::create;
    case history::EventKind::remove: return step::VersionKind::remove;
  }
  return step::VersionKind::edit;
}

PastRow row_of_past(const history::PastEvent& event) {
  PastRow row{event.id, event.lamport, {}};
  row.shown.at = event.wall;
  row.shown.ops = static_cast<std::uint32_t>(event.ops.size());
  row.shown.kind = kind_shown(event.kind);
  for (const crdt::Op& op : event.ops) {
    if (const auto* edit = std::get_if<crdt::TextEdit>(&op.action))
      for (const crdt::TextSplice& splice : edit->splices) {
        row.shown.inserted += splice.inserted;
        row.shown.removed += splice.removed;
      }
    crdt::Path place = std::visit(PlaceOf{op.path}, op.action);
    if (row.shown.changed.size() == places_max) continue;
    if (std::ranges::find(row.shown.changed, place) == row.shown.changed.end())
      row.shown.changed.push_back(std::move(place));
  }
  return row;
}

// ---- versions ------------------------------------------------------------------------------

struct Past {
  std::vector<Buffer> segments;
  const crdt::LogTable& logs;
};

Result<Past> past_of_entity(Library::Desk& desk, EntityState& state) {
  auto segments = desk.vault.view().history(desk.draft, state);
  if (!segments) return pass(segments);
  return Past{std::move(*segments), desk.vault.merge_of(state.space)->table()};
}

Result<EntityState> entity_in(const Past& past, const EntityState& now, const std::string& name) {
  const auto version = find_version(past.segments, past.logs, name);
  if (!version) return pass(version);
  return state_at(past.segments, past.logs, *version, now);
}

// Both as the rules of the type show them, like everywhere else.
std::vector<history::Change> changes_between(const crdt::Document& from, const crdt::Document& to,
                                             crdt::Positions unit, const crdt::RuleSet* rules) {
  const auto shape_of_all = [rules](const crdt::Document& document) {
    return crdt::shape_under(rules, document, {})
        .value_or(crdt::Shape{crdt::Kind::map, crdt::ShapeMap(), {}});
  };
  const crdt::Shape before = shape_of_all(from), after = shape_of_all(to);
  std::vector<history::Change> changes = history::compare(before, after, unit);
  for (history::Change& mark : history::compare_marks({from, before}, {to, after}, unit))
    changes.push_back(std::move(mark));
  return changes;
}

// ---- undo ----------------------------------------------------------------------------------

Result<UndoMarks> marks_of(Library::Desk& desk, const EntityState& state, const Author& author) {
  wire::Writer subject;
  subject.id(state.entity).id(author.log());
  const auto stored = desk.vault.view().find_kept(desk.draft, "undo", subject.view());
  if (!stored) return pass(stored);
  if (!*stored) return UndoMarks();
  wire::Reader in(**stored);
  UndoMarks marks = UndoMarks::decode(in);
  return in.ok() ? std::move(marks) : UndoMarks();
}

void keep_marks(Library::Desk& desk, const EntityState& state, const Author& author,
                const UndoMarks& marks) {
  wire::Writer subject;
  subject.id(state.entity).id(author.log());
  desk.vault.view().keep(desk.draft, "undo", subject.view(), marks.encode(), desk.random);
}

Result<UndoStack::Entry> next_to_take_back(const Past& past, crdt::LogIndex own,
                                           const UndoMarks& marks, UndoRole role) {
  UndoStack stack(marks);
  const Status read = history::for_each_event(past.segments, [&](const history::PastEvent& event) {
    if (event.id.log == own) stack.add(event.id.seq, event.kind);
    return true;
  });
  if (!read) return pass(read);
  const auto next = stack.next(role);
  if (next) return *next;
  return fail(Errc::not_found, role == UndoRole::undo
                                   ? "there is nothing that this device could undo here"
                                   : "there is nothing that this device could redo here");
}

EditPlan plan_of(std::vector<crdt::Op> ops) {
  const std::size_t count = ops.size();
  if (count == 0) return {};
  return {split_ops(std::move(ops)), count};
}

crdt::LogIndex index_in(const crdt::LogTable& logs, const LogId& log) {
  return static_cast<crdt::LogIndex>(std::ranges::find(logs, log) - logs.begin());
}

}  // namespace

Result<step::HistoryAnswer> Library::history(Desk& desk, const step::EntityHistory& command) {
  const auto found = find_existing(desk, command.entity);
  if (!found) return pass(found);
  const auto past = past_of_entity(desk, **found);
  if (!past) return pass(past);
  std::vector<PastRow> rows;
  const Status read = history::for_each_event(past->segments, [&](const history::PastEvent& event) {
    rows.push_back(row_of_past(event));
    return true;
  });
  if (!read) return pass(read);
  // Spec C12: newest first.
  std::ranges::sort(rows, [&](const PastRow& a, const PastRow& b) {
    return std::tuple(a.lamport, past->logs.at(a.id.log)) >
           std::tuple(b.lamport, past->logs.at(b.id.log));
  });
  auto next = rows.begin();
  if (!command.cursor.empty()) {
    next = std::ranges::find_if(rows, [&](const PastRow& row) {
      return name_of_version(past->logs, row.id) == command.cursor;
    });
    if (next == rows.end())
      return fail(Errc::invalid, "the cursor is not one that entity.history gave");
    ++next;
  }
  const std::size_t limit = std::clamp<std::uint32_t>(command.limit, 1, versions_max);
  step::HistoryAnswer answer;
  for (; next != rows.end() && answer.versions.size() < limit; ++next) {
    next->shown.version = name_of_version(past->logs, next->id);
    Signer signer = signer_of(desk, past->logs.at(next->id.log));
    next->shown.device = signer.device;
    next->shown.device_name = std::move(signer.name);
    answer.versions.push_back(std::move(next->shown));
  }
  if (next != rows.end()) answer.cursor = answer.versions.back().version;
  return answer;
}

Result<EntityState> entity_at(Library::Desk& desk, EntityState& now, const std::string& version) {
  const auto called = version_called(desk, now, version);
  if (!called) return pass(called);
  const auto past = past_of_entity(desk, now);
  if (!past) return pass(past);
  return entity_in(*past, now, *called);
}

Result<std::optional<EntityState>> entity_then(Library::Desk& desk, EntityState& now,
                                               const std::string& version) {
  if (version.empty()) return std::optional<EntityState>();
  auto then = entity_at(desk, now, version);
  if (!then) return pass(then);
  return std::optional<EntityState>(std::move(*then));
}

Result<step::DiffAnswer> Library::diff(Desk& desk, const step::EntityDiff& command) {
  const auto found = find_existing(desk, command.entity);
  if (!found) return pass(found);
  const EntityState& now = **found;
  const auto first = version_called(desk, now, command.from);
  if (!first) return pass(first);
  const auto past = past_of_entity(desk, **found);
  if (!past) return pass(past);
  const auto from = entity_in(*past, now, *first);
  if (!from) return pass(from);
  const crdt::RuleSet* rules = scene_of(desk, now).rules;
  step::DiffAnswer answer;
  if (command.to.empty()) {
    answer.to = now.version(past->logs);
    answer.changes = changes_between(from->document, now.document, command.positions, rules);
    return answer;
  }
  auto last = version_called(desk, now, command.to);
  if (!last) return pass(last);
  const auto to = entity_in(*past, now, *last);
  if (!to) return pass(to);
  answer.to = std::move(*last);
  answer.changes = changes_between(from->document, to->document, command.positions, rules);
  return answer;
}

namespace {

enum class Existence : std::uint8_t { there, deleted };
Existence existence_of(const EntityState& state) {
  return state.is_deleted() ? Existence::deleted : Existence::there;
}

// That an entity went or came back is a change of its own.
Result<Library::Written> counted(Result<Library::Written> written, const EntityState& state,
                                 Existence before) {
  if (written && existence_of(state) != before) ++written->answer.ops_applied;
  return written;
}

}  // namespace

Result<Library::Written> Library::restore(Desk& desk, const step::EntityRestore& command) {
  const auto found = find_existing(desk, command.entity);
  if (!found) return pass(found);
  const Status current = check_version(desk, **found, command.if_version);
  if (!current) return pass(current);
  EntityState& now = **found;
  const auto then = entity_at(desk, now, command.version);
  if (!then) return pass(then);
  if (then->is_deleted())
    return fail(Errc::invalid, "the entity was deleted at that version; restore an earlier one");
  const auto author = desk.vault.author(desk.draft, now.space);
  if (!author) return pass(author);
  auto ops = history::ops_to_restore(then->document, scene_of(desk, now));
  if (!ops) return pass(ops);
  const Existence existed = existence_of(now);
  if (ops->empty() && !now.is_deleted()) {
    Written unchanged;
    unchanged.answer = {now.entity, now.version(desk.vault.merge_of(now.space)->table()), 0};
    return unchanged;
  }
  return counted(
      write_plan(desk, **author, now, {BodyKind::edit, {}, {}}, plan_of(std::move(*ops))), now,
      existed);
}

namespace {

// What an undoing or redoing has to write.
struct TakingBack {
  BodyKind kind = BodyKind::edit;
  std::vector<crdt::Op> ops;
};

Result<TakingBack> plan_taking_back(Library::Desk& desk, EntityState& state, const Author& author,
                                    const UndoMarks& marks, UndoRole role) {
  const auto past = past_of_entity(desk, state);
  if (!past) return pass(past);
  const crdt::LogIndex own = index_in(past->logs, author.log());
  const auto entry = next_to_take_back(*past, own, marks, role);
  if (!entry && state.is_deleted())
    return fail(Errc::not_found,
                "this device has nothing to undo or redo here, and the entity is deleted; "
                "`syncline restore ENTITY VERSION` (entity.restore) brings it back");
  if (!entry) return pass(entry);
  if (entry->kind == history::EventKind::remove) {
    // Spec C18: any edit that has seen a deletion ends it.
    const bool again = role == UndoRole::redo;
    return TakingBack{again ? BodyKind::remove : BodyKind::edit, {}};
  }
  if (state.is_deleted())
    return fail(Errc::conflict,
                "the entity is deleted; first bring it back with `syncline restore ENTITY VERSION` "
                "(entity.restore)");
  auto ops = history::ops_to_take_back(
      past->segments, scene_of(desk, state),
      {{own, entry->first, entry->last}, {own, entry->redone_first, entry->redone_last}});
  if (!ops) return pass(ops);
  return TakingBack{BodyKind::edit, std::move(*ops)};
}

}  // namespace

Result<Library::Written> Library::undo(Desk& desk, const step::EntityUndo& command) {
  const UndoRole role =
      command.direction == step::UndoDirection::back ? UndoRole::undo : UndoRole::redo;
  const auto found = find_existing(desk, command.entity);
  if (!found) return pass(found);
  const Status current = check_version(desk, **found, command.if_version);
  if (!current) return pass(current);
  EntityState& state = **found;
  const auto author = desk.vault.author(desk.draft, state.space);
  if (!author) return pass(author);
  auto marks = marks_of(desk, state, **author);
  if (!marks) return pass(marks);
  auto plan = plan_taking_back(desk, state, **author, *marks, role);
  if (!plan) return pass(plan);
  const std::uint64_t first = (*author)->seq() + 1;
  const Existence existed = existence_of(state);
  // Also without ops, if all of it was written over since: what was undone is not undone again.
  auto written = counted(
      write_plan(desk, **author, state, {plan->kind, {}, {}}, plan_of(std::move(plan->ops))), state,
      existed);
  if (!written) return written;
  marks->add({first, (*author)->seq(), role});
  keep_marks(desk, state, **author, *marks);
  return written;
}

}  // namespace syncline::node
