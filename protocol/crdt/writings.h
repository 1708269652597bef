// SPDX-License-Identifier: Apache-2.0
//
// Writings: which places of a document were written while somebody watched.
//
// For those who have to know who made a place be what it is, where two wrote the same: a document
// itself keeps only what stands. To be handed to Document::apply with each event from one version
// on, of which some are watched; later it says where what they wrote is by then. Whoever chooses
// among the values that stand writes nothing new, and who only goes through a container does not
// write the place that it is at.
#pragma once

#include "protocol/crdt/op.h"

#include <map>
#include <set>
#include <vector>

namespace syncline::crdt {

struct SetContainer;
struct TreeNode;
class Slot;

// Paths are those of the document by then.
struct WrittenPlaces {
  std::set<Path> values;  // a value or container was put there or taken away
  std::set<Path> moved;   // an item or node was given its place; a node also by making it
  std::map<Path, std::vector<Scalar>> elements;  // of sets: added or taken away

  bool has_value(const Path& path) const { return values.contains(path); }
  bool has_move(const Path& path) const { return moved.contains(path); }
  // That or anything inside of it.
  bool has_any(const Path& path) const;
  bool has_element(const Path& set, const Scalar& element) const;
};

// Must outlive what the document does with it; the document must not be moved into another.
class Writings {
 public:
  // What follows is watched, or is not.
  void watch() { watched_ = true; }
  void look_away() { watched_ = false; }
  bool empty() const {
    return values_.empty() && moved_.empty() && nodes_.empty() && elements_.empty();
  }

  // For the document. `slot` is as it was before.
  void put(const Slot& slot, const ItemValue& value);
  void take(const Slot& slot);
  void move(const Slot& item);
  void move(const TreeNode& node);
  void change(const SetContainer& set, const Scalar& element);

  bool holds(const Slot& slot) const { return values_.contains(&slot); }
  bool holds_move(const Slot& item) const { return moved_.contains(&item); }
  bool holds_move(const TreeNode& node) const { return nodes_.contains(&node); }
  const std::vector<Scalar>* elements_of(const SetContainer& set) const;

 private:
  bool watched_ = false;
  std::set<const Slot*> values_, moved_;
  std::set<const TreeNode*> nodes_;
  std::map<const SetContainer*, std::vector<Scalar>> elements_;
};

}  // namespace syncline::crdt
