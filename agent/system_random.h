// SPDX-License-Identifier: Apache-2.0
//
// SystemRandom: the operating system's generator behind the core's interface.
//
// It keeps nothing, so a fork or a restored snapshot of the machine repeats nothing.
#pragma once

#include "protocol/base/random.h"

namespace syncline::agent {

class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

}  // namespace syncline::agent
