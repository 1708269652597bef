// SPDX-License-Identifier: Apache-2.0
//
// Core: what the shell needs of the state machine it drives.
//
// protocol/node is the one real implementation (node_core.h); tests use a small one of
// their own. Every call comes from the runtime's thread.
#pragma once

#include "protocol/base/time.h"
#include "protocol/step/step.h"

namespace syncline::agent {

class Core {
 public:
  virtual ~Core() = default;

  virtual step::Step handle(step::Input input, Now now) = 0;
  // Once after the last input of a group, before its commit.
  virtual step::Step settle(Now now) = 0;
};

}  // namespace syncline::agent
