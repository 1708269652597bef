// SPDX-License-Identifier: Apache-2.0
//
// NetworkMode: how far from this computer its packets may go.
#pragma once

#include <cstdint>

namespace syncline::step {

enum class NetworkMode : std::uint8_t {
  anywhere = 0,
  lan_only = 1,  // no packet leaves the local networks
  off = 2,       // none leaves this computer
};

}  // namespace syncline::step
