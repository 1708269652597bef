// SPDX-License-Identifier: Apache-2.0
//
// Marks that a text should have, as ops.
//
// What is marked as wanted already is left as it is.
#pragma once

#include "protocol/crdt/document.h"
#include "protocol/step/command.h"

#include <vector>

namespace syncline::node {

// Errors: Errc::invalid for a range that is none of the text, or where no text is.
Result<std::vector<crdt::Op>> ops_to_mark(const crdt::Document& now, const step::PutMarks& put);

// What a text that was rewritten, from `before` to `after`, has to be marked with for its marks to
// grow at their starts as they did: a start gives way once the character that it holds on to is
// gone (Spec C37).
std::vector<crdt::Op> ops_to_keep_growth(const crdt::Document& before, const crdt::Document& after,
                                         const crdt::Path& text);

}  // namespace syncline::node
