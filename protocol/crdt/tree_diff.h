// SPDX-License-Identifier: Apache-2.0
//
// The few moves that turn one tree into another with the same or other nodes.
//
// Only where nodes are; what they hold is for value_diff.h.
#pragma once

#include "protocol/crdt/shape.h"

#include <vector>

namespace syncline::crdt {

// In the order in which they are to be done. A node stays where it is if its parent and its order
// among most siblings are right. Requires: both lists are trees, see Shape; `now` knows places.
std::vector<Action> tree_changes(const ShapeList& now, const ShapeList& wanted);

}  // namespace syncline::crdt
