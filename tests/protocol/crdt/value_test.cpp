// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/value.h"

#include "protocol/base/limits.h"

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

using namespace syncline;
using namespace syncline::crdt;

namespace {

const std::vector<Scalar> scalars = {Null{},
                                     false,
                                     true,
                                     std::int64_t{0},
                                     std::int64_t{-1},
                                     std::int64_t{INT64_MAX},
                                     std::int64_t{INT64_MIN},
                                     0.0,
                                     -1.5,
                                     std::numeric_limits<double>::max(),
                                     std::numeric_limits<double>::denorm_min(),
                                     std::string{},
                                     std::string{"grüße 🙂"}};

Result<Scalar> decode(Bytes bytes) {
  wire::Reader in(bytes);
  return in.finish(decode_scalar(in));
}

Buffer encode(const Scalar& scalar) {
  wire::Writer out;
  encode_scalar(out, scalar);
  return out.take();
}

}  // namespace

TEST_CASE("every kind of scalar survives its encoding, with its type") {
  for (const Scalar& scalar : scalars) {
    const auto again = decode(encode(scalar));
    REQUIRE(again);
    CHECK(again->index() == scalar.index());
    CHECK(*again == scalar);
  }
}

TEST_CASE("C4: a zero has no sign") { CHECK(encode(-0.0) == encode(0.0)); }

TEST_CASE("C4: doubles that are no number, infinite or not canonical are refused") {
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity(),
                           -std::numeric_limits<double>::infinity()})
    CHECK_FALSE(decode(encode(bad)));
  CHECK(decode(Buffer{4, 0x80, 0, 0, 0, 0, 0, 0, 0}).error().code == Errc::non_canonical);
}

TEST_CASE("C5: texts of a scalar are bounded, well formed and without NUL") {
  CHECK(decode(encode(std::string(limits::value_size_max, 'x'))));
  CHECK(decode(encode(std::string(limits::value_size_max + 1, 'x'))).error().code ==
        Errc::oversized);
  CHECK_FALSE(decode(Buffer{5, 1, 0}));
  CHECK_FALSE(decode(Buffer{5, 1, 0xff}));
  CHECK(decode(Buffer{6}).error().code == Errc::unsupported);
  CHECK(decode(Buffer{}).error().code == Errc::truncated);
}

TEST_CASE("C17: scalars are totally ordered, kind first") {
  for (std::size_t i = 0; i < scalars.size(); ++i) {
    CHECK_FALSE(scalar_less(scalars[i], scalars[i]));
    for (std::size_t j = i + 1; j < scalars.size(); ++j)
      CHECK(scalar_less(scalars[i], scalars[j]) != scalar_less(scalars[j], scalars[i]));
  }
  CHECK(scalar_less(std::int64_t{5}, 1.0));
  CHECK(scalar_less(std::int64_t{-1}, std::int64_t{0}));
}
