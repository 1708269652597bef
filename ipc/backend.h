// SPDX-License-Identifier: Apache-2.0
//
// Backend: what the local API needs of the agent behind it.
//
// Everything is called, and calls back, in the one thread that runs the server.
#pragma once

#include "protocol/base/ids.h"
#include "protocol/base/result.h"
#include "protocol/base/time.h"
#include "protocol/step/answer.h"
#include "protocol/step/command.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace syncline::ipc {

// What system.info tells.
struct AgentFacts {
  std::string version;
  std::string home;    // the directory of the vault
  std::string socket;  // empty if it was handed over by the service manager
  std::int64_t process_id = 0;
  WallTime started;
  std::vector<std::string> listening;  // addresses other devices can reach, "host:port"
};

using Reply = std::function<void(Result<step::Answer>)>;

struct Backend {
  // Calls `reply` exactly once, now or later, unless the request is forgotten before.
  std::function<RequestId(step::Command command, Reply reply)> submit;
  // The caller is gone: its reply is not wanted any more. Also for a request that was answered.
  std::function<void(RequestId)> forget;
  std::function<AgentFacts()> facts;
  // One connection, from its first command that says where it comes from, to its end.
  std::function<CallerId()> arrive = [] { return CallerId{}; };
  std::function<void(CallerId)> leave = [](CallerId) {};
};

}  // namespace syncline::ipc
