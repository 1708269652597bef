// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/tree_diff.h"

#include "protocol/crdt/tree_position.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace syncline::crdt {
namespace {

struct KnownNode {
  std::string parent;
  std::string place;
  std::size_t order = 0;  // ascends among siblings
};

// A child as it is wanted: what is here already keeps its place if it can.
struct WantedChild {
  std::string id;
  const KnownNode* here = nullptr;
};

// The longest part of those that are here that is in order, as indices.
std::vector<std::size_t> ascending(const std::vector<WantedChild>& children) {
  std::vector<std::size_t> ends;  // of the best part of each length, the one that ends lowest
  std::vector<std::size_t> before(children.size());
  for (std::size_t i = 0; i < children.size(); ++i) {
    if (children[i].here == nullptr) continue;
    const auto at = std::lower_bound(ends.begin(), ends.end(), children[i].here->order,
                                     [&children](std::size_t end, std::size_t order) {
                                       return children[end].here->order < order;
                                     });
    before[i] = at == ends.begin() ? i : *(at - 1);
    if (at == ends.end()) {
      ends.push_back(i);
    } else {
      *at = i;
    }
  }
  std::vector<std::size_t> out;
  if (ends.empty()) return out;
  for (std::size_t i = ends.back();; i = before[i]) {
    out.push_back(i);
    if (before[i] == i) break;
  }
  std::reverse(out.begin(), out.end());
  return out;
}

// Without those that leave no room for what comes before them: siblings may have equal places.
std::vector<std::size_t> with_room(const std::vector<WantedChild>& children,
                                   const std::vector<std::size_t>& kept) {
  std::vector<std::size_t> out;
  for (const std::size_t i : kept) {
    const std::size_t next = out.empty() ? 0 : out.back() + 1;
    const std::string low = out.empty() ? std::string() : children[out.back()].here->place;
    if (i == next || low < children[i].here->place) out.push_back(i);
  }
  return out;
}

// A place for every child, between those that keep theirs.
std::vector<std::string> places_for(const std::vector<WantedChild>& children) {
  const std::vector<std::size_t> kept = with_room(children, ascending(children));
  std::vector<std::string> places(children.size());
  std::string low;
  std::size_t next = 0;
  for (std::size_t k = 0; k <= kept.size(); ++k) {
    const std::size_t end = k < kept.size() ? kept[k] : places.size();
    const std::string high = k < kept.size() ? children[end].here->place : std::string();
    if (end > next) {
      const auto made = tree_positions_between(low, high, end - next, 0);
      std::copy(made.begin(), made.end(), places.begin() + static_cast<std::ptrdiff_t>(next));
    }
    if (k < kept.size()) places[end] = high;
    low = high;
    next = end + 1;
  }
  return places;
}

}  // namespace

std::vector<Action> tree_changes(const ShapeList& now, const ShapeList& wanted) {
  std::map<std::string, KnownNode> known;
  for (const Shape& item : now) {
    const auto node = node_of(item);
    const std::size_t order = known.size();
    known[node->id] = {node->parent, item.place, order};
  }
  std::map<std::string, std::vector<WantedChild>> children;  // of each parent, as wanted
  std::set<std::string> stays;
  for (const Shape& item : wanted) {
    const auto node = node_of(item);
    const auto there = known.find(node->id);
    const bool here = there != known.end() && there->second.parent == node->parent;
    children[node->parent].push_back({node->id, here ? &there->second : nullptr});
    stays.insert(node->id);
  }
  std::map<std::string, std::string> place_of;
  for (const auto& [parent, ordered] : children) {
    std::vector<std::string> places = places_for(ordered);
    for (std::size_t i = 0; i < ordered.size(); ++i) place_of[ordered[i].id] = std::move(places[i]);
  }
  std::vector<Action> out;
  // Parents first: then what a node is moved under is already where it belongs.
  for (const Shape& item : wanted) {
    const auto node = node_of(item);
    const std::string& place = place_of[node->id];
    const auto there = known.find(node->id);
    if (there == known.end()) {
      out.push_back(TreeInsert{node->id, node->parent, place});
    } else if (there->second.parent != node->parent || there->second.place != place) {
      out.push_back(TreeMove{node->id, node->parent, place});
    }
  }
  // What stays has been moved out from under what goes, and the rest goes with it.
  for (const Shape& item : now) {
    const auto node = node_of(item);
    if (stays.contains(node->id)) continue;
    if (node->parent.empty() || stays.contains(node->parent)) out.push_back(TreeRemove{node->id});
  }
  return out;
}

}  // namespace syncline::crdt
