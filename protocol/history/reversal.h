// SPDX-License-Identifier: Apache-2.0
//
// Reversal: a document as it would read without one of its changes.
//
// Only what the change did goes back, and only where nobody wrote over it since: texts character
// by character, lists item by item, counters by the amount. Works on how documents read; the ops
// that lead there come from crdt/value_diff.h.
#pragma once

#include "protocol/crdt/shape.h"

namespace syncline::history {

// `before` and `after`: the document without and with the change, and nothing else between them;
// `now` includes the change. Which versions these are when others wrote at the same time, and what
// is contested, is for taking_back.h. Requires: all are whole documents.
crdt::Shape reverse(crdt::Shape before, crdt::Shape after, crdt::Shape now);

}  // namespace syncline::history
