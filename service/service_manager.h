// SPDX-License-Identifier: Apache-2.0
//
// ServiceManager: the two things the agent has to say to systemd, and the one it is given.
//
// The protocols are sd_notify(3) and sd_listen_fds(3), small enough to need no library.
// Without systemd everything here does nothing.
#pragma once

#include "protocol/base/result.h"

#include <optional>
#include <string>

namespace syncline::service {

// The listening socket that was handed over, if there is one; taken from the environment, so
// that no child sees it. Errc::invalid if it is not a listening Unix socket.
Result<std::optional<int>> take_handed_socket();

enum class Life { ready, stopping };
// Ignored if nobody listens.
void tell_service_manager(Life life);

}  // namespace syncline::service
