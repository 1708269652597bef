// SPDX-License-Identifier: Apache-2.0
//
// Program: a local program that talks to a real node through the local API, without a socket.
//
// Every result is held against the schema of its method.
#pragma once

#include "ipc/conversation.h"
#include "ipc/json.h"
#include "ipc/methods.h"
#include "tests/protocol/node/devices.h"

#include <optional>
#include <set>
#include <string>
#include <utility>

#include <doctest/doctest.h>

namespace syncline::ipc::testing {

// A local program on one of the devices.
class Program {
 public:
  Program(node::Devices& devices, std::size_t index) : devices_(devices), index_(index) {}

  // The result, which has to fit the method's schema.
  Json call(const std::string& method, Json params = Json::object()) {
    CAPTURE(method);
    const Json answer = ask(method, std::move(params));
    CAPTURE(answer.dump());
    REQUIRE(answer.contains("result"));
    const Status fits = check(find_method(methods(), method)->result, answer["result"], "result");
    CHECK_MESSAGE(fits.has_value(), (fits ? "" : fits.error().context));
    used_.insert(method);
    return answer["result"];
  }

  // The kind of the error.
  std::string refused(const std::string& method, Json params = Json::object()) {
    return error(method, std::move(params))["kind"];
  }
  // What exactly was wrong.
  std::string complaint(const std::string& method, Json params = Json::object()) {
    return error(method, std::move(params)).value("detail", "");
  }

  // The `data` of the error.
  Json error(const std::string& method, Json params) {
    const Json answer = ask(method, std::move(params));
    CAPTURE(answer.dump());
    REQUIRE(answer.contains("error"));
    return answer["error"]["data"];
  }

  const std::set<std::string>& used() const { return used_; }

 private:
  Json ask(const std::string& method, Json params) {
    const Backend backend{.submit =
                              [this](step::Command command, const Reply& reply) {
                                reply(devices_.call(index_, std::move(command)));
                                return RequestId{1};
                              },
                          .forget = [](RequestId) {},
                          .facts = [] { return AgentFacts{}; }};
    std::optional<std::string> said;
    Conversation conversation(
        backend, methods(),
        {.send = [&said](std::string line) { said = std::move(line); }, .settled = [] {}});
    conversation.take(
        dump({{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", std::move(params)}}));
    REQUIRE(said.has_value());
    return parse(*said, answer_limits).value();
  }

  node::Devices& devices_;
  std::size_t index_;
  std::set<std::string> used_;
};

inline const char* const password = "correct horse";

inline void pair_by_api(node::Devices& devices, Program& inviter, Program& joiner) {
  const Json invite = inviter.call("pair.invite");
  CHECK(inviter.call("pair.status")["phase"] == "waiting");
  joiner.call(
      "pair.join",
      {{"code", invite["code"]}, {"addresses", {devices[0].address}}, {"device_name", "phone"}});
  devices.run(std::chrono::seconds(1));
  const Json waiting = inviter.call("pair.status");
  CHECK(waiting["phase"] == "confirming");
  CHECK(waiting["check_number"] == joiner.call("pair.status")["check_number"]);
  inviter.call("pair.confirm", {{"accept", true}});
  devices.run();
}

}  // namespace syncline::ipc::testing
