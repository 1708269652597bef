// SPDX-License-Identifier: Apache-2.0
#include "ipc/client.h"

#include "tests/ipc/running_agent.h"

#include <fstream>
#include <string>

#include <doctest/doctest.h>

namespace syncline::ipc {
namespace {

using namespace std::chrono_literals;
using testing::PrivateDirectory;
using testing::RunningAgent;

TEST_CASE("without an agent the caller is told how to start one") {
  const PrivateDirectory directory;
  const auto missing = Client::connect(directory / "rpc.sock");
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().code == Errc::unreachable);
  CHECK(missing.error().context == "no agent is running: start it with `synclined`");

  auto place = SocketPlace::claim(directory / "rpc.sock");
  REQUIRE(place.has_value());
  REQUIRE(place->listen().has_value());  // closed at once: nobody listens
  CHECK(Client::connect(directory / "rpc.sock").error().code == Errc::unreachable);
  CHECK(Client::connect("").error().code == Errc::invalid);
  CHECK(Client::connect(std::string(108, 'x')).error().code == Errc::invalid);
  CHECK(Client::connect(directory.path().string()).error().code != Errc::invalid);
}

TEST_CASE("errors of the agent keep their kind and say what happened") {
  const RunningAgent agent;
  Client client = agent.client();
  const auto unlock = client.call("vault.unlock", {{"password", "wrong"}}, 20s);
  REQUIRE_FALSE(unlock.has_value());
  CHECK(unlock.error() == Error{Errc::wrong_password, "it opens no recipient"});
  CHECK(client.last_error()["code"] == -32002);
  CHECK_FALSE(client.last_error()["data"]["next"].get<std::string>().empty());
  CHECK(client.call("no.such", Json::object(), 20s).error().code == Errc::not_found);
  CHECK(client.call("vault.unlock", Json::object(), 20s).error().code == Errc::invalid);
  CHECK(client.call("system.ping", Json::object(), 20s).has_value());
}

TEST_CASE("an answer that does not come in time is a timeout, and can still be received") {
  RunningAgent agent;
  Client client = agent.client();
  const auto id = client.send("events.poll", {{"sub", "3"}});
  REQUIRE(id.has_value());
  CHECK(client.receive(*id, 10ms).error().code == Errc::timeout);
  agent.release();
  CHECK(client.receive(*id, 20s).value()["cursor"] == "3");
}

TEST_CASE("answers are received in any order") {
  RunningAgent agent;
  Client client = agent.client();
  for (int i = 1; i <= 5; ++i) {
    REQUIRE(client.send("events.poll", {{"sub", std::to_string(i)}}).has_value());
  }
  REQUIRE(agent.wait_for_asked(5));
  agent.release();
  for (const std::uint64_t id : {3U, 1U, 5U, 4U, 2U}) {
    CHECK(client.receive(id, 20s).value()["cursor"] == std::to_string(id));
  }
}

TEST_CASE("an agent that ends is noticed") {
  auto agent = std::make_unique<RunningAgent>();
  Client client = agent->client();
  REQUIRE(client.call("system.ping", Json::object(), 20s).has_value());
  agent.reset();
  CHECK(client.call("system.ping", Json::object(), 20s).error().code == Errc::unreachable);
}

}  // namespace
}  // namespace syncline::ipc
