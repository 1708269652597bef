// SPDX-License-Identifier: Apache-2.0
#include "service/exit_code.h"

namespace syncline::service {

int number_of(ExitCode code) { return static_cast<int>(code); }

ExitCode exit_code_of(Errc reason) {
  switch (reason) {
    case Errc::invalid:
    case Errc::oversized: return ExitCode::usage;
    case Errc::locked: return ExitCode::locked;
    case Errc::not_found: return ExitCode::not_found;
    case Errc::wrong_password:
    case Errc::wrong_code: return ExitCode::wrong_secret;
    case Errc::conflict:
    case Errc::already_exists: return ExitCode::conflict;
    case Errc::degraded:
    case Errc::disk_full:
    case Errc::corrupt:
    case Errc::rolled_back: return ExitCode::degraded;
    case Errc::busy:
    case Errc::timeout:
    case Errc::unreachable: return ExitCode::try_again;
    default: return ExitCode::failed;
  }
}

}  // namespace syncline::service
