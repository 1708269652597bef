// SPDX-License-Identifier: Apache-2.0
//
// What a document's tree shows, for those in this folder who read it in other forms.
#pragma once

#include "protocol/crdt/apply.h"

#include <optional>

namespace syncline::crdt {

Value value_of(const Container& container);
// The slot at `path`, if it shows something; never for the empty path.
const Slot* slot_at(const Container& root, const Path& path);
// Spec C13. Nothing if everybody agrees. Requires: the slot shows something.
std::optional<Conflict> conflict_of(const Slot& slot, const Path& path);

}  // namespace syncline::crdt
