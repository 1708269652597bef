// SPDX-License-Identifier: Apache-2.0
#include "tests/reference/tree_order.h"

#include <algorithm>

namespace syncline::reference {

Element TreeOrder::insert(const LogId& author, std::optional<Element> left,
                          const std::set<Element>& known) {
  std::optional<Element> right;
  bool passed = !left;
  for (const Element element : in_order()) {
    if (passed && known.count(element)) {
      right = element;
      break;
    }
    if (element == left) passed = true;
  }
  bool left_has_right_side = false;
  for (const Element child : children(left, true))
    left_has_right_side = left_has_right_side || known.count(child) > 0;
  Node node{author, left, true, right};
  if (left_has_right_side) node = {author, right, false, right};
  nodes_.push_back(node);
  return nodes_.size() - 1;
}

std::vector<Element> TreeOrder::in_order() const {
  std::vector<Element> out;
  walk(std::nullopt, out);
  return out;
}

void TreeOrder::walk(std::optional<Element> at, std::vector<Element>& out) const {
  if (at)
    for (const Element child : children(at, false)) walk(child, out);
  if (at) out.push_back(*at);
  for (const Element child : children(at, true)) walk(child, out);
}

std::vector<Element> TreeOrder::children(std::optional<Element> of, bool on_the_right) const {
  std::vector<Element> out;
  for (Element i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].parent == of && nodes_[i].on_the_right == on_the_right) out.push_back(i);
  std::sort(out.begin(), out.end(), [this](Element a, Element b) { return sibling_before(a, b); });
  return out;
}

bool TreeOrder::sibling_before(Element a, Element b) const {
  if (a == b) return false;
  const auto& right_a = nodes_[a].right_neighbour;
  const auto& right_b = nodes_[b].right_neighbour;
  if (nodes_[a].on_the_right && right_a != right_b) {
    if (!right_a || !right_b) return !right_a;
    return before(*right_b, *right_a);
  }
  return nodes_[a].author < nodes_[b].author;
}

std::vector<Element> TreeOrder::way_from_root(Element element) const {
  std::vector<Element> way{element};
  while (nodes_[way.back()].parent) way.push_back(*nodes_[way.back()].parent);
  std::reverse(way.begin(), way.end());
  return way;
}

bool TreeOrder::before(Element a, Element b) const {
  const auto way_a = way_from_root(a), way_b = way_from_root(b);
  std::size_t i = 0;
  while (i < way_a.size() && i < way_b.size() && way_a[i] == way_b[i]) ++i;
  // One above the other: the one below is on the left side of it or not.
  if (i == way_a.size()) return i < way_b.size() && nodes_[way_b[i]].on_the_right;
  if (i == way_b.size()) return !nodes_[way_a[i]].on_the_right;
  const Node& node_a = nodes_[way_a[i]];
  const Node& node_b = nodes_[way_b[i]];
  if (node_a.on_the_right != node_b.on_the_right) return node_b.on_the_right;
  return sibling_before(way_a[i], way_b[i]);
}

}  // namespace syncline::reference
