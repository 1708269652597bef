// SPDX-License-Identifier: Apache-2.0
//
// is_dialable: whether an address that somebody told us may be dialled at all.
//
// Told addresses are hints, also those of a device of ours: without this rule they could make
// a device knock on its own or its neighbours' services. For what was announced or recorded;
// an address that a person configured is not judged here. Spec F4.
#pragma once

#include "protocol/session/address_text.h"

#include <cstdint>

namespace syncline::discovery {

// Loopback and link-local addresses mean something only to those who share the machine or link.
enum class AllowLocal : std::uint8_t { no, yes };

bool is_dialable(const session::CompactAddress& address, AllowLocal local);

}  // namespace syncline::discovery
