// SPDX-License-Identifier: Apache-2.0
//
// is_nearby: whether an address lies on this computer's own networks by its number alone.
//
// Private, link-local, unique local and loopback addresses, and names that end in ".local".
// Anything else may leave the house, so it is dialled and let in only in the mode "anywhere".
#pragma once

#include <string_view>

namespace syncline::discovery {

// "host:port", "[v6]:port", with a scope or without.
bool is_nearby(std::string_view address);

}  // namespace syncline::discovery
