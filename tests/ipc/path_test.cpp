// SPDX-License-Identifier: Apache-2.0
#include "ipc/path.h"

#include <string>

#include <doctest/doctest.h>

namespace syncline::ipc {
namespace {

using crdt::Path;

Path path_of(const Json& value) {
  REQUIRE(check(path_schema(""), value, "path").has_value());
  const Result<Path> path = read_path(value, "path");
  REQUIRE(path.has_value());
  return *path;
}

crdt::Step key(std::string name) { return name; }
crdt::Step index(std::uint64_t number) { return number; }

TEST_CASE("a JSON Pointer names keys, and indices where a token is digits") {
  CHECK(path_of("").empty());
  CHECK(path_of("/a/b") == Path{key("a"), key("b")});
  CHECK(path_of("/items/0/name") == Path{key("items"), index(0), key("name")});
  CHECK(path_of("/") == Path{key("")});
  CHECK(path_of("/a~1b/m~0n") == Path{key("a/b"), key("m~n")});
  CHECK(path_of("/007/-1/1.5/-") == Path{key("007"), key("-1"), key("1.5"), key("-")});
  CHECK(path_of("/4294967295") == Path{index(4294967295)});
  CHECK(path_of("/4294967296") == Path{key("4294967296")});
  CHECK(path_of("/99999999999999999999999") == Path{key("99999999999999999999999")});
}

TEST_CASE("a key of digits is written with ~2, or in an array") {
  CHECK(path_of("/years/~22026") == Path{key("years"), key("2026")});
  CHECK(path_of(Json::parse(R"(["years","2026",3])")) == Path{key("years"), key("2026"), index(3)});
  CHECK(path_of(Json::array()).empty());
}

TEST_CASE("a pointer is read back from what is written") {
  for (const Path& path :
       {Path{}, Path{key("")}, Path{key("a/b"), key("~"), key("~2"), key("12"), index(12)},
        Path{key("~2x"), key("0"), key("00"), index(0), key("ä")}, Path{key("4294967296")}}) {
    CAPTURE(pointer_of(path));
    CHECK(path_of(pointer_of(path)) == path);
  }
  CHECK(pointer_of({key("years"), key("2026"), index(1)}) == "/years/~22026/1");
}

TEST_CASE("what is no path is refused") {
  for (const char* wrong : {"a", "/a~", "/a~3", "/~2~", "/a/~5", "/a~2"}) {
    CAPTURE(wrong);
    const auto path = read_path(wrong, "params.path");
    REQUIRE_FALSE(path.has_value());
    CHECK(path.error().code == Errc::invalid);
    CHECK(path.error().context.find("params.path") == 0);
  }
  std::string deep;
  for (int i = 0; i < 32; ++i) deep += "/a";
  CHECK(read_path(deep, "p").has_value());
  CHECK(read_path(deep + "/a", "p").error().code == Errc::oversized);
  CHECK(read_path(Json(std::vector<std::string>(33, "a")), "p").error().code == Errc::oversized);
  for (const Json& key : {Json("/" + std::string(1025, 'k')), Json({std::string(1025, 'k')})}) {
    const auto path = read_path(key, "params.path");
    REQUIRE_FALSE(path.has_value());
    CHECK(path.error().code == Errc::oversized);
    CHECK(path.error().context.find("params.path: the key has 1025 bytes") == 0);
  }
  CHECK_FALSE(check(path_schema(""), Json::parse("[true]"), "p").has_value());
  CHECK_FALSE(check(path_schema(""), Json::parse("[-1]"), "p").has_value());
  CHECK_FALSE(check(path_schema(""), Json::parse("7"), "p").has_value());
  CHECK(check(path_schema(""), Json::parse("7"), "p").error().context ==
        R"(p has to be a JSON Pointer like "/title", or an array of its steps)");
}

}  // namespace
}  // namespace syncline::ipc
