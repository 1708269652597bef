// SPDX-License-Identifier: Apache-2.0
//
// GroupCommit: persist, then speak.
//
// Hands waiting inputs to the core, commits what all of them wrote as one group, and only
// then gives out their effects. When the commit fails nothing of the group happened: its
// callers are told so and every other effect is dropped; the same if the core refuses the group
// itself (Step::refused). No socket, clock or thread here.
#pragma once

#include "agent/core.h"
#include "protocol/base/staged_store.h"

#include <deque>
#include <functional>
#include <optional>
#include <vector>

namespace syncline::agent {

class GroupCommit {
 public:
  struct Limits {
    // Both bound how long a caller waits for the others of its group.
    std::size_t inputs_max = 256;
    std::size_t staged_size_max = std::size_t{4} << 20;
  };
  // Written before the commit, so that no vault exists whose identity was never kept.
  using SaveIdentity = std::function<Status(Bytes identity)>;

  // Keeps references to `core`, `staged` and `store`; `staged` is over `store`.
  struct Parts {
    Core& core;
    StagedStore& staged;
    Store& store;
    SaveIdentity save_identity;
  };
  GroupCommit(Parts parts, const Limits& limits) : parts_(std::move(parts)), limits_(limits) {}

  void push(step::Input input);
  void push_received(Link link, Buffer bytes);
  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }

  struct Outcome {
    std::vector<step::Effect> effects;  // to be performed in this order
    std::optional<Instant> wake_at;
    Status committed;
  };
  // One group: as many waiting inputs as the limits allow, then one commit.
  Outcome run(const std::function<Now()>& clock);
  // Earlier groups are on disk when it returns.
  Status sync();

 private:
  struct Waiting {
    step::Input input;
    Buffer bytes;  // what Received looks at
  };
  struct Group {
    std::vector<step::Effect> effects;
    std::optional<Instant> wake_at;
    Durability durability = Durability::buffered;
    std::optional<Error> refused;
  };
  void take(Group& group, step::Step step);
  Status persist(Group& group);
  Outcome fail_group(Group group, Error error, Now now);
  Outcome drop_group(Group group);
  // What is left of the effects of a group that did not happen: its callers hear `why`.
  static std::vector<step::Effect> refuse(Group group, const Error& why);

  Parts parts_;
  Limits limits_;
  std::deque<Waiting> waiting_;
  bool unsynced_ = false;  // a buffered commit is not known to be on disk yet
};

}  // namespace syncline::agent
