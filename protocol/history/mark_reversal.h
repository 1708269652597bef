// SPDX-License-Identifier: Apache-2.0
//
// What taking a change back means for the marks on texts: reversal.h compares how documents read,
// which says nothing of marks.
#pragma once

#include "protocol/crdt/document.h"
#include "protocol/crdt/op.h"

#include <vector>

namespace syncline::history {

// The versions that are compared, see taking_back.h.
struct MarkSight {
  const crdt::Document &before, &apart, &joined, &now;
  crdt::EventSpan change, redone;
  // What `result` was made to read as, by reversal.h.
  const crdt::Shape& goal;
};

// Ops on `result` after which its texts are marked as if the change had not been made; `result` is
// `now` without the rest of the change.
std::vector<crdt::Op> reverse_marks(const MarkSight& sight, const crdt::Document& result);
// The same for how marks grow, once these ops were done: a mark whose end was removed or rewritten
// holds on to nothing there (Spec C37).
std::vector<crdt::Op> reverse_growth(const MarkSight& sight, const crdt::Document& result);

}  // namespace syncline::history
