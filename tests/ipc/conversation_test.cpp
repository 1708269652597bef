// SPDX-License-Identifier: Apache-2.0
#include "ipc/conversation.h"

#include "tests/ipc/scripted_backend.h"

#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace syncline::ipc {
namespace {

struct Caller {
  testing::ScriptedBackend agent;
  Backend backend = agent.backend();
  std::vector<std::string> lines;
  std::size_t settled = 0;
  std::unique_ptr<Conversation> conversation = std::make_unique<Conversation>(
      backend, methods(),
      Outlet{.send = [this](std::string line) { lines.push_back(std::move(line)); },
             .settled = [this] { ++settled; }});

  void take(const std::string& line) { conversation->take(line); }
  Json last() const { return Json::parse(lines.back()); }
};

std::string call(const std::string& id, const std::string& method,
                 const std::string& params = "{}") {
  return R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":")" + method + R"(","params":)" + params +
         "}";
}

TEST_CASE("calls are answered as they complete, by their ids") {
  Caller caller;
  caller.take(call("1", "vault.lock"));
  caller.take(call("2", "space.list"));
  CHECK(caller.lines.empty());
  CHECK(caller.conversation->outstanding() == 2);
  caller.agent.asked[1].reply(step::Answer(step::SpacesAnswer{}));
  CHECK(caller.last() == Json::parse(R"({"jsonrpc":"2.0","id":2,"result":{"spaces":[]}})"));
  caller.agent.asked[0].reply(fail(Errc::locked, "it is locked already"));
  CHECK(caller.last()["id"] == 1);
  CHECK(caller.last()["error"]["data"]["kind"] == "locked");
  CHECK(caller.last()["error"]["data"]["detail"] == "it is locked already");
  CHECK(caller.last()["error"]["code"] == -32001);
  CHECK(caller.conversation->outstanding() == 0);
  CHECK(caller.settled == 2);
}

TEST_CASE("a reply is used once, and a late one is dropped") {
  Caller caller;
  caller.take(call("1", "vault.lock"));
  const Reply reply = caller.agent.asked[0].reply;
  reply(step::Answer(step::Done{}));
  reply(step::Answer(step::Done{}));
  CHECK(caller.lines.size() == 1);
  caller.take(call("2", "vault.lock"));
  const Reply late = caller.agent.asked[1].reply;
  caller.conversation.reset();
  REQUIRE(caller.agent.forgotten.size() == 1);
  CHECK(caller.agent.forgotten[0] == caller.agent.asked[1].id);
  late(step::Answer(step::Done{}));
  CHECK(caller.lines.size() == 1);
}

TEST_CASE("a backend may answer before submit returns") {
  std::vector<std::string> lines;
  const Backend at_once{.submit =
                            [](step::Command, const Reply& reply) {
                              reply(step::Answer(step::Done{}));
                              return RequestId{7};
                            },
                        .forget = [](RequestId) { FAIL("nothing is under way"); },
                        .facts = [] { return AgentFacts{}; }};
  Conversation conversation(
      at_once, methods(),
      {.send = [&lines](std::string line) { lines.push_back(line); }, .settled = [] {}});
  conversation.take(call("1", "vault.lock"));
  CHECK(lines.size() == 1);
  CHECK(conversation.outstanding() == 0);
}

TEST_CASE("notifications are done and never answered, whatever becomes of them") {
  Caller caller;
  caller.take(R"({"jsonrpc":"2.0","method":"vault.lock"})");
  caller.take(R"({"jsonrpc":"2.0","method":"vault.lock"})");
  caller.take(R"({"jsonrpc":"2.0","method":"no.such"})");
  caller.take(R"({"jsonrpc":"2.0","method":"entity.get","params":{}})");
  caller.take(R"({"jsonrpc":"2.0","method":"system.ping"})");
  REQUIRE(caller.agent.asked.size() == 2);
  CHECK(caller.conversation->outstanding() == 2);
  caller.agent.asked[0].reply(step::Answer(step::Done{}));
  caller.agent.asked[1].reply(fail(Errc::locked));
  CHECK(caller.lines.empty());
  CHECK(caller.settled == 2);
}

TEST_CASE("a batch is one line, in order, when its last call is answered") {
  Caller caller;
  caller.take("[" + call("1", "vault.lock") + "," + call("2", "system.ping") + ",1," +
              R"({"jsonrpc":"2.0","method":"vault.lock"},)" + call("3", "no.such") + "]");
  CHECK(caller.lines.empty());
  caller.agent.asked[1].reply(step::Answer(step::Done{}));
  CHECK(caller.lines.empty());
  caller.agent.asked[0].reply(step::Answer(step::Done{}));
  REQUIRE(caller.lines.size() == 1);
  const Json answers = caller.last();
  REQUIRE(answers.size() == 4);
  CHECK(answers[0] == Json::parse(R"({"jsonrpc":"2.0","id":1,"result":{}})"));
  CHECK(answers[1]["result"]["pong"] == true);
  CHECK(answers[2]["error"]["code"] == -32600);
  CHECK(answers[3]["error"]["code"] == -32601);
}

TEST_CASE("what lasts as long as its caller is told from whom it is, and when they are gone") {
  testing::ScriptedBackend agent;
  const Backend backend = agent.backend();
  const Outlet silent{.send = [](const std::string&) {}, .settled = [] {}};
  const std::string entity = R"("entity":"00112233445566778899aabbccddeeff")";
  {
    Conversation first(backend, methods(), silent);
    Conversation second(backend, methods(), silent);
    first.take(call("1", "presence.set", "{" + entity + R"(,"value":1})"));
    second.take(call("1", "presence.set", "{" + entity + R"(,"value":2})"));
    first.take(call("2", "presence.clear"));
    REQUIRE(agent.asked.size() == 3);
    const auto one = std::get<step::PresenceSet>(agent.asked[0].command).caller;
    CHECK(one != std::get<step::PresenceSet>(agent.asked[1].command).caller);
    CHECK(one == std::get<step::PresenceClear>(agent.asked[2].command).caller);
    CHECK(agent.left.empty());
    first.leave();
    CHECK(agent.left == std::vector<CallerId>{one});
  }
  CHECK(agent.left.size() == 2);
  // Nobody hears of callers that left nothing behind.
  Conversation(backend, methods(), silent).take(call("1", "space.list"));
  CHECK(agent.left.size() == 2);
}

TEST_CASE("an unknown method is told the most similar name") {
  Caller caller;
  caller.take(call("1", "entity.gte"));
  CHECK(caller.last()["error"]["message"] == "Method not found");
  CHECK(caller.last()["error"]["data"]["next"] == "did you mean entity.get? See rpc.discover");
}

TEST_CASE("parameters come by name") {
  Caller caller;
  caller.take(call("1", "vault.lock", "[]"));
  CHECK(caller.last()["error"]["code"] == -32602);
  CHECK(caller.last()["error"]["data"]["detail"] == "params has to be an object");
  CHECK(caller.last()["error"]["data"]["next"] == "give the parameters by name, in an object");
  caller.take(R"({"jsonrpc":"2.0","id":1,"method":"vault.lock"})");
  CHECK(caller.agent.asked.size() == 1);
}

TEST_CASE("an answer that is too long becomes an error with its id") {
  Caller caller;
  caller.take(call("\"big\"", "entity.get", R"({"entity":"00112233445566778899aabbccddeeff"})"));
  step::EntityAnswer entity;
  entity.value.node = crdt::ValueMap{{"x", {crdt::Scalar(std::string(17 << 20, 'x'))}}};
  caller.agent.asked[0].reply(step::Answer(entity));
  CHECK(caller.last()["id"] == "big");
  CHECK(caller.last()["error"]["data"]["kind"] == "too_large");
}

}  // namespace
}  // namespace syncline::ipc
