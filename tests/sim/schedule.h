// SPDX-License-Identifier: Apache-2.0
//
// Schedule: virtual time. What happens next is what is due first; of two things due at the
// same instant, what was planned first.
//
// Nothing is ever taken back: whoever plans something that may become pointless says so in it.
#pragma once

#include "protocol/base/time.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace syncline::sim {

class Schedule {
 public:
  using Action = std::function<void()>;

  Instant now() const { return now_; }
  void at(Instant when, Action action);
  void after(Duration wait, Action action) { at(now_ + wait, std::move(action)); }

  // False if nothing is due until then; time has moved there.
  bool run_next(Instant until);
  std::uint64_t done() const { return done_; }

 private:
  struct Entry {
    Instant when;
    std::uint64_t sequence = 0;
    Action action;
  };
  static bool later(const Entry& a, const Entry& b);

  std::vector<Entry> heap_;
  Instant now_{std::chrono::seconds(1)};
  std::uint64_t planned_ = 0;
  std::uint64_t done_ = 0;
};

}  // namespace syncline::sim
