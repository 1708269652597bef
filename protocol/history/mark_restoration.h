// SPDX-License-Identifier: Apache-2.0
//
// Ops after which the texts of a document are marked as they were in an earlier version.
#pragma once

#include "protocol/crdt/document.h"
#include "protocol/crdt/op.h"

#include <vector>

namespace syncline::history {

// Requires: `now` reads as `then` did. Texts that read otherwise are left as they are.
std::vector<crdt::Op> restore_marks(const crdt::Document& then, const crdt::Document& now);

}  // namespace syncline::history
