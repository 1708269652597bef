// SPDX-License-Identifier: Apache-2.0
//
// Extras in the view: "table", space -> (log id 16)*n
//                     "cursor", log id -> device 16 (zero: unknown) | reader state
#include "protocol/node/space_merge.h"

#include "protocol/base/planted.h"

#include <algorithm>

namespace syncline::node {

namespace {
const DeviceId no_device{};
}  // namespace

Result<SpaceMerge> SpaceMerge::open(const StoreReader& reader, const View& view,
                                    const SpaceId& space) {
  SpaceMerge merge(space);
  const auto table = view.find_extra(reader, "table", space.view());
  if (!table) return pass(table);
  if (*table) {
    wire::Reader in(**table);
    while (in.ok() && in.left() > 0) merge.index_of(in.id<LogId>());
    if (!in.ok()) return fail(Errc::corrupt, "the log table of the view is damaged");
  }
  merge.saved_table_ = merge.table_.size();
  Status failed;
  const Status scanned =
      log::scan_heads(reader, [&](const LogId& log, const log::HeadRecord& head) {
        if (head.origin.space != space) return true;
        Cursor& cursor = merge.cursor_of(log);
        cursor.head = head.seq();
        const auto stored = view.find_extra(reader, "cursor", log.view());
        if (!stored || !*stored) {
          if (!stored) failed = pass(stored);
          return failed.has_value();
        }
        wire::Reader in(**stored);
        const DeviceId device = in.id<DeviceId>();
        auto state = log::LogReaderState::decode(space, log, in.rest());
        if (!in.ok() || !state) {
          failed = fail(Errc::corrupt, "a merge cursor of the view is damaged");
          return false;
        }
        cursor.state = std::move(*state);
        for (const log::KnownLog& known : cursor.state.known())
          cursor.past.raise(merge.index_of(known.log), known.seq);
        cursor.past.set(cursor.index, cursor.state.seq());
        merge.applied_.set(cursor.index, cursor.state.seq());
        if (device != no_device) merge.devices_[log] = device;
        return true;
      });
  if (!scanned) return pass(scanned);
  if (!failed) return pass(failed);
  return merge;
}

crdt::LogIndex SpaceMerge::index_of(const LogId& log) {
  const auto [found, added] = indexes_.try_emplace(log, static_cast<crdt::LogIndex>(table_.size()));
  if (added) table_.push_back(log);
  return found->second;
}

SpaceMerge::Cursor& SpaceMerge::cursor_of(const LogId& log) {
  const auto found = cursors_.find(log);
  if (found != cursors_.end()) return found->second;
  return cursors_
      .emplace(log,
               Cursor{index_of(log), log::LogReaderState(space_, log), {}, 0, {}, false, false})
      .first->second;
}

void SpaceMerge::grew(const LogId& log, std::uint64_t seq) {
  Cursor& cursor = cursor_of(log);
  cursor.head = std::max(cursor.head, seq);
}

std::uint64_t SpaceMerge::backlog() const {
  std::uint64_t sum = 0;
  for (const auto& [log, cursor] : cursors_)
    sum += cursor.head - std::min(cursor.head, applied_seq(cursor));
  return sum;
}

std::optional<DeviceId> SpaceMerge::device_of(const LogId& log) const {
  const auto found = devices_.find(log);
  return found == devices_.end() ? std::nullopt : std::optional(found->second);
}

Result<std::size_t> SpaceMerge::merge(Desk& desk, std::size_t budget) {
  std::size_t done = 0;
  bool progress = true;
  while (progress && done < budget) {
    progress = false;
    for (auto& [log, cursor] : cursors_) {
      if (cursor.stuck || applied_seq(cursor) >= cursor.head) continue;
      const auto read = read_log(desk, cursor, budget - done);
      if (!read) return pass(read);
      done += *read;
      if (*read > 0) {
        progress = true;
        // Whatever waited may have what it waited for now.
        for (auto& [other, waiting] : cursors_)
          if (&waiting != &cursor) waiting.stuck = false;
      }
      if (done >= budget) break;
    }
  }
  return done;
}

Result<bool> SpaceMerge::merge_own(Desk& desk, const LogId& log) {
  Cursor& own = cursor_of(log);
  constexpr std::size_t slice = 4096;
  while (applied_seq(own) < own.head) {
    const auto done = merge(desk, slice);
    if (!done) return pass(done);
    if (*done == 0) return false;
  }
  return true;
}

// Applies events of one log until it has to wait, ends, or the budget is used.
Result<std::size_t> SpaceMerge::read_log(Desk& desk, Cursor& cursor, std::size_t budget) {
  std::size_t done = 0;
  if (cursor.parked) {
    Parked parked = std::move(*cursor.parked);
    cursor.parked.reset();
    const auto outcome = try_apply(desk, cursor, std::move(parked.event), parked.entity);
    if (!outcome) return pass(outcome);
    if (*outcome == Outcome::waits) return done;
    ++done;
  }
  Status failed;
  const std::uint64_t from = cursor.state.seq() + 1;
  if (from > cursor.head) return done;
  const Status scanned = log::scan_blocks(
      desk.draft, cursor.state.log(), from, [&](const log::BlockView& block, Bytes) {
        if (cursor.state.seq() + 1 < block.header.first_seq) return false;
        for (std::size_t i = cursor.state.seq() + 1 - block.header.first_seq;
             i < block.events.size(); ++i) {
          if (done >= budget) return false;
          const auto outcome = read_event(desk, cursor, block.events[i]);
          if (!outcome) failed = pass(outcome);
          if (!outcome || *outcome == Outcome::waits) return false;
          ++done;
        }
        return true;
      });
  if (!scanned) return pass(scanned);
  if (!failed) return pass(failed);
  if (done == 0) cursor.stuck = true;
  return done;
}

Result<SpaceMerge::Outcome> SpaceMerge::read_event(Desk& desk, Cursor& cursor,
                                                   const log::EventView& event) {
  const log::EventKey* key = nullptr;
  std::optional<EntityId> entity;
  for (const space::SpaceKeys* epoch : desk.keys.epochs(space_)) {
    const EntityTag8 tag = log::unmask(event, epoch->header);
    if (tag == epoch->control.tag()) {
      key = &epoch->control;
      break;
    }
    const auto known = desk.entity_keys.by_tag(desk.draft, tag);
    if (!known) return pass(known);
    if (*known == nullptr || (*known)->space != space_) continue;
    key = &(*known)->key;
    entity = (*known)->entity;
    break;
  }
  if (key == nullptr) {  // its entity.create is in a log that is not read that far yet
    cursor.stuck = true;
    return Outcome::waits;
  }
  auto opened = log::EventCodec::open(cursor.state, *key, event);
  if (opened) return try_apply(desk, cursor, std::move(*opened), entity);
  // Signed by the log's owner, yet not an event: nothing to everybody (Spec E5).
  cursor.state.skip();
  advance(cursor);
  return Outcome::applied;
}

bool SpaceMerge::is_ready(const Cursor&, const log::OpenedEvent& event) {
  if (SYNCLINE_PLANTED(merge_ignores_causality)) return true;
  return std::ranges::all_of(event.deps, [&](const log::KnownLog& dep) {
    return applied_.covers(index_of(dep.log), dep.seq);
  });
}

Result<bool> SpaceMerge::deps_match(Desk& desk, const log::OpenedEvent& event) const {
  if (event.deps.empty()) return true;
  std::vector<log::Dep> deps;
  for (const log::KnownLog& known : event.deps) {
    const auto hash = desk.hashes.at(desk.draft, known.log, known.seq);
    if (!hash) return pass(hash);
    deps.push_back({known.log, known.seq, *hash});
  }
  return event.digest && log::deps_digest(std::move(deps)) == *event.digest;
}

Result<SpaceMerge::Outcome> SpaceMerge::try_apply(Desk& desk, Cursor& cursor,
                                                  log::OpenedEvent event,
                                                  std::optional<EntityId> entity) {
  if (!is_ready(cursor, event)) {
    cursor.parked = Parked{std::move(event), entity};
    cursor.stuck = true;
    return Outcome::waits;
  }
  const auto match = deps_match(desk, event);
  if (!match) return pass(match);
  for (const log::KnownLog& dep : event.deps) cursor.past.raise(index_of(dep.log), dep.seq);
  // An author that saw another version of those events than everybody else made a void event, and
  // so did one that sealed it under the key of the other kind (Spec E7).
  const auto kind = entity ? log::EventKind::entity : log::EventKind::control;
  if (*match && event.kind == kind) {
    const Status applied =
        entity ? apply_entity(desk, cursor, event, *entity) : apply_control(desk, cursor, event);
    if (!applied) return pass(applied);
  }
  advance(cursor);
  return Outcome::applied;
}

void SpaceMerge::advance(Cursor& cursor) {
  cursor.past.set(cursor.index, cursor.state.seq());
  applied_.set(cursor.index, cursor.state.seq());
  cursor.moved = true;
}

Status SpaceMerge::apply_entity(Desk& desk, Cursor& cursor, const log::OpenedEvent& event,
                                const EntityId& entity) {
  const auto body = decode_body(event.body);
  if (!body) return {};  // void everywhere: the body is a pure function of the event (Spec C1)
  auto found = desk.view.find(desk.draft, entity);
  if (!found) return pass(found);
  EntityState& state = *found == nullptr ? desk.view.create(entity, space_) : **found;
  const bool existed = state.exists();
  const crdt::EventContext context{cursor.index, cursor.state.seq(), cursor.past, event.wall,
                                   table_};
  if (state.document.wants_history(context.past)) {
    const Status recalled = desk.view.recall(desk.draft, state, table_);
    if (!recalled) return recalled;
  }
  const crdt::Applied applied = state.apply(context, *body);
  if (applied.effect == crdt::Effect::duplicate) return {};
  desk.view.changed(state);
  Touch& touch = desk.touches.try_emplace(entity, Touch{space_, false, false}).first->second;
  if (!existed) touch.created = true;
  return {};
}

Status SpaceMerge::apply_control(Desk& desk, Cursor& cursor, const log::OpenedEvent& event) {
  auto body = space::decode_control(event.body);
  if (!body) return {};
  if (auto* create = std::get_if<space::EntityCreate>(&*body)) {
    const space::SpaceKeys* newest = desk.keys.newest(space_);
    for (const space::EntityGrant& grant : create->entities) {
      const Status added = desk.entity_keys.add(
          desk.draft, {space_, grant.entity, newest->epoch, grant.key}, desk.random);
      if (!added && added.error().code != Errc::already_exists) return added;
    }
    return {};
  }
  const auto& certificate = std::get<space::LogCertificate>(*body);
  const auto device = desk.roster.devices().find(certificate.device);
  if (device != desk.roster.devices().end() &&
      space::verify_certificate(certificate, device->second.cert, cursor.state.log()))
    certified_[cursor.state.log()] = devices_[cursor.state.log()] = certificate.device;
  return {};
}

log::LogReaderState& SpaceMerge::own_state(const LogId& log) { return cursor_of(log).state; }

crdt::Applied SpaceMerge::apply_own(Desk& desk, const LogId& log, WallTime wall, EntityState& state,
                                    const EntityBody& body) {
  Cursor& cursor = cursor_of(log);
  // The author of a new event has seen everything that is applied here.
  cursor.past = applied_;
  const bool existed = state.exists();
  const crdt::EventContext context{cursor.index, cursor.state.seq(), cursor.past, wall, table_};
  const crdt::Applied applied = state.apply(context, body);
  desk.view.changed(state);
  Touch& touch = desk.touches.try_emplace(state.entity, Touch{space_, false, true}).first->second;
  if (!existed) touch.created = true;
  touch.local = true;
  advance(cursor);
  cursor.head = cursor.state.seq();
  return applied;
}

void SpaceMerge::apply_own_control(const LogId& log, const std::optional<DeviceId>& certified) {
  if (certified) devices_[log] = *certified;
  Cursor& cursor = cursor_of(log);
  cursor.past = applied_;
  advance(cursor);
  cursor.head = cursor.state.seq();
}

void SpaceMerge::save(View& view) {
  if (saved_table_ != table_.size()) {
    wire::Writer out;
    for (const LogId& log : table_) out.id(log);
    view.put_extra("table", space_.view(), out.take());
    saved_table_ = table_.size();
  }
  for (auto& [log, cursor] : cursors_) {
    // A parked event has been opened but not applied: the earlier cursor stays, and what
    // follows it is applied again after a restart, which changes nothing.
    if (!cursor.moved || cursor.parked) continue;
    wire::Writer out;
    const auto device = devices_.find(log);
    out.id(device == devices_.end() ? no_device : device->second).fixed(cursor.state.encode());
    view.put_extra("cursor", log.view(), out.take());
    cursor.moved = false;
  }
}

}  // namespace syncline::node
