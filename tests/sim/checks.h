// SPDX-License-Identifier: Apache-2.0
//
// Checks: what must be true of the devices together, during a run and at its end.
//
// They ask the devices what any program could ask, and read their stores; they know nothing
// of how the core works. The letters are those of the invariants in README.md.
#pragma once

#include "tests/sim/workload.h"

namespace syncline::sim {

// Everything an unlocked device shows of its documents, in one canonical text.
// Nothing if it is down or locked, or has not merged everything it stores.
std::optional<std::string> picture_of(World& world, std::size_t index,
                                      const std::set<EntityId>& entities);

// I3: devices that hold the same events show the same documents.
void check_same_frontier(World& world, const std::set<EntityId>& entities);
// I2: every log in the store is a chain without a gap that ends at its head.
void check_chains(World& world, std::size_t index);

// Logs that are proven to be forked. What a device wrote after the fork before it heard of it stays
// with whoever took it, and so does what others wrote upon it: where the lengths differ, nothing is
// promised but that everybody knows, that chains are whole and that all other logs are level.
std::set<LogId> frozen_logs(World& world, std::size_t index);

// The second phase is over: everything is the same everywhere, and every device says so.
bool all_heads_equal(World& world);
void check_end(World& world, const Workload& workload);

}  // namespace syncline::sim
