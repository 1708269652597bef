// SPDX-License-Identifier: Apache-2.0
//
// How long and how deep what is written into a document may be: the checks of an author, in words.
//
// Spec C5 has the same limits for ops; here is said which one is exceeded, by how much, and what
// to do instead. Whoever knows where in a request the value stands puts that in front.
#pragma once

#include "protocol/base/result.h"
#include "protocol/crdt/op.h"

#include <cstdint>
#include <string_view>

namespace syncline::crdt {

// Where a leaf is to be.
enum class LeafUse : std::uint8_t { place, set, mark };

// Errors of all: Errc::oversized, with advice (advice.h).
Status check_leaf(const Scalar& value, LeafUse use);
Status check_key(std::string_view key);
Status check_mark_key(std::string_view key);
// How many steps lead from the document to a value.
Status check_depth(std::size_t steps);

// All of these for one op.
Status check_sizes(const Op& op);

}  // namespace syncline::crdt
