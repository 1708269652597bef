// SPDX-License-Identifier: Apache-2.0
//
// Taking a change back: ops after which a document reads as if the change had not been made.
//
// Everybody else's changes stay, those that the author did not know of as well. Three versions are
// compared, all read from the history:
//   apart   every event that does not build upon the change: the document without it
//   joined  the same and the change, which is all that differs between these two
//   now     whatever was built upon it since
// What leads from `joined` to `apart` is done to `now` (reversal.h, mark_reversal.h). So what
// somebody else removed as well stays removed, and where others concurrently wrote another value,
// that one is left. Where they wrote since, having seen the change, it is left even if it reads the
// same: events are watched for that on the way from `joined` to `now`. A conflict in which the
// change still takes part is settled without it, for the highest of the rest. Where others have
// settled it for the change since, what they gave up does not come back, but what was there before.
// Not here: which change it is to be (node/undo_marks.h).
#pragma once

#include "protocol/crdt/rehearsal.h"
#include "protocol/history/segment.h"

#include <span>

namespace syncline::history {

struct TakingBack {
  crdt::EventSpan change;
  // What the change itself had taken back and is to be as it was, even if it ranks lower than
  // what others wrote; else none.
  crdt::EventSpan redone;
};

// `scene` is the document now. Requires: the change is part of it.
// Errors: Errc::corrupt; as Rehearsal::run.
Result<std::vector<crdt::Op>> ops_to_take_back(std::span<const Buffer> segments,
                                               const crdt::Rehearsal::Scene& scene,
                                               const TakingBack& wanted);

// Ops after which the document reads as `then` does under the rules of the scene, marks included.
Result<std::vector<crdt::Op>> ops_to_restore(const crdt::Document& then,
                                             const crdt::Rehearsal::Scene& scene);

}  // namespace syncline::history
