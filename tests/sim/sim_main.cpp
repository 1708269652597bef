// SPDX-License-Identifier: Apache-2.0
//
// Runs seeds from the command line: `sim_run --seed N [--count N] [--trace] [--restores]`.
#include "tests/sim/sweep.h"

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <unistd.h>

namespace {

using namespace syncline::sim;

std::uint64_t running_seed = 0;

// A broken invariant of the core ends the process: the seed is the one thing to be told.
void tell_seed(int) {
  char text[64];
  const int size = std::snprintf(text, sizeof text, "seed %llu: aborted\n",
                                 static_cast<unsigned long long>(running_seed));
  (void)!::write(STDERR_FILENO, text, static_cast<std::size_t>(size));
}

struct Wanted {
  std::uint64_t seed = 1;
  std::uint64_t count = 1;
  Trace::Output output = Trace::Output::none;
  bool restores = false;
  bool is_valid = true;
};

Wanted read_arguments(int argc, char** argv) {
  Wanted wanted;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    std::uint64_t* number = word == "--seed"    ? &wanted.seed
                            : word == "--count" ? &wanted.count
                                                : nullptr;
    if (word == "--trace") {
      wanted.output = Trace::Output::print;
    } else if (word == "--restores") {
      wanted.restores = true;
    } else if (number != nullptr && i + 1 < argc) {
      const char* text = argv[++i];
      const auto read = std::from_chars(text, text + std::strlen(text), *number);
      wanted.is_valid = wanted.is_valid && read.ec == std::errc() && *read.ptr == '\0';
    } else {
      wanted.is_valid = false;
    }
  }
  return wanted;
}

}  // namespace

int main(int argc, char** argv) {
  const Wanted wanted = read_arguments(argc, argv);
  if (!wanted.is_valid) {
    std::fprintf(stderr, "usage: sim_run [--seed N] [--count N] [--trace] [--restores]\n");
    return 2;
  }
  std::signal(SIGABRT, tell_seed);
  std::uint64_t steps = 0, failed = 0;
  const auto begun = std::chrono::steady_clock::now();
  for (std::uint64_t seed = wanted.seed; seed < wanted.seed + wanted.count; ++seed) {
    running_seed = seed;
    const auto started = std::chrono::steady_clock::now();
    const RunReport report =
        run_seed({.seed = seed, .output = wanted.output, .restores = wanted.restores});
    const double took =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    steps += report.steps;
    failed += report.failure.has_value();
    std::printf(
        "seed %llu: %s; %llu steps in %.3f s, %.0f s of virtual time, %llu writes, %llu faults, "
        "trace %016llx\n",
        static_cast<unsigned long long>(seed), report.setting.c_str(),
        static_cast<unsigned long long>(report.steps), took, report.virtual_seconds,
        static_cast<unsigned long long>(report.acknowledged),
        static_cast<unsigned long long>(report.faults),
        static_cast<unsigned long long>(report.trace));
    if (report.failure)
      std::printf("seed %llu FAILED: %s\n", static_cast<unsigned long long>(seed),
                  report.failure->c_str());
    std::fflush(stdout);
  }
  const double took =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  std::printf("%llu of %llu seeds failed; %.0f steps/s\n", static_cast<unsigned long long>(failed),
              static_cast<unsigned long long>(wanted.count), static_cast<double>(steps) / took);
  return failed == 0 ? 0 : 1;
}
