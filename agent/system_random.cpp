// SPDX-License-Identifier: Apache-2.0
#include "agent/system_random.h"

#include <cerrno>

#include <sys/random.h>

namespace syncline::agent {

void SystemRandom::fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    // Without entropy there is no safe way on: every key would be guessable.
    SYNCLINE_CHECK(got > 0);
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace syncline::agent
