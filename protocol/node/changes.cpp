// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/changes.h"

#include <algorithm>

namespace syncline::node {

namespace {
constexpr auto wait_max = std::chrono::seconds(30);
constexpr std::uint32_t rows_max = 1000;
}  // namespace

bool Changes::matches(const step::SubOpen& filter, const step::ChangeRow& change) {
  return (!filter.space || *filter.space == change.space) &&
         (!filter.entity || *filter.entity == change.entity) &&
         (filter.type.empty() || filter.type == change.type);
}

step::EventsAnswer Changes::collect(Subscription& subscription, std::uint32_t limit) const {
  step::EventsAnswer answer;
  answer.gap = subscription.acknowledged < oldest_ || subscription.acknowledged > next_;
  const std::uint64_t from = answer.gap ? oldest_ : subscription.acknowledged;
  answer.cursor = next_;
  for (std::uint64_t cursor = from; cursor < next_; ++cursor) {
    const step::ChangeRow& change = recent_[static_cast<std::size_t>(cursor - oldest_)];
    if (!matches(subscription.filter, change)) continue;
    if (answer.changes.size() == limit) {
      answer.cursor = cursor;
      break;
    }
    answer.changes.push_back(change);
  }
  if (subscription.filter.ephemeral)
    answer.ephemeral = board_.changed(*subscription.filter.entity, subscription.seen);
  return answer;
}

template <class Wants>
void Changes::answer_waiting(Wants wants, std::vector<step::Effect>& effects) {
  if (holds_ > 0) return;
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    const auto found = subscriptions_.find(waiting.sub);
    if (found == subscriptions_.end() || !wants(found->second.filter)) return false;
    effects.push_back(step::Reply{waiting.request, collect(found->second, waiting.limit)});
    return true;
  });
}

void Changes::release(std::vector<step::Effect>& effects) {
  if (--holds_ > 0) return;
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    const auto found = subscriptions_.find(waiting.sub);
    if (found == subscriptions_.end()) return false;
    step::EventsAnswer answer = collect(found->second, waiting.limit);
    if (answer.changes.empty() && answer.ephemeral.empty() && !answer.gap) return false;
    effects.push_back(step::Reply{waiting.request, std::move(answer)});
    return true;
  });
}

void Changes::add(step::ChangeRow change, std::vector<step::Effect>& effects) {
  change.cursor = next_++;
  recent_.push_back(change);
  if (recent_.size() > remembered_max) {
    recent_.pop_front();
    ++oldest_;
  }
  answer_waiting([&](const step::SubOpen& filter) { return matches(filter, change); }, effects);
}

void Changes::show(step::PresenceRow row, std::vector<step::Effect>& effects) {
  const EntityId entity = row.entity;
  board_.show(std::move(row));
  answer_waiting([&](const step::SubOpen& filter) { return follows(filter, entity); }, effects);
}

void Changes::hide(const PresenceBoard::Place& place, std::vector<step::Effect>& effects) {
  const auto entity = board_.hide(place);
  if (!entity) return;
  answer_waiting([&](const step::SubOpen& filter) { return follows(filter, *entity); }, effects);
}

Result<step::SubAnswer> Changes::open(const step::SubOpen& command) {
  if (command.ephemeral && !command.entity)
    return fail(Errc::invalid, "ephemeral needs an entity; name the one to follow");
  if (subscriptions_.size() >= subscriptions_max)
    return fail(Errc::limit, "too many subscriptions are open; close some with sub.close");
  const std::uint64_t sub = next_subscription_++;
  const std::uint64_t from = command.since.value_or(next_);
  subscriptions_.emplace(sub, Subscription{command, from, board_.number()});
  return step::SubAnswer{sub, from};
}

Status Changes::close(const step::SubClose& command, std::vector<step::Effect>& effects) {
  if (subscriptions_.erase(command.sub) == 0)
    return fail(Errc::not_found, "no such subscription; open one with sub.open");
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    if (waiting.sub != command.sub) return false;
    effects.push_back(
        step::Reply{waiting.request, fail(Errc::cancelled, "the subscription was closed")});
    return true;
  });
  return {};
}

Status Changes::acknowledge(const step::SubAck& command) {
  const auto found = subscriptions_.find(command.sub);
  if (found == subscriptions_.end())
    return fail(Errc::not_found, "no such subscription; open one with sub.open");
  if (command.cursor > next_)
    return fail(Errc::invalid,
                "the cursor is ahead of every change; pass one that events.poll gave");
  found->second.acknowledged = std::max(found->second.acknowledged, command.cursor);
  return {};
}

void Changes::poll(RequestId request, const step::EventsPoll& command, Instant now,
                   std::vector<step::Effect>& effects) {
  const auto found = subscriptions_.find(command.sub);
  if (found == subscriptions_.end()) {
    effects.push_back(step::Reply{
        request, fail(Errc::not_found, "no such subscription; open one with sub.open")});
    return;
  }
  const std::uint32_t limit = std::clamp<std::uint32_t>(command.limit, 1, rows_max);
  step::EventsAnswer answer = collect(found->second, limit);
  const bool answered = !answer.changes.empty() || !answer.ephemeral.empty() || answer.gap ||
                        command.wait.count() <= 0;
  if (answered || waiting_.size() >= waiting_max) {
    effects.push_back(step::Reply{request, std::move(answer)});
    return;
  }
  const Duration wait = std::min<Duration>(command.wait, wait_max);
  waiting_.push_back(Waiting{request, command.sub, limit, now + wait});
}

void Changes::forget(RequestId request) {
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.request == request; });
}

void Changes::tick(Instant now, std::vector<step::Effect>& effects) {
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    if (waiting.until > now) return false;
    effects.push_back(
        step::Reply{waiting.request, collect(subscriptions_.at(waiting.sub), waiting.limit)});
    return true;
  });
}

std::optional<Instant> Changes::deadline() const {
  std::optional<Instant> first;
  for (const Waiting& waiting : waiting_)
    if (!first || waiting.until < *first) first = waiting.until;
  return first;
}

void Changes::forget_all(std::vector<step::Effect>& effects) {
  recent_.clear();
  oldest_ = ++next_;  // one cursor is skipped, so that an up-to-date subscriber sees the gap too
  std::vector<Waiting> waiting;
  waiting.swap(waiting_);
  for (const Waiting& one : waiting)
    effects.push_back(step::Reply{one.request, collect(subscriptions_.at(one.sub), one.limit)});
}

}  // namespace syncline::node
