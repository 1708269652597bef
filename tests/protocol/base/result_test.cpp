// SPDX-License-Identifier: Apache-2.0
#include "protocol/base/result.h"

#include <set>

#include <doctest/doctest.h>

namespace syncline {
namespace {

TEST_CASE("every reason has its own name, in lower case with underscores") {
  std::set<std::string_view> names;
  const int last = static_cast<int>(Errc::cancelled);
  for (int code = 0; code <= last; ++code) {
    const std::string_view name = name_of(static_cast<Errc>(code));
    CHECK_FALSE(name.empty());
    CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
    names.insert(name);
  }
  CHECK(names.size() == static_cast<std::size_t>(last) + 1);
  CHECK(name_of(Errc::oversized) == "too_large");
}

Result<int> half_of(int value) {
  if (value % 2 != 0) return fail(Errc::invalid, "odd");
  return value / 2;
}

Result<std::string> text_of_half(int value) {
  const auto half = half_of(value);
  if (!half) return pass(half);
  return std::to_string(*half);
}

TEST_CASE("pass hands the reason on unchanged through another type of result") {
  CHECK(text_of_half(8).value() == "4");
  const auto failed = text_of_half(3);
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error() == Error{Errc::invalid, "odd"});
}

TEST_CASE("a status is good until it is told otherwise") {
  CHECK(Status{}.has_value());
  const Status failed = fail(Errc::disk_full);
  CHECK_FALSE(failed.has_value());
  CHECK(failed.error().code == Errc::disk_full);
  CHECK(failed.error().context.empty());
}

}  // namespace
}  // namespace syncline
