// SPDX-License-Identifier: Apache-2.0
//
// What happened to a text between two versions of it, character by character.
//
// Unlike a comparison of the two texts (crdt/text_diff.h) this knows which of two equal characters
// is the older one. A caller makes sure that both have their history.
#pragma once

#include "protocol/crdt/text_container.h"
#include "protocol/crdt/text_diff.h"

#include <optional>
#include <vector>

namespace syncline::node {

// Ascending; every position refers to `then` as it is. Nothing if `now` lacks something of `then`.
// Requires: both have_history(), with the same table of logs.
std::optional<std::vector<crdt::TextChange>> changes_since(const crdt::TextContainer& then,
                                                           const crdt::TextContainer& now);

}  // namespace syncline::node
