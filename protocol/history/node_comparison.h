// SPDX-License-Identifier: Apache-2.0
//
// Which nodes of a tree came, went or are elsewhere; not what they hold.
#pragma once

#include "protocol/history/comparison.h"

#include <vector>

namespace syncline::history {

// Each at the tree as the one before left it. Who comes has a value, and who goes takes along what
// is below it. Requires: both are trees of a document, the one at `tree`.
std::vector<Change> compare_nodes(const crdt::ShapeList& from, const crdt::ShapeList& to,
                                  const crdt::Path& tree);

}  // namespace syncline::history
