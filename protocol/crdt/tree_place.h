// SPDX-License-Identifier: Apache-2.0
//
// Places in a tree as people name them, and the ops that bring a node there.
//
// Looks at a tree as it is now: for authors who have seen everything.
#pragma once

#include "protocol/crdt/document.h"

#include <string>
#include <variant>
#include <vector>

namespace syncline::crdt {

struct TreeSpot {
  struct Last {};
  struct Index {
    std::uint64_t value = 0;  // that the node has afterwards
  };
  struct After {
    std::string sibling;
  };
  struct Before {
    std::string sibling;
  };

  std::string parent;  // empty: at the top; of a sibling's parent nothing need be said
  std::variant<Last, Index, After, Before> among;
};

// Ops on the tree at `tree`, which need not exist: the node is moved, or made if it is not there.
// None if it is there and nothing about it is contested. Siblings may be moved to make room. Two
// devices with different `salt` never give the same position. Errc::not_found, Errc::invalid with
// what is wrong.
Result<std::vector<Op>> ops_to_place(const Document& document, const Path& tree,
                                     const std::string& node, const TreeSpot& spot,
                                     std::uint16_t salt);

}  // namespace syncline::crdt
