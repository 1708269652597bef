// SPDX-License-Identifier: Apache-2.0
//
// What taking a change back means for the marks on texts: reversal.h compares how documents read,
// which says nothing of marks.
#pragma once

#include "protocol/crdt/document.h"
#include "protocol/crdt/op.h"

#include <vector>

namespace syncline::history {

// Ops on `result` after which its texts are marked as if the change had not been made. `before`,
// `after` and `now` as in reverse(); `result` is `now` without the rest of the change. Texts below
// items of lists are left as they are: an item may be elsewhere by now.
std::vector<crdt::Op> reverse_marks(const crdt::Document& before, const crdt::Document& after,
                                    const crdt::Document& now, const crdt::Document& result);

}  // namespace syncline::history
