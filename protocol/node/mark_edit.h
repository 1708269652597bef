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

}  // namespace syncline::node
