// SPDX-License-Identifier: Apache-2.0
#include "ipc/json_rpc.h"

#include "ipc/conversation.h"
#include "ipc/methods.h"
#include "tests/ipc/example_methods.h"
#include "tests/ipc/vectors.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace syncline::ipc {
namespace {

using testing::check_and_drop_data;

std::optional<Json> answer_to(const std::string& text) {
  const std::vector<Method> table = testing::example_methods();
  const Backend backend;
  std::vector<std::string> lines;
  Conversation conversation(
      backend, table,
      {.send = [&lines](std::string line) { lines.push_back(line); }, .settled = [] {}});
  conversation.take(text);
  REQUIRE(lines.size() <= 1);
  if (lines.empty()) return std::nullopt;
  Json answer = Json::parse(lines[0]);
  check_and_drop_data(answer);
  return answer;
}

Json refusal_of(const std::string& text) {
  Incoming incoming = read_line(text);
  REQUIRE(incoming.items.size() == 1);
  REQUIRE(std::holds_alternative<Refused>(incoming.items[0]));
  return std::get<Refused>(incoming.items[0]).answer;
}

TEST_CASE("the examples of the JSON-RPC specification are answered exactly") {
  const auto text = testing::vector_text("jsonrpc/spec_examples.json");
  if (!text) return;
  const Json examples = Json::parse(*text);
  REQUIRE(examples["cases"].size() == 15);
  for (const Json& example : examples["cases"]) {
    CAPTURE(example["name"].get<std::string>());
    const auto answer = answer_to(example["request_text"].get<std::string>());
    CHECK(answer.has_value() == !example["response"].is_null());
    if (answer) CHECK(*answer == example["response"]);
  }
}

TEST_CASE("a few of the same examples, without the published file") {
  CHECK(answer_to(R"({"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1})") ==
        Json::parse(R"({"jsonrpc":"2.0","result":19,"id":1})"));
  CHECK(answer_to(R"({"jsonrpc":"2.0","method":"update","params":[1,2]})") == std::nullopt);
  CHECK(
      answer_to(R"([1])") ==
      Json::parse(
          R"([{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null}])"));
}

TEST_CASE("ids are echoed as they came: strings, integers and null") {
  for (const char* id : {R"("abc")", R"("")", "7", "-7", "0", "9007199254740992", "null"}) {
    CAPTURE(id);
    const auto answer =
        answer_to(R"({"jsonrpc":"2.0","method":"sum","params":[1],"id":)" + std::string(id) + "}");
    REQUIRE(answer.has_value());
    CHECK((*answer)["id"] == Json::parse(id));
    CHECK((*answer)["result"] == 1);
  }
}

TEST_CASE("other ids are refused with id null") {
  for (const char* id : {"1.5", "true", "[]", "{}", "[1]"}) {
    CAPTURE(id);
    const Json answer =
        refusal_of(R"({"jsonrpc":"2.0","method":"sum","id":)" + std::string(id) + "}");
    CHECK(answer["error"]["code"] == -32600);
    CHECK(answer["id"].is_null());
  }
  const std::string call = R"({"jsonrpc":"2.0","method":"sum","id":")";
  CHECK(refusal_of(call + std::string(257, 'x') + "\"}")["error"]["code"] == -32600);
  CHECK(std::holds_alternative<Call>(read_line(call + std::string(256, 'x') + "\"}").items[0]));
}

TEST_CASE("an id of 2^64 is no JSON that we read") {
  const Json answer = refusal_of(R"({"jsonrpc":"2.0","method":"sum","id":18446744073709551616})");
  CHECK(answer["error"]["code"] == -32700);
  CHECK(answer["id"].is_null());
}

TEST_CASE("a call that is invalid is answered with its id where it has one") {
  for (const char* rest :
       {R"("jsonrpc":"1.0","method":"sum")", R"("method":"sum")", R"("jsonrpc":2,"method":"sum")",
        R"("jsonrpc":"2.0")", R"("jsonrpc":"2.0","method":null)",
        R"("jsonrpc":"2.0","method":"sum","params":"x")",
        R"("jsonrpc":"2.0","method":"sum","params":null)"}) {
    CAPTURE(rest);
    const Json answer = refusal_of(R"({"id":"7",)" + std::string(rest) + "}");
    CHECK(answer["error"]["code"] == -32600);
    CHECK(answer["id"] == "7");
  }
}

TEST_CASE("a batch of 100 is taken, one of 101 or 100,000 is one error") {
  const auto batch = [](std::size_t calls) {
    std::string text = "[";
    for (std::size_t i = 0; i < calls; ++i) {
      text += (i == 0 ? "" : ",");
      text += calls > 1000 ? "1" : R"({"jsonrpc":"2.0","method":"sum","params":[1],"id":1})";
    }
    return text + "]";
  };
  CHECK(answer_to(batch(100))->size() == 100);
  CHECK(refusal_of(batch(101))["error"]["data"]["kind"] == "too_large");
  CHECK(refusal_of(batch(100'000))["error"]["data"]["kind"] == "too_large");
}

TEST_CASE("what is no JSON is a parse error that says why") {
  CHECK(refusal_of("")["error"]["code"] == -32700);
  CHECK(refusal_of("{")["error"]["message"] == "Parse error");
  CHECK(refusal_of(std::string(100, '['))["error"]["data"]["kind"] == "too_large");
  CHECK(refusal_of(R"({"a":1,"a":2})")["error"]["data"]["detail"].get<std::string>().find(
            "a key that was there before") == 0);
}

TEST_CASE("every reason has exactly one error row with its own code") {
  std::vector<int> numbers;
  for (const ErrorRow& row : error_rows()) {
    numbers.push_back(row.number);
    CHECK(&row_of(row.code) == &row);
    CHECK(errc_of_kind(name_of(row.code)) == row.code);
  }
  std::sort(numbers.begin(), numbers.end());
  CHECK(std::unique(numbers.begin(), numbers.end()) == numbers.end());
  CHECK(numbers.size() == static_cast<std::size_t>(Errc::cancelled) + 1);
}

}  // namespace
}  // namespace syncline::ipc
