// SPDX-License-Identifier: Apache-2.0
#include "service/session.h"

#include "agent/printable.h"

namespace syncline::service {
namespace {

// How often a waiting question looks whether the person has had enough.
constexpr auto patience = std::chrono::milliseconds(200);

std::string next_of(const ipc::Json& error) {
  const ipc::Json data = error.is_object() ? error.value("data", ipc::Json()) : ipc::Json();
  if (!data.is_object() || !data.contains("next") || !data["next"].is_string()) return {};
  return agent::printable(data["next"].get<std::string>());
}

}  // namespace

Got<Session> Session::open(const Places& places) {
  auto client = ipc::Client::connect(places.socket().string());
  if (client) return Session(std::move(*client));
  if (client.error().code != Errc::unreachable) return failed(client.error());
  return refuse({ExitCode::no_agent, "no_agent", "no agent is running for " + places.home.string(),
                 "start it with `synclined &`, or `syncline unlock` which starts it too"});
}

Got<ipc::Json> Session::outcome(Result<ipc::Json> answer) const {
  if (answer) return std::move(*answer);
  const Error& why = answer.error();
  return failed({why.code, agent::printable(why.context)}, next_of(client_.last_error()));
}

Got<ipc::Json> Session::call(const std::string& method, ipc::Json params) {
  return outcome(client_.call(method, std::move(params)));
}

Got<ipc::Json> Session::call(const std::string& method, ipc::Json params,
                             const Interrupt& interrupt) {
  const auto id = client_.send(method, std::move(params));
  if (!id) return failed(id.error());
  for (;;) {
    auto answer = client_.receive(*id, patience);
    if (answer || answer.error().code != Errc::timeout) return outcome(std::move(answer));
    if (interrupt.happened())
      return refuse({ExitCode::interrupted, "cancelled", "interrupted", ""});
  }
}

}  // namespace syncline::service
