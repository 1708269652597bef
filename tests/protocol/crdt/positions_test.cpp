// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/positions.h"

#include <string>

#include <doctest/doctest.h>

namespace syncline::crdt::test {
namespace {

// 1, 2, 3 and 4 bytes; 1, 1, 1 and 2 units of UTF-16.
const std::string sample = "aä€🙂b";

std::string refused(std::uint64_t position, Positions unit) {
  const auto found = scalars_before(sample, position, unit);
  REQUIRE_FALSE(found.has_value());
  CHECK(found.error().code == Errc::invalid);
  return found.error().context;
}

TEST_CASE("a position is the same place in every unit") {
  const std::uint64_t utf16[] = {0, 1, 2, 3, 5, 6}, bytes[] = {0, 1, 3, 6, 10, 11};
  for (std::uint64_t i = 0; i <= 5; ++i) {
    CHECK(scalars_before(sample, i, Positions::scalars) == i);
    CHECK(scalars_before(sample, utf16[i], Positions::utf16) == i);
    CHECK(scalars_before(sample, bytes[i], Positions::bytes) == i);
    CHECK(position_of(sample, i, Positions::scalars) == i);
    CHECK(position_of(sample, i, Positions::utf16) == utf16[i]);
    CHECK(position_of(sample, i, Positions::bytes) == bytes[i]);
  }
  CHECK(length_of(sample, Positions::scalars) == 5);
  CHECK(length_of(sample, Positions::utf16) == 6);
  CHECK(length_of(sample, Positions::bytes) == 11);
  CHECK(length_of("", Positions::utf16) == 0);
}

TEST_CASE("a position inside of a character is refused, with the ones beside it") {
  CHECK(refused(4, Positions::utf16) ==
        "position 4 is inside of a character, between its surrogates; take 3 or 5");
  CHECK(refused(2, Positions::bytes) == "position 2 is inside of a character; take 1 or 3");
  CHECK(refused(9, Positions::bytes) == "position 9 is inside of a character; take 6 or 10");
}

TEST_CASE("a position beyond the end is refused, with the length") {
  CHECK(refused(6, Positions::scalars) ==
        "position 6 is beyond the end; the text has 5 Unicode scalar values");
  CHECK(refused(7, Positions::utf16) ==
        "position 7 is beyond the end; the text has 6 UTF-16 units");
  CHECK(refused(UINT64_MAX, Positions::bytes) ==
        "position 18446744073709551615 is beyond the end; the text has 11 bytes");
}

}  // namespace
}  // namespace syncline::crdt::test
