// SPDX-License-Identifier: Apache-2.0
//
// The random runs of the normal test run. One that fails says its seed; README.md says what next.
#include "tests/sim/sweep.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

namespace syncline::sim {

namespace {

// Cases of their own, so that they run beside each other.
constexpr std::uint64_t seeds_each = 25;

void check_seed(std::uint64_t seed) {
  // Printed by the test library as well if the process ends in the middle.
  INFO("seed ", seed, "; replay it with: tools/sim --seed ", seed, " --restores --trace");
  const RunReport report = run_seed({.seed = seed, .restores = true});
  INFO(report.setting);
  INFO(report.failure.value_or("good"));
  CHECK_FALSE(report.failure.has_value());
  CHECK(report.steps > 100);
}

void check_seeds(std::uint64_t first) {
  for (std::uint64_t seed = first; seed < first + seeds_each; ++seed) check_seed(seed);
}

}  // namespace

TEST_CASE("random runs keep every promise and end level: seeds from 1") { check_seeds(1); }
TEST_CASE("random runs keep every promise and end level: seeds from 26") { check_seeds(26); }
TEST_CASE("random runs keep every promise and end level: seeds from 51") { check_seeds(51); }
TEST_CASE("random runs keep every promise and end level: seeds from 76") { check_seeds(76); }
TEST_CASE("random runs keep every promise and end level: seeds from 101") { check_seeds(101); }
TEST_CASE("random runs keep every promise and end level: seeds from 126") { check_seeds(126); }
TEST_CASE("random runs keep every promise and end level: seeds from 151") { check_seeds(151); }
TEST_CASE("random runs keep every promise and end level: seeds from 176") { check_seeds(176); }

TEST_CASE("seeds that once failed stay good") {
  std::ifstream file(std::string(SYNCLINE_SOURCE_DIR) + "/tests/sim/regressions.txt");
  REQUIRE(file.good());
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    check_seed(std::strtoull(line.c_str(), nullptr, 10));
  }
}

TEST_CASE("the same seed gives the same run") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const RunReport once = run_seed({.seed = seed});
    const RunReport again = run_seed({.seed = seed});
    INFO("seed ", seed);
    CHECK(once.trace == again.trace);
    CHECK(once.steps == again.steps);
    CHECK(run_seed({.seed = seed + 1000}).trace != once.trace);
  }
}

}  // namespace syncline::sim
