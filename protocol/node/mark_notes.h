// SPDX-License-Identifier: Apache-2.0
//
// How the marks of a text read.
#pragma once

#include "protocol/crdt/positions.h"
#include "protocol/crdt/text_container.h"
#include "protocol/step/answer.h"

#include <vector>

namespace syncline::node {

// By key, then place; what goes on with the same value is one.
std::vector<step::MarkNote> mark_notes_of(const crdt::TextContainer& text, crdt::Positions unit);

}  // namespace syncline::node
