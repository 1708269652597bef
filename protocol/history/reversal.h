// SPDX-License-Identifier: Apache-2.0
//
// Reversal: a document as it would read without one of its changes.
//
// Only what the change did goes back, and only where nobody wrote over it since, be it the same:
// texts character by character, lists item by item, counters by the amount. Works on how documents
// read; the ops that lead there come from crdt/value_diff.h.
#pragma once

#include "protocol/crdt/shape.h"
#include "protocol/crdt/writings.h"

namespace syncline::history {

// `before` and `after`: the document without and with the change, and nothing else between them;
// `now` includes the change. Which versions these are when others wrote at the same time, and what
// is contested, is for taking_back.h. `others`: where somebody else wrote since; paths are of
// `now`. Requires: all are whole documents.
crdt::Shape reverse(crdt::Shape before, crdt::Shape after, crdt::Shape now,
                    const crdt::WrittenPlaces& others = {});

}  // namespace syncline::history
