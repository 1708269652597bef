// SPDX-License-Identifier: Apache-2.0
//
// Sweep: one whole random run from a seed: how many devices, which faults, what network, what
// work. Everything follows from the seed, so a failing one is the whole bug report.
#pragma once

#include "tests/sim/trace.h"
#include "tests/sim/world.h"

#include <optional>
#include <string>

namespace syncline::sim {

struct RunOptions {
  std::uint64_t seed = 1;
  Trace::Output output = Trace::Output::none;
  ShellOrder order = ShellOrder::persist_then_speak;
  // Whether old copies of stores are put back. Some of these runs do not end level yet.
  bool restores = false;
};

struct RunReport {
  std::optional<std::string> failure;
  std::string setting;  // what the seed drew, in words
  std::uint64_t steps = 0;
  std::uint64_t trace = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t faults = 0;
  double virtual_seconds = 0;
};

RunReport run_seed(const RunOptions& options);

}  // namespace syncline::sim
