// SPDX-License-Identifier: Apache-2.0
//
// Doctor: looks for what keeps the agent from doing its work, and names the remedy.
//
// Looks only, changes nothing. Every check gives one finding; a bad one has a command
// that mends it.
#pragma once

#include "ipc/json.h"
#include "service/places.h"

#include <optional>
#include <string>
#include <vector>

namespace syncline::service {

enum class Verdict { good, worth_knowing, bad };

struct Finding {
  std::string check;  // "home", "store", ...: stable, for scripts
  Verdict verdict = Verdict::good;
  std::string text;
  std::string remedy;  // a command or a sentence; empty when all is well
};

// What can be seen from outside, whether an agent runs or not.
std::vector<Finding> look_around(const Places& places);
// What the agent says about itself: `info` of system.info, `status` of system.status.
// What system.rebuild answered.
Finding look_at_rebuilt(const ipc::Json& rebuilt);
std::vector<Finding> look_at_agent(const ipc::Json& info, const ipc::Json& status);

}  // namespace syncline::service
