// SPDX-License-Identifier: Apache-2.0
//
// clocks_now: the only place in the program that reads a clock for the core.
//
// The instant counts on while the computer sleeps, so that after a night's sleep every
// link counts as idle at once instead of a minute later.
#pragma once

#include "protocol/base/time.h"

namespace syncline::agent {

Now clocks_now();

}  // namespace syncline::agent
