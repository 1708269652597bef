// SPDX-License-Identifier: Apache-2.0
//
// TreeOrder: the order of a text or list as the FugueMax paper defines it, a tree of single
// elements, with nothing done to make it fast.
//
// An element hangs under its left neighbour (on the right side) if that had nothing there at
// the author's version, else under its right neighbour (on the left side).
#pragma once

#include "protocol/base/ids.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace syncline::reference {

using Element = std::size_t;

class TreeOrder {
 public:
  // Puts a new element after `left` (or first). `known`: what its author knew of.
  Element insert(const LogId& author, std::optional<Element> left, const std::set<Element>& known);

  std::vector<Element> in_order() const;

 private:
  struct Node {
    LogId author;
    std::optional<Element> parent;  // nothing: the root
    bool on_the_right = true;
    std::optional<Element> right_neighbour;  // nothing: the end
  };
  std::vector<Element> children(std::optional<Element> of, bool on_the_right) const;
  std::vector<Element> way_from_root(Element element) const;
  bool sibling_before(Element a, Element b) const;
  bool before(Element a, Element b) const;
  void walk(std::optional<Element> at, std::vector<Element>& out) const;

  std::vector<Node> nodes_;
};

}  // namespace syncline::reference
