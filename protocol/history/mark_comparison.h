// SPDX-License-Identifier: Apache-2.0
//
// What is different in how texts are marked between two versions of a document.
//
// A mark that only took in or lost characters, as the text did, is no difference: compared is
// what the marks of the first version would be on the text of the second.
#pragma once

#include "protocol/crdt/document.h"
#include "protocol/history/comparison.h"

#include <vector>

namespace syncline::history {

struct ComparedVersion {
  const crdt::Document& document;
  const crdt::Shape& shape;  // of all of it
};

// Changes of kind mark, to be made after those of compare(): their paths and positions are of `to`.
std::vector<Change> compare_marks(const ComparedVersion& from, const ComparedVersion& to,
                                  crdt::Positions unit);

}  // namespace syncline::history
