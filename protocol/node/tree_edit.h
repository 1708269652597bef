// SPDX-License-Identifier: Apache-2.0
//
// What a caller wants of the nodes of a tree, as ops on the document as it is.
//
// Here places among nodes become positions, and a node that was not named gets an id; what makes
// no sense becomes an error that says what to do instead. What a new node holds is not written
// here.
#pragma once

#include "protocol/base/random.h"
#include "protocol/crdt/document.h"
#include "protocol/step/command.h"

#include <string>
#include <vector>

namespace syncline::node {

// Errors of all: Errc::invalid; Errc::already_exists for a node that is there.

struct NewNode {
  std::string id;
  std::vector<crdt::Op> ops;
};
Result<NewNode> make_node(const crdt::Document& now, const step::NodeInsert& wanted,
                          Random& random);
Result<std::vector<crdt::Op>> ops_to_move(const crdt::Document& now, const step::NodeMove& wanted,
                                          Random& random);

}  // namespace syncline::node
