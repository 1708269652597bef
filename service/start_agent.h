// SPDX-License-Identifier: Apache-2.0
//
// start_agent: starts `synclined` in the background for a person who has none running.
//
// Used by init, join and unlock only. The agent outlives the terminal; what it says goes
// to agent.log in its home. Returns when it serves, or with what it said instead.
#pragma once

#include "service/failure.h"
#include "service/places.h"

#include <string>

namespace syncline::service {

// `program` is the path of the calling executable: the agent is looked for beside it, then
// on the PATH. Gives back the process id.
Got<int> start_agent(const Places& places, const std::string& program);

}  // namespace syncline::service
