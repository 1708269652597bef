// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/tree_diff.h"

#include "protocol/crdt/tree_position.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace syncline::crdt {
namespace {

struct Known {
  std::string parent;
  std::string place;
};

// The longest part of `places` that ascends, as indices; an empty place never belongs to it.
std::vector<std::size_t> ascending(const std::vector<std::string>& places) {
  std::vector<std::size_t> ends;  // of the best part of each length, the one that ends lowest
  std::vector<std::size_t> before(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (places[i].empty()) continue;
    const auto at = std::lower_bound(
        ends.begin(), ends.end(), places[i],
        [&places](std::size_t end, const std::string& place) { return places[end] < place; });
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

// Gives every child without a place one between those that keep theirs.
std::vector<std::string> places_for(std::vector<std::string> places) {
  const std::vector<std::size_t> kept = ascending(places);
  std::string low;
  std::size_t next = 0;
  for (std::size_t k = 0; k <= kept.size(); ++k) {
    const std::size_t end = k < kept.size() ? kept[k] : places.size();
    const std::string high = k < kept.size() ? places[end] : std::string();
    const auto made = tree_positions_between(low, high, end - next, 0);
    std::copy(made.begin(), made.end(), places.begin() + static_cast<std::ptrdiff_t>(next));
    low = high;
    next = end + 1;
  }
  return places;
}

}  // namespace

std::vector<Action> tree_changes(const ShapeList& now, const ShapeList& wanted) {
  std::map<std::string, Known> known;
  for (const Shape& item : now) {
    const auto node = node_of(item);
    known[node->id] = {node->parent, item.place};
  }
  std::map<std::string, std::vector<std::string>> children;  // of each parent, as wanted
  std::set<std::string> stays;
  for (const Shape& item : wanted) {
    const auto node = node_of(item);
    children[node->parent].push_back(node->id);
    stays.insert(node->id);
  }
  std::map<std::string, std::string> place_of;
  for (const auto& [parent, ids] : children) {
    std::vector<std::string> places;
    for (const std::string& id : ids) {
      const auto there = known.find(id);
      const bool here = there != known.end() && there->second.parent == parent;
      places.push_back(here ? there->second.place : std::string());
    }
    places = places_for(std::move(places));
    for (std::size_t i = 0; i < ids.size(); ++i) place_of[ids[i]] = std::move(places[i]);
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
