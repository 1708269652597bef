// SPDX-License-Identifier: Apache-2.0
#include "ipc/schema.h"

#include <string>

#include <doctest/doctest.h>

namespace syncline::ipc {
namespace {

std::string problem(const Schema& schema, const char* text) {
  const Status checked = check(schema, Json::parse(text), "params");
  return checked ? std::string() : checked.error().context;
}

Schema person() {
  return object(
      "",
      {required("name", text("", 5, 1)), optional("age", integer("", 0, 150), "0"),
       optional("tags", array("", text("", 3), 2), "none"), optional("id", id16(""), "none"),
       optional("sub", decimal(""), "none"), optional("mood", one_of("", {"glad", "sad"}), "glad"),
       optional("open", any_object(""), "none"), optional("flag", boolean(""), "false")});
}

TEST_CASE("what fits is accepted") {
  CHECK(problem(person(), R"({"name":"Ada"})").empty());
  CHECK(problem(person(), R"({"name":"Ada","age":0,"tags":["a","b"],"mood":"sad","flag":true,
      "id":"00112233445566778899aabbccddeeFF","sub":"0","open":{"any":[1]}})")
            .empty());
  CHECK(problem(person(), R"({"name":"Ada","sub":"18446744073709551615"})").empty());
}

TEST_CASE("what is missing or of another form is named with the form that fits") {
  CHECK(problem(person(), "{}") == "params.name is missing: a string of 1 to 5 bytes");
  CHECK(problem(person(), R"({"name":""})") == "params.name has to be a string of 1 to 5 bytes");
  CHECK(problem(person(), R"({"name":"toolong"})") ==
        "params.name has 7 bytes, and may have at most 5");
  CHECK(problem(person(), R"({"name":"A","age":151})") ==
        "params.age has to be an integer from 0 to 150");
  CHECK(problem(person(), R"({"name":"A","age":1.0})") ==
        "params.age has to be an integer from 0 to 150");
  CHECK(problem(person(), R"({"name":"A","tags":["a",1]})") ==
        "params.tags[1] has to be a string of at most 3 bytes");
  CHECK(problem(person(), R"({"name":"A","tags":["a","b","c"]})") ==
        "params.tags has 3 items, and may have at most 2");
  CHECK(problem(person(), R"({"name":"A","mood":"angry"})") ==
        R"(params.mood has to be one of "glad", "sad")");
  CHECK(problem(person(), R"({"name":"A","id":"0011"})") ==
        "params.id has to be a string of 32 hexadecimal digits");
  CHECK(problem(person(), R"({"name":"A","flag":1})") == "params.flag has to be true or false");
  CHECK(problem(person(), "[]") == "params has to be an object");
  for (const char* wrong :
       {"\"\"", "\"-1\"", "\"01\"", "\"1x\"", "\"184467440737095516150\"", "1"}) {
    CHECK_FALSE(
        problem(person(), (R"({"name":"A","sub":)" + std::string(wrong) + "}").c_str()).empty());
  }
}

TEST_CASE("unknown names are refused with the most similar one") {
  CHECK(problem(person(), R"({"nmae":"Ada"})") ==
        R"(params knows no "nmae"; did you mean "name"?)");
  CHECK(problem(person(), R"({"name":"A","zzzzzz":1})")
            .find(R"(params knows no "zzzzzz"; it takes "name", )") == 0);
  CHECK(problem(object("", {}), R"({"x":1})") == R"(params knows no "x")");
  CHECK(problem(object("", {}), "{}").empty());
}

TEST_CASE("a message never repeats what was given") {
  CHECK(problem(person(), R"({"name":"A secret too long"})").find("secret") == std::string::npos);
  const std::string long_name = R"({")" + std::string(100, 'p') + R"(":1})";
  CHECK(problem(person(), long_name.c_str()).find("ppp") == std::string::npos);
}

TEST_CASE("a tagged schema checks the choice that the tag names") {
  const Schema shape = tagged(
      "", "kind",
      {object("a circle", {required("kind", one_of("", {"circle"})), required("r", count(""))}),
       object("a square", {required("kind", one_of("", {"square"})), required("a", count(""))})});
  CHECK(problem(shape, R"({"kind":"circle","r":1})").empty());
  CHECK(problem(shape, R"({"kind":"square","r":1})") ==
        R"(params knows no "r"; did you mean "a"?)");
  CHECK(problem(shape, R"({"kind":"line"})") ==
        R"(params.kind has to be one of "circle", "square")");
  CHECK(problem(shape, R"({"r":1})") == R"(params.kind is missing: one of "circle", "square")");
  CHECK(problem(shape, R"({"kind":"squar"})") ==
        R"(params.kind has to be one of "circle", "square"; did you mean "square"?)");
  CHECK(problem(shape, "7") == R"(params has to be an object with "kind")");
  CHECK(json_schema(shape)["anyOf"].size() == 2);
}

TEST_CASE("a schema becomes JSON Schema") {
  const Json made = json_schema(person());
  CHECK(made["type"] == "object");
  CHECK(made["required"] == Json::parse(R"(["name"])"));
  CHECK(made["additionalProperties"] == false);
  CHECK(made["properties"]["name"]["maxLength"] == 5);
  CHECK(made["properties"]["age"]["description"] == "; if left out: 0");
  CHECK(made["properties"]["mood"]["enum"].size() == 2);
  CHECK(made["properties"]["open"] ==
        Json::parse(R"({"type":"object","description":"; if left out: none"})"));
  CHECK(json_schema(password("it"))["writeOnly"] == true);
}

TEST_CASE("the nearest name is near, or there is none") {
  const std::vector<std::string> names = {"entity.get", "entity.list", "vault.lock"};
  CHECK(nearest("entity.gett", names) == "entity.get");
  CHECK(nearest("entitylist", names) == "entity.list");
  CHECK(nearest("vault.unlock", names) == "vault.lock");
  CHECK(nearest("x", {"abcdef"}).empty());
  CHECK(nearest(std::string(100'000, 'e'), names).empty());
}

}  // namespace
}  // namespace syncline::ipc
