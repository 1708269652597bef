// SPDX-License-Identifier: Apache-2.0
//
// The marks of texts that a step of a JSON Patch takes elsewhere.
//
// A value says nothing of marks, and what is moved out of its list or map, or copied, is written
// anew as one. So: look before the step, put after it. What devices say differently about one part
// of a text stays behind, as every conflict does.
#pragma once

#include "protocol/crdt/patch.h"
#include "protocol/step/command.h"

#include <vector>

namespace syncline::node {

// Of every text in the place that `step` takes, marked or not; paths begin there. Nothing if the
// step takes nothing elsewhere.
std::vector<step::PutMarks> marks_taken(const crdt::Rehearsal& before, const crdt::PatchStep& step);

// Requires: `step` has been run. Errors: as Rehearsal::run.
Status put_marks_taken(crdt::Rehearsal& after, const crdt::PatchStep& step,
                       std::vector<step::PutMarks> taken);

}  // namespace syncline::node
