// SPDX-License-Identifier: Apache-2.0
//
// ExitCode: what `syncline` and `synclined` tell the shell that started them.
//
// Stable: scripts decide by these numbers. The man pages and --help list them.
#pragma once

#include "protocol/base/result.h"

namespace syncline::service {

enum class ExitCode : int {
  ok = 0,
  failed = 1,
  usage = 2,
  no_agent = 3,
  locked = 4,
  not_found = 5,
  wrong_secret = 6,  // a password, a pairing code
  conflict = 7,      // somebody changed it meanwhile, or it exists already
  degraded = 8,      // the store refuses writes, the disk is full or damaged
  try_again = 9,     // busy, no connection, took too long
  interrupted = 130,
};

ExitCode exit_code_of(Errc reason);
int number_of(ExitCode code);

}  // namespace syncline::service
