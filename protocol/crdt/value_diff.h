// SPDX-License-Identifier: Apache-2.0
//
// The few ops that turn a document into what somebody wants it to be.
//
// For programs that know what a value should be and not how it came about. Maps are compared
// key by key, lists item by item, texts character by character, sets element by element; a
// number written over a counter adds the difference. What stays the same keeps its identity, so
// that what others do to it meanwhile goes to the right place.
#pragma once

#include "protocol/crdt/rules.h"

#include <vector>

namespace syncline::crdt {

// Whether somebody named the slot, or wrote what is around it. What is named and contested is
// settled even if it reads as wanted already.
enum class Naming : std::uint8_t { by_name, in_passing };

// Ops after which the slot at `slot` reads as `wanted`; the empty path is the whole document.
// Maps on the way that are not there come into being. What rules show counts as what is there.
// Errors: Errc::invalid, Errc::oversized.
Result<std::vector<Op>> ops_to_put(const Document& now, const Path& slot, const Shape& wanted,
                                   Naming naming = Naming::by_name, const RuleSet* rules = nullptr);

// Ops after which the whole document is `wanted`, which is the shape of one: what has no kind there
// is a leaf, whatever it reads as. Errors: as ops_to_put.
Result<std::vector<Op>> ops_to_become(const Document& now, const Shape& wanted,
                                      const RuleSet* rules = nullptr);

// As ops_to_put where it is known what is there: `now` is the shape of the slot, or nullptr.
// Requires: check_shape(wanted) holds, `slot` is not empty.
std::vector<Op> ops_to_turn(const Shape* now, const Path& slot, const Shape& wanted, Naming naming);

// Ops for a container where none is. Requires: check_shape(wanted) holds.
std::vector<Op> ops_to_insert(const Path& list, std::uint64_t index, const Shape& wanted);

}  // namespace syncline::crdt
