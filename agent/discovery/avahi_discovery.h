// SPDX-License-Identifier: Apache-2.0
//
// AvahiDiscovery: LanDiscovery by the system's avahi-daemon.
//
// The daemon may start later, restart or never come, and so may the system bus. The host of
// our record is the random name of the announcement, with an address record for each address
// of this computer, so that its real name is not tied to it.
#pragma once

#include "agent/asio.h"
#include "agent/discovery/lan_discovery.h"

namespace syncline::agent {

std::unique_ptr<LanDiscovery> make_avahi_discovery(asio::io_context& io,
                                                   LanDiscovery::Events events);

}  // namespace syncline::agent
