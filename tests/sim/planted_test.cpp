// SPDX-License-Identifier: Apache-2.0
//
// The self-check of the simulator: what finds no mistake may only be unable to see one. Each
// planted bug (protocol/base/planted.h) has to be found, and by the invariant that is about it.
#include "protocol/base/planted.h"

#include "tests/sim/checks.h"
#include "tests/sim/sweep.h"

#include <doctest/doctest.h>

namespace syncline::sim {

namespace {

using planted::Bug;

// Seeds that may pass before one fails. Most bugs fail the first.
constexpr std::uint64_t seeds_max = 8;

// The bug is on for as long as this lives.
class Planting {
 public:
  explicit Planting(Bug bug) { planted::active = bug; }
  ~Planting() { planted::active = Bug::none; }
  Planting(const Planting&) = delete;
  Planting& operator=(const Planting&) = delete;
};

bool begins_with_one_of(const std::string& text, const std::vector<std::string>& starts) {
  return std::ranges::any_of(starts,
                             [&](const std::string& start) { return text.starts_with(start); });
}

// A run that fails for any other reason than those that are about the bug proves nothing.
void check_found_by(Bug bug, const std::vector<std::string>& invariants) {
  const Planting planting(bug);
  for (std::uint64_t seed = 1; seed <= seeds_max; ++seed) {
    const RunReport report = run_seed({.seed = seed});
    if (!report.failure) continue;
    INFO("seed ", seed, " fails: ", *report.failure);
    CHECK(begins_with_one_of(*report.failure, invariants));
    return;
  }
  FAIL("no seed finds it");
}

// Writes five lines on device 1, one each second, for as long as all is well.
void write_lines(World& world, Workload& workload) {
  for (int i = 0; i < 5; ++i) {
    workload.write_ledger(1, step::Wait::local);
    world.run(1s);
  }
}

// An old copy of a home is put back while nobody can be reached, work goes on, and again.
std::optional<std::string> restore_alone() {
  World world({.seed = 21, .devices = 2});
  world.set_up();
  Workload workload(world, {});
  workload.begin();
  write_lines(world, workload);
  const Backup backup = world[1].back_up();
  write_lines(world, workload);
  world.network().partition({0, 1});
  // Twice: the second time the anchor knows two logs that the copy must not go on in.
  for (int i = 0; i < 2; ++i) {
    world[1].die(Death::killed);
    world[1].restore(backup, AnchorAfterRestore::newest);
    world[1].start();
    if (!world.unlock(1)) return world.verdict().failure().value_or("no password opens it");
    write_lines(world, workload);
  }
  world.network().heal();
  world.run(2min);
  if (world.verdict().is_good()) check_end(world, workload);
  return world.verdict().failure();
}

// The process ends after some of what a group has to say was said.
std::optional<std::string> die_speaking(ShellOrder order) {
  for (std::size_t effects = 0; effects < 4; ++effects) {
    World world({.seed = 22, .devices = 2, .order = order});
    world.set_up();
    Workload workload(world, {});
    workload.begin();
    world.run(10s);  // so that the next commit of device 1 is that of its first line
    world[1].die_at(1, effects, Death::killed);
    write_lines(world, workload);
    if (!world.verdict().is_good()) return world.verdict().failure();
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("a pull that misses the last event is found") {
  check_found_by(Bug::pull_misses_last_event, {"I8: the devices do not end level"});
}

TEST_CASE("a merge that ignores causality is found") {
  check_found_by(Bug::merge_ignores_causality, {"I3: ", "I8: ", "I1: in the end"});
}

TEST_CASE("a register that keeps what arrived last is found") {
  check_found_by(Bug::register_by_arrival, {"I3: "});
}

TEST_CASE("a device that says it holds what it has not synced is found") {
  check_found_by(Bug::receipt_before_sync, {"I6: "});
}

TEST_CASE("a nonce that follows from the place alone is found") {
  check_found_by(Bug::nonce_of_place, {"T-25: "});
}

TEST_CASE("a restored store that goes on in the same log is found") {
  const Planting planting(Bug::rollback_ignored);
  const auto failure = restore_alone();
  INFO(failure.value_or("good"));
  CHECK(failure.value_or("good").starts_with("L9: "));
}

TEST_CASE("a shell that speaks before it has persisted is found") {
  const auto failure = die_speaking(ShellOrder::speak_then_persist);
  INFO(failure.value_or("good"));
  CHECK(failure.value_or("good").starts_with("I1: after a start d1 lacks"));
}

TEST_CASE("without a planted bug the same runs find nothing") {
  REQUIRE(planted::active == Bug::none);
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    const RunReport report = run_seed({.seed = seed});
    INFO("seed ", seed, ": ", report.failure.value_or("good"));
    CHECK_FALSE(report.failure.has_value());
  }
  CHECK(restore_alone().value_or("good") == "good");
  CHECK(die_speaking(ShellOrder::persist_then_speak).value_or("good") == "good");
}

}  // namespace syncline::sim
