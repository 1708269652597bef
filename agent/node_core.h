// SPDX-License-Identifier: Apache-2.0
//
// NodeCore: the real core behind the shell's interface.
//
// It adds nothing; see protocol/node/node.h for how a node is driven.
#pragma once

#include "agent/core.h"
#include "protocol/node/node.h"

#include <memory>

namespace syncline::agent {

class NodeCore final : public Core {
 public:
  explicit NodeCore(std::unique_ptr<node::Node> node) : node_(std::move(node)) {}

  step::Step handle(step::Input input, Now now) override {
    return node_->handle(std::move(input), now);
  }
  step::Step settle(Now now) override { return node_->settle(now); }

 private:
  std::unique_ptr<node::Node> node_;
};

}  // namespace syncline::agent
