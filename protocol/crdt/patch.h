// SPDX-License-Identifier: Apache-2.0
//
// Patches: JSON Merge Patch (RFC 7386) and JSON Patch (RFC 6902) as ops on a document.
//
// A patch says what changes and not how; what it puts is compared with what is there
// (value_diff.h), so that a text is edited and never replaced. Reading the JSON is not done
// here. Patch steps are run on a Rehearsal: all of them or none.
#pragma once

#include "protocol/crdt/rehearsal.h"
#include "protocol/crdt/shape.h"

#include <string>
#include <vector>

namespace syncline::crdt {

// In a map of the patch, null removes the key; inside lists it is a null.
// Errors: Errc::invalid, Errc::oversized.
Result<std::vector<Op>> ops_of_merge_patch(const Document& now, const Shape& patch,
                                           const RuleSet* rules = nullptr);

// The tokens of a JSON Pointer, unescaped. What they mean depends on what is there: a key in a
// map, an index in a list or a set, "-" behind the last item, the id of a node in a tree.
using Pointer = std::vector<std::string>;

struct PatchStep {
  enum class Verb : std::uint8_t { add, remove, replace, move, copy, test };
  Verb verb = Verb::test;
  Pointer path;
  Pointer from;  // of move and copy
  Shape value;   // of add, replace and test

  bool operator==(const PatchStep&) const = default;
};
std::string_view name_of(PatchStep::Verb verb);

// Errors: Errc::invalid with what is missing and where; Errc::conflict for a test that does not
// hold; Errc::oversized.
Status run_step(Rehearsal& rehearsal, const PatchStep& step);

// "/a/b~1c", for messages.
std::string text_of(const Pointer& pointer);

}  // namespace syncline::crdt
