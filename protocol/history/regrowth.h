// SPDX-License-Identifier: Apache-2.0
//
// Regrowth: the nodes of a tree, some of which go back to where they were.
//
// Places are told by who is a node's parent and who comes before it, never by positions, which
// are made anew whenever something is put back. What others have below a node keeps it there, and
// who would be below itself stays where it is. What nodes hold is for reversal.h.
#pragma once

#include "protocol/crdt/shape.h"

#include <map>
#include <optional>
#include <string>

namespace syncline::history {

struct RegrownNode {
  struct Seat {
    std::string parent;
    std::size_t order = 0;  // ascends among siblings
  };
  enum class Wish : std::uint8_t { stay, go_back, go };

  std::optional<Seat> now;   // nothing: it is not there
  std::optional<Seat> then;  // nothing: it was not, or does not tell where others were
  Wish wish = Wish::stay;
  std::optional<crdt::Shape> value = {};

  const Seat& seat() const { return wish == Wish::go_back ? *then : *now; }
};

// As a tree reads. Requires: who stays or goes is there now, and who goes back was there then;
// those that are there now are a tree.
crdt::ShapeList regrow(std::map<std::string, RegrownNode> nodes);

}  // namespace syncline::history
