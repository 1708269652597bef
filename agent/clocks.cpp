// SPDX-License-Identifier: Apache-2.0
#include "agent/clocks.h"

#include "protocol/base/check.h"

#include <ctime>

namespace syncline::agent {

Now clocks_now() {
  timespec since_boot{};
  timespec since_epoch{};
  SYNCLINE_CHECK(::clock_gettime(CLOCK_BOOTTIME, &since_boot) == 0);
  SYNCLINE_CHECK(::clock_gettime(CLOCK_REALTIME, &since_epoch) == 0);
  const auto instant =
      std::chrono::seconds(since_boot.tv_sec) + std::chrono::nanoseconds(since_boot.tv_nsec);
  const std::int64_t wall_ms =
      std::int64_t{since_epoch.tv_sec} * 1000 + since_epoch.tv_nsec / 1'000'000;
  return Now{.instant = Instant{instant}, .wall = WallTime{wall_ms}};
}

}  // namespace syncline::agent
