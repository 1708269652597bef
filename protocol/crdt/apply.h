// SPDX-License-Identifier: Apache-2.0
//
// One op on a document's tree. Whether it applies depends on the op and its author's version
// alone; an op that does not leaves no trace.
#pragma once

#include "protocol/crdt/container.h"
#include "protocol/crdt/document.h"

namespace syncline::crdt {

struct Document::State {
  Container root{Kind::map};
  VersionVector frontier;
  std::vector<HistoryEntry> history;
};

// False if the op is void.
bool apply_op(Container& root, const Edit& edit, const Op& op);

}  // namespace syncline::crdt
