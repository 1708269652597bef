// SPDX-License-Identifier: Apache-2.0
//
// Limits: what a network prefix and a pair may still do, and what was counted.
//
// A Bucket refills with time. Nothing here outlives the process. Spec F18.
#pragma once

#include "service/relay/options.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace syncline::relay {

using Clock = std::chrono::steady_clock;

class Bucket {
 public:
  Bucket(std::uint32_t rate, std::uint32_t burst)
      : rate_(rate), burst_(burst), level_(burst), filled_(Clock::now()) {}

  bool take(std::size_t count) {
    fill();
    if (level_ < static_cast<double>(count)) return false;
    level_ -= static_cast<double>(count);
    return true;
  }
  // Takes what was already used, and says how long to wait until the debt is paid.
  Clock::duration take_on_credit(std::size_t count) {
    if (rate_ <= 0) return {};
    fill();
    level_ -= static_cast<double>(count);
    if (level_ >= 0) return {};
    return std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(-level_ / rate_));
  }
  bool is_full() {
    fill();
    return level_ >= burst_;
  }

 private:
  void fill() {
    const auto now = Clock::now();
    const double seconds = std::chrono::duration<double>(now - filled_).count();
    level_ = std::min(burst_, level_ + seconds * rate_);
    filled_ = now;
  }

  double rate_, burst_, level_;
  Clock::time_point filled_;
};

struct Prefix {
  explicit Prefix(const Options& options)
      : registrations(options.register_rate, options.register_burst),
        calls(options.call_rate, options.call_burst) {}

  std::size_t connections = 0;
  std::size_t pending_calls = 0;
  Bucket registrations;
  Bucket calls;
};

struct Counters {
  std::uint64_t accepted = 0, limited = 0, malformed = 0, registered = 0, calls = 0, spliced = 0,
                untaken = 0, bytes = 0;
};

}  // namespace syncline::relay
