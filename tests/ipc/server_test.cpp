// SPDX-License-Identifier: Apache-2.0
#include "ipc/server.h"

#include "tests/ipc/example_methods.h"
#include "tests/ipc/running_agent.h"
#include "tests/ipc/vectors.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sys/socket.h>

namespace syncline::ipc {
namespace {

using namespace std::chrono_literals;
using testing::RunningAgent;

Json next_answer(Client& client) {
  const Result<std::string> line = client.receive_line(20s);
  REQUIRE_MESSAGE(line.has_value(), (line ? "" : line.error().context));
  const Result<Json> answer = parse(*line, answer_limits);
  REQUIRE(answer.has_value());
  return *answer;
}

Json ask(Client& client, const std::string& line) {
  REQUIRE(client.send_raw(line + "\n").has_value());
  return next_answer(client);
}

void check_alive(Client& client) {
  const Result<Json> pong = client.call("system.ping", Json::object(), 20s);
  REQUIRE_MESSAGE(pong.has_value(), (pong ? "" : pong.error().context));
  CHECK((*pong)["pong"] == true);
}

bool is_parse_error(const Json& answer) {
  return answer.is_object() && answer.contains("error") && answer["error"]["code"] == -32700 &&
         answer["id"].is_null();
}

TEST_CASE("socket: the examples of the JSON-RPC specification are answered exactly") {
  const auto text = testing::vector_text("jsonrpc/spec_examples.json");
  if (!text) return;
  const std::vector<Method> table = testing::example_methods();
  RunningAgent agent({.table = table});
  Client client = agent.client();
  const Json examples = Json::parse(*text);
  REQUIRE(examples["cases"].size() == 15);
  for (const Json& example : examples["cases"]) {
    CAPTURE(example["name"].get<std::string>());
    std::string request = example["request_text"].get<std::string>();
    std::replace(request.begin(), request.end(), '\n', ' ');
    REQUIRE(client.send_raw(request + "\n").has_value());
    if (!example["response"].is_null()) {
      Json answer = next_answer(client);
      testing::check_and_drop_data(answer);
      CHECK(answer == example["response"]);
    }
    // Nothing else was said.
    const Json after = ask(client, R"({"jsonrpc":"2.0","id":"after","method":"sum","params":[1]})");
    CHECK(after["id"] == "after");
  }
}

TEST_CASE("socket: every text of JSONTestSuite is answered, and the agent lives") {
  RunningAgent agent;
  Client client = agent.client();
  for (const auto& file : testing::json_test_suite()) {
    CAPTURE(file.name);
    std::string text = file.text;
    const bool valid = file.name[0] == 'y';
    // Between values a line end is as good as a space.
    if (valid) std::replace(text.begin(), text.end(), '\n', ' ');
    REQUIRE(client.send_raw(text + "\n").has_value());
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    std::size_t parse_errors = 0;
    for (std::size_t i = 0; i < lines; ++i) parse_errors += is_parse_error(next_answer(client));
    if (valid) CHECK((parse_errors == 0) == testing::refused_by_limits(file.name).empty());
    if (file.name[0] == 'n') CHECK(parse_errors > 0);
  }
  check_alive(client);
  CHECK(agent.asked() == 0);
}

TEST_CASE("socket: hostile lines are errors, and the agent lives") {
  using namespace std::string_literals;
  RunningAgent agent;
  Client client = agent.client();
  for (std::size_t depth = 81; depth <= 1'000'000; depth = depth * 10 + 7) {
    CHECK(is_parse_error(ask(client, std::string(depth, '['))));
    CHECK(is_parse_error(ask(client, std::string(depth, '[') + std::string(depth, ']'))));
  }
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
  CHECK(is_parse_error(ask(client, objects)));
  for (const std::string& line :
       {R"({"jsonrpc":"2.0","id":18446744073709551616,"method":"system.ping"})"s,
        R"({"jsonrpc":"2.0","id":1,"id":1,"method":"system.ping"})"s, "\0"s,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"system.ping\"}\0"s, "\"\xff\xfe\""s, ""s,
        "   "s, R"({"jsonrpc":"2.0","id":1,"method":"system.ping"} {})"s}) {
    CAPTURE(line);
    CHECK(is_parse_error(ask(client, line)));
  }
  std::string batch = "[1";
  for (int i = 1; i < 100'000; ++i) batch += ",1";
  const Json refused = ask(client, batch + "]");
  CHECK(refused["error"]["code"] == -32600);
  CHECK(refused["error"]["data"]["kind"] == "too_large");
  check_alive(client);
}

TEST_CASE("socket: a line of 100 MiB is skipped with one error") {
  RunningAgent agent;
  Client client = agent.client();
  const std::string mebibyte(1024 * 1024, 'x');
  REQUIRE(client.send_raw("\"").has_value());
  for (int i = 0; i < 100; ++i) REQUIRE(client.send_raw(mebibyte).has_value());
  const Json refused = ask(client, "\"");
  CHECK(is_parse_error(refused));
  CHECK(refused["error"]["data"]["kind"] == "too_large");
  check_alive(client);
}

TEST_CASE("socket: who sends a text that is too long for a line is told how it goes in") {
  RunningAgent agent;
  Client client = agent.client();
  constexpr std::size_t line_size_max = 4 * 1024 * 1024;
  // Just too long, and so long that its end is never looked at.
  for (const std::size_t size : {line_size_max, 2 * line_size_max}) {
    const Json refused = ask(client, "\"" + std::string(size, 'x') + "\"")["error"]["data"];
    CHECK(refused["detail"] == "a line is longer than 4194304 bytes");
    CHECK(refused["next"].get<std::string>().find("in pieces, with text.insert") !=
          std::string::npos);
  }
  check_alive(client);
}

TEST_CASE("socket: a line of just 4 MiB is taken") {
  RunningAgent agent;
  Client client = agent.client();
  const std::string head = R"({"jsonrpc":"2.0","id":"1","method":"vault.lock","params":{"x":")";
  const std::string tail = "\"}}";
  const std::size_t room = 4 * 1024 * 1024 - head.size() - tail.size();
  CHECK(ask(client, head + std::string(room, 'x') + tail)["error"]["code"] == -32602);
  CHECK(is_parse_error(ask(client, head + std::string(room + 1, 'x') + tail)));
}

TEST_CASE("socket: lines arrive whole however they are cut") {
  RunningAgent agent;
  Client client = agent.client();
  const std::string lines = std::string(R"({"jsonrpc":"2.0","id":1,"method":"system.ping"})") +
                            "\r\n" + R"({"jsonrpc":"2.0","id":2,"method":"space.list"})" + "\n";
  for (const char c : lines) REQUIRE(client.send_raw(std::string_view(&c, 1)).has_value());
  CHECK(next_answer(client)["id"] == 1);
  CHECK(next_answer(client)["id"] == 2);
}

TEST_CASE("socket: half a line at the end is ignored") {
  RunningAgent agent;
  Client client = agent.client();
  REQUIRE(client.send_raw(R"({"jsonrpc":"2.0","id":1,"method":"vault.lock"})").has_value());
  ::shutdown(client.fd(), SHUT_WR);
  CHECK(client.receive_line(20s).error().code == Errc::unreachable);
  CHECK(agent.asked() == 0);
}

TEST_CASE("socket: who stops writing still gets every answer") {
  RunningAgent agent;
  Client client = agent.client();
  REQUIRE(client.send("events.poll", {{"sub", "1"}}).has_value());
  REQUIRE(client.send("events.poll", {{"sub", "2"}}).has_value());
  ::shutdown(client.fd(), SHUT_WR);
  REQUIRE(agent.wait_for_asked(2));
  agent.release();
  CHECK(next_answer(client)["result"]["cursor"] == "2");
  CHECK(next_answer(client)["result"]["cursor"] == "1");
  CHECK(client.receive_line(20s).error().code == Errc::unreachable);
  CHECK(agent.wait_for_connections(0));
}

TEST_CASE("socket: what a caller waited for is forgotten when it hangs up") {
  RunningAgent agent;
  {
    Client client = agent.client();
    REQUIRE(client.send("events.poll", {{"sub", "1"}}).has_value());
    REQUIRE(agent.wait_for_asked(1));
  }
  CHECK(agent.wait_for_forgotten(1));
  CHECK(agent.wait_for_connections(0));
  agent.release();
  Client another = agent.client();
  check_alive(another);
}

TEST_CASE("socket: a caller that hangs up while it is not read from is forgotten too") {
  RunningAgent agent({.limits = {.calls_max = 2}});
  {
    Client client = agent.client();
    for (int i = 0; i < 5; ++i) REQUIRE(client.send("events.poll", {{"sub", "1"}}).has_value());
    REQUIRE(agent.wait_for_asked(2));
  }
  CHECK(agent.wait_for_forgotten(5));
  CHECK(agent.wait_for_connections(0));
}

TEST_CASE("socket: what was written before hanging up is done") {
  RunningAgent agent;
  {
    Client client = agent.client();
    for (int i = 0; i < 300; ++i) REQUIRE(client.send("vault.lock").has_value());
    for (int i = 0; i < 300; ++i) {
      REQUIRE(client.send_raw("{\"jsonrpc\":\"2.0\",\"method\":\"vault.lock\"}\n").has_value());
    }
  }
  CHECK(agent.wait_for_asked(600));
  CHECK(agent.wait_for_connections(0));
}

TEST_CASE("socket: pipelined calls are answered as they complete") {
  RunningAgent agent;
  Client client = agent.client();
  const auto slow = client.send("events.poll", {{"sub", "9"}});
  const auto quick = client.send("space.list");
  REQUIRE(slow.has_value());
  CHECK(client.receive(*quick, 20s).value()["spaces"].empty());
  agent.release();
  CHECK(client.receive(*slow, 20s).value()["cursor"] == "9");
}

TEST_CASE("socket: beyond 64 calls under way nothing more is read") {
  RunningAgent agent;
  Client client = agent.client();
  for (int i = 0; i < 100; ++i) REQUIRE(client.send("events.poll", {{"sub", "1"}}).has_value());
  REQUIRE(agent.wait_for_asked(64));
  Client another = agent.client();
  check_alive(another);
  CHECK(agent.asked() == 64);
  agent.release();
  REQUIRE(agent.wait_for_asked(100));
  agent.release();
  for (std::uint64_t id = 1; id <= 100; ++id) CHECK(client.receive(id, 20s).has_value());
}

TEST_CASE("socket: who does not read its answers is not read from, and loses nothing") {
  RunningAgent agent({.limits = {.calls_max = 4}, .entity_size = 256 * 1024});
  Client client = agent.client();
  const std::string entity(32, '0');
  for (int i = 0; i < 50; ++i) REQUIRE(client.send("entity.get", {{"entity", entity}}).has_value());
  REQUIRE(agent.wait_for_asked(5));
  Client another = agent.client();
  for (int i = 0; i < 20; ++i) check_alive(another);
  // 1 MiB may wait, four calls may be under way, and some is in the socket.
  CHECK(agent.asked() < 20);
  for (std::uint64_t id = 1; id <= 50; ++id) {
    const auto answer = client.receive(id, 20s);
    REQUIRE(answer.has_value());
    CHECK((*answer)["value"]["x"].get_ref<const std::string&>().size() == 256 * 1024);
  }
}

TEST_CASE("socket: who lets 16 MiB of answers lie is cut off, and nobody else") {
  RunningAgent agent({.entity_size = 1024 * 1024, .hold_entities = true});
  Client client = agent.client();
  Client another = agent.client();
  const std::string entity(32, '0');
  for (int i = 0; i < 64; ++i) REQUIRE(client.send("entity.get", {{"entity", entity}}).has_value());
  REQUIRE(agent.wait_for_asked(64));
  agent.release();
  CHECK(agent.wait_for_connections(1));
  check_alive(another);
  std::size_t answers = 0;
  while (client.receive_line(20s)) ++answers;
  CHECK(answers < 20);
}

TEST_CASE("socket: one connection too many is told so and closed") {
  RunningAgent agent({.limits = {.connections_max = 3}});
  std::vector<Client> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(agent.client());
    check_alive(clients.back());
  }
  {
    Client fourth = agent.client();
    CHECK(next_answer(fourth)["error"]["data"]["kind"] == "busy");
    CHECK(fourth.receive_line(20s).error().code == Errc::unreachable);
  }
  clients.pop_back();
  REQUIRE(agent.wait_for_connections(2));
  Client another = agent.client();
  check_alive(another);
}

TEST_CASE("socket: many callers at once get their own answers") {
  RunningAgent agent;
  std::vector<Client> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(agent.client());
  for (int round = 0; round < 5; ++round) {
    std::vector<std::uint64_t> ids;
    for (std::size_t i = 0; i < clients.size(); ++i) {
      ids.push_back(clients[i].send("events.poll", {{"sub", std::to_string(i)}}).value());
    }
    REQUIRE(agent.wait_for_asked(clients.size() * static_cast<std::size_t>(round + 1)));
    agent.release();
    for (std::size_t i = 0; i < clients.size(); ++i) {
      CHECK(clients[i].receive(ids[i], 20s).value()["cursor"] == std::to_string(i));
    }
  }
}

TEST_CASE("socket: stopping forgets what is under way and ends every connection") {
  std::vector<Client> clients;
  {
    RunningAgent agent;
    for (int i = 0; i < 3; ++i) {
      clients.push_back(agent.client());
      REQUIRE(clients.back().send("events.poll", {{"sub", "1"}}).has_value());
    }
    REQUIRE(agent.wait_for_asked(3));
  }
  for (Client& client : clients) {
    CHECK(client.receive_line(20s).error().code == Errc::unreachable);
  }
}

}  // namespace
}  // namespace syncline::ipc
