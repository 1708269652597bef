// SPDX-License-Identifier: Apache-2.0
//
// ScriptedBackend: an agent that only keeps what it is asked, and answers when told.
//
// For tests that look at the border: what command came of a call, what became of a reply.
#pragma once

#include "ipc/backend.h"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace syncline::ipc::testing {

class ScriptedBackend {
 public:
  struct Asked {
    RequestId id;
    step::Command command;
    Reply reply;
  };

  Backend backend() {
    return {.submit =
                [this](step::Command command, Reply reply) {
                  const RequestId id{++last_id_};
                  asked.push_back({id, std::move(command), std::move(reply)});
                  return id;
                },
            .forget = [this](RequestId id) { forgotten.push_back(id); },
            .facts =
                [] {
                  return AgentFacts{.version = "1.2.3",
                                    .home = "/home/ada/.local/share/syncline",
                                    .socket = "/run/user/1000/syncline/rpc.sock",
                                    .process_id = 4711,
                                    .started = WallTime{1'700'000'000'123},
                                    .listening = {"192.0.2.1:4040"}};
                },
            .arrive = [this] { return CallerId{++last_caller_}; },
            .leave = [this](CallerId caller) { left.push_back(caller); }};
  }

  std::vector<Asked> asked;
  std::vector<RequestId> forgotten;
  std::vector<CallerId> left;

 private:
  std::uint64_t last_id_ = 0;
  std::uint64_t last_caller_ = 0;
};

}  // namespace syncline::ipc::testing
