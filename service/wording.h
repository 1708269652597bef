// SPDX-License-Identifier: Apache-2.0
//
// Wording: how counts, times, ids and connections are said to a person.
//
// Everything that came from elsewhere goes through safe() on its way to the terminal.
#pragma once

#include "ipc/json.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace syncline::service {

// The text member `name` of `object`, made safe for a terminal; empty if it is not there.
std::string safe(const ipc::Json& object, const char* name);
std::uint64_t number(const ipc::Json& object, const char* name);
bool yes(const ipc::Json& object, const char* name);
// The list member `name`; an empty list if it is not there.
const ipc::Json& list(const ipc::Json& object, const char* name);

// The first ten digits: enough to tell entities apart, and accepted as an argument.
std::string short_id(std::string_view id);
// "1 change", "2 changes"; numbers grouped: "12 345 changes".
std::string counted(std::uint64_t count, std::string_view one, std::string_view more);
std::string grouped(std::uint64_t count);
// "just now", "5 minutes ago", "3 days ago", from a time of the local API and the time now.
std::string ago(std::string_view rfc3339, std::int64_t now_ms);
std::string lasting(std::uint64_t seconds);
std::string sized(std::uint64_t bytes);
// "LAN" for an address of a private network or this computer, "relay", else "direct".
std::string way_of(std::string_view address);

std::int64_t unix_ms_now();
// Nothing readable: 0.
std::int64_t unix_ms_of(std::string_view rfc3339);

}  // namespace syncline::service
