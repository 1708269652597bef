// SPDX-License-Identifier: Apache-2.0
//
// Changes: the feed of entity changes that local programs subscribe to.
//
// Holds the newest changes in memory under rising cursors and answers polls, at once or
// when something arrives. It never blocks a writer: a subscriber that is too slow, or
// that asks for changes of an earlier run, is told that there is a gap and lists again. Presence
// and previews are given beside the changes, newest state only, and need no acknowledging.
#pragma once

#include "protocol/base/result.h"
#include "protocol/node/presence_board.h"
#include "protocol/step/step.h"

#include <deque>
#include <map>
#include <optional>
#include <vector>

namespace syncline::node {

class Changes {
 public:
  // Cursors of one run start at `first`, which must be above every cursor of earlier runs.
  explicit Changes(std::uint64_t first) : next_(first), oldest_(first) {}

  // Records a change and answers the polls it completes.
  void add(step::ChangeRow change, std::vector<step::Effect>& effects);

  // The same for presence and previews.
  void show(step::PresenceRow row, std::vector<step::Effect>& effects);
  void hide(const PresenceBoard::Place& place, std::vector<step::Effect>& effects);
  PresenceBoard& board() { return board_; }

  // What happens until release() is one step: a poll is given all of it or nothing.
  void hold() { ++holds_; }
  void release(std::vector<step::Effect>& effects);

  // Errors: Errc::limit beyond subscriptions_max; Errc::invalid for ephemeral without an entity.
  Result<step::SubAnswer> open(const step::SubOpen& command);
  Status close(const step::SubClose& command, std::vector<step::Effect>& effects);
  Status acknowledge(const step::SubAck& command);

  // Answers now, or keeps the request until a change arrives or its time is up.
  void poll(RequestId request, const step::EventsPoll& command, Instant now,
            std::vector<step::Effect>& effects);
  void forget(RequestId request);
  void tick(Instant now, std::vector<step::Effect>& effects);
  std::optional<Instant> deadline() const;

  // Drops what is remembered (the vault was locked); subscribers see a gap.
  void forget_all(std::vector<step::Effect>& effects);

  static constexpr std::size_t remembered_max = 16384;  // about 3 MiB
  static constexpr std::size_t subscriptions_max = 1024;
  static constexpr std::size_t waiting_max = 1024;

 private:
  struct Subscription {
    step::SubOpen filter;
    std::uint64_t acknowledged = 0;  // everything before this cursor was seen
    std::uint64_t seen = 0;          // of the board
  };
  struct Waiting {
    RequestId request;
    std::uint64_t sub = 0;
    std::uint32_t limit = 0;
    Instant until;
  };
  static bool matches(const step::SubOpen& filter, const step::ChangeRow& change);
  static bool follows(const step::SubOpen& filter, const EntityId& entity) {
    return filter.ephemeral && filter.entity == entity;
  }
  // What the subscription has not acknowledged yet, at most `limit` rows, and of the board what
  // it has not been given.
  step::EventsAnswer collect(Subscription& subscription, std::uint32_t limit) const;
  // Answers those who wait and `wants(filter)` holds for.
  template <class Wants>
  void answer_waiting(Wants wants, std::vector<step::Effect>& effects);

  std::deque<step::ChangeRow> recent_;
  std::uint64_t next_;    // cursor of the next change
  std::uint64_t oldest_;  // cursor of recent_.front(), or next_
  std::map<std::uint64_t, Subscription> subscriptions_;
  std::uint64_t next_subscription_ = 1;
  std::vector<Waiting> waiting_;
  PresenceBoard board_;
  int holds_ = 0;
};

}  // namespace syncline::node
