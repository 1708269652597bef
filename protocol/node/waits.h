// SPDX-License-Identifier: Apache-2.0
//
// Waits: answers that are held back until other devices have proven to hold a write, or
// until everybody is level. Every wait ends: by success, by its deadline, or by its caller.
#pragma once

#include "protocol/node/library.h"
#include "protocol/node/turn.h"

#include <optional>
#include <vector>

namespace syncline::node {

class Waits {
 public:
  // Answers now, or once enough devices hold the event; it is durable here already.
  void add_write(House& house, Turn& turn, RequestId request, step::Wait wait,
                 Library::Written written);
  void add_sync(Turn& turn, RequestId request);
  void forget(RequestId request);
  // After a commit failed: refuses what waits for an event that is not in `store`.
  void refuse_unwritten(const StoreReader& store, Turn& turn);
  // Answers what is complete or late. While something is being dialled nobody is level yet.
  enum class Dialling : std::uint8_t { no, yes };
  void check(const House& house, Turn& turn, Dialling dialling);
  std::optional<Instant> deadline() const;

 private:
  struct Write {
    RequestId request;
    step::Wait wait{};
    Library::Written written;
    Instant until;
  };
  struct Sync {
    RequestId request;
    Instant until;
  };
  static bool is_held(const House& house, const Write& write);

  std::vector<Write> writes_;
  std::vector<Sync> syncs_;
};

}  // namespace syncline::node
