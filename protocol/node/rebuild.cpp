// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/rebuild.h"

#include "protocol/node/entity_hash.h"

#include <algorithm>

namespace syncline::node {

namespace {

constexpr std::size_t slice_entities = 512;
constexpr std::size_t slice_bytes = std::size_t{4} << 20;
// More are counted, not named.
constexpr std::size_t named_max = 100;

std::uint64_t short_hash(const EntityState& state, const crdt::LogTable& logs) {
  const Digest digest = hash_of(state, logs);
  return wire::Reader(digest.view()).u64();
}

}  // namespace

void Rebuild::start(House& house, Turn& turn, RequestId request) {
  if (is_running())
    return turn.reply_error(request, {Errc::busy, "the view is being made anew already; wait"});
  house.vault->flush_view(turn.draft, OpenVault::Flush::now);
  *this = Rebuild();
  phase_ = Phase::before;
  request_ = request;
  turn.must_settle = true;
  turn.note(step::NoteLevel::normal, "view", "the view is made anew from the log, as was asked");
}

void Rebuild::forget(RequestId request) {
  if (request_ == request) request_.reset();
}

void Rebuild::stop(Turn& turn, const Error& reason) {
  if (is_running()) finish(turn, tl::unexpected<Error>(reason));
}

void Rebuild::finish(Turn& turn, Result<step::Answer> answer) {
  if (request_) turn.reply(*request_, std::move(answer));
  *this = Rebuild();
}

void Rebuild::advance(House& house, Turn& turn, Merged merged) {
  // Nothing of it is news to anybody.
  house.vault->touches().clear();
  switch (phase_) {
    case Phase::idle: break;
    case Phase::before: read_before(house, turn); break;
    case Phase::merging:
      if (merged == Merged::partly) break;
      house.vault->flush_view(turn.draft, OpenVault::Flush::now);
      std::ranges::sort(rows_, {}, &Row::entity);
      phase_ = Phase::after;
      break;
    case Phase::after: read_after(house, turn); break;
  }
}

template <class Visit>
Result<bool> Rebuild::read_some(House& house, Turn& turn, Visit visit) {
  std::size_t entities = 0, bytes = 0;
  auto next = house.vault->view().page(turn.draft, cursor_, [&](const EntityState& state) {
    if (entities == slice_entities || bytes >= slice_bytes) return false;
    const SpaceMerge* merge = house.vault->merge_of(state.space);
    if (merge != nullptr) visit(state, merge->table());
    ++entities;
    bytes += state.document.size_estimate_bytes();
    return true;
  });
  if (!next) return pass(next);
  cursor_ = std::move(*next);
  return cursor_.empty();
}

void Rebuild::read_before(House& house, Turn& turn) {
  const auto all =
      read_some(house, turn, [&](const EntityState& state, const crdt::LogTable& logs) {
        rows_.push_back({state.entity, short_hash(state, logs), false});
      });
  // What cannot be read is what this is for: there is nothing to compare it with.
  if (!all) found_.damaged = true;
  if (all && !*all) return;
  const Status begun = begin_anew(house, turn);
  if (!begun) return finish(turn, pass(begun));
  cursor_.clear();
  phase_ = Phase::merging;
}

Status Rebuild::begin_anew(House& house, Turn& turn) {
  for (const auto& [space, merge] : house.vault->merges())
    for (const crdt::EventId& row : merge.applied().rows())
      known_[merge.table().at(row.log)] = row.seq;
  const Status forgotten = View::forget(turn.draft);
  if (!forgotten) return forgotten;
  house.replicator->set_receipt_key(nullptr);
  return open_house(house, turn, OpenVault::close(std::move(house.vault)));
}

bool Rebuild::has_news(const EntityState& state, const crdt::LogTable& logs) const {
  const auto is_new = [&](const crdt::EventId& row) {
    const auto known = known_.find(logs.at(row.log));
    return known == known_.end() || known->second < row.seq;
  };
  return std::ranges::any_of(state.edits.rows(), is_new) ||
         std::ranges::any_of(state.removed.rows(), is_new);
}

void Rebuild::note_unequal(const EntityId& entity) {
  if (found_.unequal.size() < named_max) found_.unequal.push_back(entity);
  ++found_.unequal_count;
}

void Rebuild::compare(const EntityState& state, const crdt::LogTable& logs) {
  ++found_.entities;
  const auto row = std::ranges::lower_bound(rows_, state.entity, {}, &Row::entity);
  const bool known = row != rows_.end() && row->entity == state.entity;
  if (known) row->seen = true;
  if (known && row->hash == short_hash(state, logs)) return;
  if (has_news(state, logs))
    ++found_.changed;
  else if (!found_.damaged)
    note_unequal(state.entity);
}

void Rebuild::read_after(House& house, Turn& turn) {
  const auto all =
      read_some(house, turn, [&](const EntityState& state, const crdt::LogTable& logs) {
        compare(state, logs);
        if (!has_news(state, logs)) return;
        house.vault->touches().try_emplace(state.entity, Touch{state.space, false, false});
      });
  if (!all) return finish(turn, pass(all));
  if (!*all) return;
  for (const Row& row : rows_)
    if (!row.seen) note_unequal(row.entity);
  finish(turn, step::Answer(std::move(found_)));
}

}  // namespace syncline::node
