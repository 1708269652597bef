// SPDX-License-Identifier: Apache-2.0
//
// What the agent says to programs, in the words of the command line.
//
// The agent names parameters and methods; a person gave options and words, and has subcommands.
// `syncline rpc` is for programs, and is not for here.
#pragma once

#include "service/arguments.h"

namespace syncline::service {

Failure for_people(Failure failure, const Row& row);

}  // namespace syncline::service
