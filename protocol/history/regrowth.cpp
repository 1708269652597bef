// SPDX-License-Identifier: Apache-2.0
#include "protocol/history/regrowth.h"

#include "protocol/history/put_back.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace syncline::history {
namespace {

using Wish = RegrownNode::Wish;
using Nodes = std::map<std::string, RegrownNode>;
using Children = std::map<std::string, std::vector<std::string>>;

bool is_kept(const RegrownNode& node) { return node.wish != Wish::go; }
// Its old place is not to be had.
void give_in(RegrownNode& node) { node.wish = node.now ? Wish::stay : Wish::go; }

// Whether everybody has their parent.
bool settle_parents(Nodes& nodes) {
  bool settled = true;
  for (auto& [id, node] : nodes) {
    if (!is_kept(node) || node.seat().parent.empty()) continue;
    const auto parent = nodes.find(node.seat().parent);
    if (parent != nodes.end() && is_kept(parent->second)) continue;
    settled = false;
    if (parent != nodes.end() && parent->second.now)
      parent->second.wish = Wish::stay;
    else
      give_in(node);
  }
  return settled;
}

std::set<std::string> reached(const Nodes& nodes) {
  Children below;
  for (const auto& [id, node] : nodes)
    if (is_kept(node)) below[node.seat().parent].push_back(id);
  std::set<std::string> out;
  std::vector<std::string> open = below[{}];
  while (!open.empty()) {
    const std::string id = std::move(open.back());
    open.pop_back();
    for (const std::string& child : below[id]) open.push_back(child);
    out.insert(id);
  }
  return out;
}

// Whether nobody is below itself.
bool settle_rings(Nodes& nodes) {
  const std::set<std::string> good = reached(nodes);
  bool settled = true;
  for (auto& [id, node] : nodes) {
    if (node.wish != Wish::go_back || good.contains(id)) continue;
    give_in(node);
    settled = false;
  }
  return settled;
}

Children in_order(const Nodes& nodes) {
  struct Sibling {
    std::size_t order;
    std::string id;
    std::size_t old;
  };
  std::map<std::string, std::vector<Sibling>> staying, returning;
  for (const auto& [id, node] : nodes) {
    if (!is_kept(node)) continue;
    const auto& seat = node.seat();
    const bool tells = node.then && node.then->parent == seat.parent;
    auto& siblings = node.wish == Wish::stay ? staying : returning;
    siblings[seat.parent].push_back({seat.order, id, tells ? node.then->order : nowhere});
  }
  const auto is_first = [](const Sibling& a, const Sibling& b) { return a.order < b.order; };
  for (auto& [parent, siblings] : staying) std::sort(siblings.begin(), siblings.end(), is_first);
  for (auto& [parent, siblings] : returning) {
    std::sort(siblings.begin(), siblings.end(), is_first);
    for (Sibling& each : siblings) put_back(staying[parent], std::move(each));
  }
  Children out;
  for (auto& [parent, siblings] : staying)
    for (Sibling& each : siblings) out[parent].push_back(std::move(each.id));
  return out;
}

crdt::Shape shape_of(const std::string& id, const RegrownNode& node) {
  const std::string& parent = node.seat().parent;
  crdt::ShapeMap fields;
  fields["id"].node = crdt::Scalar(id);
  fields["parent"].node = parent.empty() ? crdt::Scalar(crdt::Null{}) : crdt::Scalar(parent);
  if (node.value) fields["value"] = *node.value;
  crdt::Shape item;
  item.node = std::move(fields);
  return item;
}

}  // namespace

crdt::ShapeList regrow(Nodes nodes) {
  // Each round somebody gives in for good.
  while (!settle_parents(nodes) || !settle_rings(nodes)) continue;
  Children children = in_order(nodes);
  crdt::ShapeList out;
  std::vector<std::string> open(children[{}].rbegin(), children[{}].rend());
  while (!open.empty()) {
    const std::string id = std::move(open.back());
    open.pop_back();
    out.push_back(shape_of(id, nodes.at(id)));
    const auto& below = children[id];
    open.insert(open.end(), below.rbegin(), below.rend());
  }
  return out;
}

}  // namespace syncline::history
