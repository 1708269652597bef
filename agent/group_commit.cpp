// SPDX-License-Identifier: Apache-2.0
#include "agent/group_commit.h"

#include "protocol/crypto/secret.h"

#include <iterator>
#include <utility>

namespace syncline::agent {

void GroupCommit::push(step::Input input) { waiting_.push_back({std::move(input), {}}); }

void GroupCommit::push_received(Link link, Buffer bytes) {
  waiting_.push_back({step::Received{.link = link, .bytes = {}}, std::move(bytes)});
}

void GroupCommit::take(Group& group, step::Step step) {
  parts_.staged.add(std::move(step.writes));
  group.effects.insert(group.effects.end(), std::make_move_iterator(step.effects.begin()),
                       std::make_move_iterator(step.effects.end()));
  group.wake_at = step.wake_at;
  if (step.durability == Durability::synced) group.durability = Durability::synced;
  if (step.refused && !group.refused) group.refused = std::move(step.refused);
}

GroupCommit::Outcome GroupCommit::run(const std::function<Now()>& clock) {
  Group group;
  for (std::size_t taken = 0; !waiting_.empty() && taken < limits_.inputs_max &&
                              parts_.staged.size_bytes() < limits_.staged_size_max;
       ++taken) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    if (auto* const received = std::get_if<step::Received>(&next.input))
      received->bytes = next.bytes;
    take(group, parts_.core.handle(std::move(next.input), clock()));
  }
  const Now now = clock();
  take(group, parts_.core.settle(now));
  if (group.refused) return drop_group(std::move(group));
  Status committed = persist(group);
  if (!committed) return fail_group(std::move(group), std::move(committed.error()), now);
  return Outcome{
      .effects = std::move(group.effects), .wake_at = group.wake_at, .committed = Status()};
}

Status GroupCommit::persist(Group& group) {
  for (step::Effect& effect : group.effects) {
    auto* const identity = std::get_if<step::SaveIdentity>(&effect);
    if (identity == nullptr) continue;
    Status saved = parts_.save_identity(identity->bytes);
    crypto::wipe(identity->bytes);
    if (!saved) {
      parts_.staged.discard();
      return saved;
    }
  }
  if (parts_.staged.empty()) {
    // Nothing new to write, but an earlier, buffered group may still have to reach the disk.
    return group.durability == Durability::synced ? sync() : Status();
  }
  Status committed = parts_.staged.commit(group.durability);
  unsynced_ = group.durability != Durability::synced || !committed;
  return committed;
}

Status GroupCommit::sync() {
  if (!unsynced_) return {};
  Status synced = parts_.store.commit({}, Durability::synced);
  unsynced_ = !synced.has_value();
  return synced;
}

std::vector<step::Effect> GroupCommit::refuse(Group group, const Error& why) {
  std::vector<step::Effect> kept;
  for (step::Effect& effect : group.effects) {
    auto* const reply = std::get_if<step::Reply>(&effect);
    if (reply != nullptr) reply->answer = tl::unexpected<Error>(why);
    // Slow work is done all the same: somebody waits for its answer.
    if (reply != nullptr || std::holds_alternative<step::StretchPassword>(effect))
      kept.push_back(std::move(effect));
  }
  return kept;
}

GroupCommit::Outcome GroupCommit::fail_group(Group group, Error error, Now now) {
  const bool full = error.code == Errc::disk_full;
  const std::string next_step =
      full ? "the disk is full, nothing was saved; free some space and try again"
           : "nothing was saved (" + error.context + "); `syncline doctor` says more";
  Outcome outcome{
      .effects = refuse(std::move(group), {full ? Errc::disk_full : Errc::degraded, next_step}),
      .wake_at = std::nullopt,
      .committed = tl::unexpected<Error>(std::move(error))};
  // The core takes back what it believed; a store that refuses writes gets none from it, and what
  // it would say about such writes is not said.
  const auto add = [&](step::Step after) {
    outcome.wake_at = after.wake_at;
    if (!after.writes.empty()) return;
    outcome.effects.insert(outcome.effects.end(), std::make_move_iterator(after.effects.begin()),
                           std::make_move_iterator(after.effects.end()));
  };
  add(parts_.core.handle(step::StoreFailed{}, now));
  add(parts_.core.settle(now));
  return outcome;
}

GroupCommit::Outcome GroupCommit::drop_group(Group group) {
  parts_.staged.discard();
  // Before anything else that waits.
  waiting_.push_front({step::GroupDropped{}, {}});
  const Error why = *group.refused;
  return Outcome{
      .effects = refuse(std::move(group), why), .wake_at = std::nullopt, .committed = Status()};
}

}  // namespace syncline::agent
