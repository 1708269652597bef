// SPDX-License-Identifier: Apache-2.0
#include "service/entities.h"

#include <doctest/doctest.h>

namespace syncline::service {
namespace {

ipc::Json value_of(const std::string& text) {
  const auto read = read_assignment(text, Reading::json_or_text);
  REQUIRE(read);
  return read->value;
}

Got<ipc::Json> document(const std::vector<std::string>& words) {
  std::vector<Assignment> all;
  for (const std::string& word : words) {
    auto one = read_assignment(word, Reading::json_or_text);
    if (!one) return pass_on(one);
    all.push_back(std::move(*one));
  }
  return document_of(all);
}

TEST_CASE("a value is JSON if it reads as JSON and a string otherwise") {
  CHECK(value_of("a=5") == ipc::Json(5));
  CHECK(value_of("a=true") == ipc::Json(true));
  CHECK(value_of("a=[1,2]") == ipc::Json::array({1, 2}));
  CHECK(value_of("a=Hello World") == ipc::Json("Hello World"));
  CHECK(value_of("a=\"5\"") == ipc::Json("5"));
  CHECK(value_of("a=") == ipc::Json(""));
  CHECK(value_of("a=b=c") == ipc::Json("b=c"));
}

TEST_CASE("a number that cannot be kept is refused instead of becoming a text") {
  for (const char* text : {"a=1e400", "a=-1e999", "a=123456789012345678901234567890"})
    CHECK_MESSAGE(!read_assignment(text, Reading::json_or_text), text);
  for (const char* text : {"a=1.2.3", "a=007", "a=-", "a=1e", "a=5 km", "a=.5"})
    CHECK_MESSAGE(value_of(text).is_string(), text);
  CHECK(read_assignment("a=1e400", Reading::text_only));
}

TEST_CASE("JSON with something in it that cannot be kept is refused instead of becoming a text") {
  for (const char* text : {R"(c={"$counter":9223372036854775807})", "a=[1,1e400]",
                           R"(a={"b":1,"b":2})", R"(a="\u0000")", "a= [9007199254740993]"}) {
    CAPTURE(text);
    const auto read = read_assignment(text, Reading::json_or_text);
    REQUIRE(!read);
    CHECK(read.error().code == ExitCode::usage);
    CHECK(read_assignment(text, Reading::text_only));
  }
  const auto counter =
      read_assignment(R"(c={"$counter":9223372036854775807})", Reading::json_or_text);
  CHECK(counter.error().message ==
        "`/c` cannot be kept: an integer that not every program can hold (beyond 2^53) at line 1, "
        "column 32");
  CHECK(counter.error().next == "counters take larger numbers as strings: \"9007199254740993\"");
  for (const char* text : {"a=[1] and more", "a={x}", "a=1e400 km", "a=[tag]"})
    CHECK_MESSAGE(value_of(text).is_string(), text);
}

TEST_CASE("bytes that are not UTF-8 are refused") {
  for (const char* text : {"a=\xff", "a=caf\xe9", "\xff=a"}) {
    CHECK(!read_assignment(text, Reading::json_or_text));
    const auto as_text = read_assignment(text, Reading::text_only);
    REQUIRE(!as_text);
    CHECK(as_text.error().code == ExitCode::usage);
  }
}

TEST_CASE("a text stays a text whatever it looks like") {
  const auto read = read_assignment("body=5", Reading::text_only);
  REQUIRE(read);
  CHECK(read->value == ipc::Json({{"$text", "5"}}));
}

TEST_CASE("what is no assignment is refused") {
  for (const char* text : {"", "title", "=5"})
    CHECK_MESSAGE(!read_assignment(text, Reading::json_or_text), text);
}

TEST_CASE("paths may leave out the first slash") {
  CHECK(path_of("title") == "/title");
  CHECK(path_of("a/b") == "/a/b");
  CHECK(path_of("/a") == "/a");
  CHECK(path_of("").empty());
}

TEST_CASE("assignments nest into one document") {
  const auto made = document({"title=Hello", "author/name=Ann", "author/age=5", "a~1b=x"});
  REQUIRE(made);
  CHECK(*made ==
        ipc::Json({{"title", "Hello"}, {"author", {{"name", "Ann"}, {"age", 5}}}, {"a/b", "x"}}));
}

TEST_CASE("assignments that contradict each other are refused") {
  CHECK(!document({"a=1", "a=2"}));
  CHECK(!document({"a=1", "a/b=2"}));
}

}  // namespace
}  // namespace syncline::service
