// SPDX-License-Identifier: Apache-2.0
#include "protocol/base/time.h"

#include <type_traits>

#include <doctest/doctest.h>

namespace syncline {
namespace {

// A person's clock never stands in for a deadline.
static_assert(!std::is_convertible_v<WallTime, Instant>);
static_assert(!std::is_convertible_v<Instant, WallTime>);

TEST_CASE("instants order, move by durations and differ by durations") {
  const Instant start{};
  const Instant later = start + 90s;
  CHECK(start < later);
  CHECK(later - start == 90s);
  CHECK(start - later == -90s);
  CHECK(later + -90s == start);
}

}  // namespace
}  // namespace syncline
