// SPDX-License-Identifier: Apache-2.0
//
// What a document's tree shows, for those in this folder who read it in other forms.
#pragma once

#include "protocol/crdt/apply.h"

#include <optional>

namespace syncline::crdt {

// A slot, with the item it is of if it is of one; or a node, which has no slot.
struct Spot {
  const Slot* slot = nullptr;
  const Item* item = nullptr;
  const TreeNode* node = nullptr;

  Spot() = default;
  explicit Spot(const Slot& of_map) : slot(&of_map) {}
  explicit Spot(const Item& of_list) : slot(&of_list.slot), item(&of_list) {}
  explicit Spot(const TreeNode& of_tree) : node(&of_tree) {}

  // Something is shown there.
  explicit operator bool() const { return slot || node; }
  // Requires: it is a slot.
  const std::vector<Removal>& removals() const { return item ? item->removals : slot->removals; }
  // The container of this kind, if it is shown.
  const Container* container(Kind kind) const;
};

Value value_of(const Container& container);
Value value_of(const Slot& slot, const ItemValue& shown);
// Of the map of a node.
Value value_of(const TreeNode& node);
// What is shown at `path`; never anything for the empty path.
Spot spot_at(const Container& root, const Path& path);
// Of the item that was put into the list as this element.
ItemName name_of(const ListContainer& list, const ElementId& home);
// What of an author's uses of a node is highest by (lamport, log id).
const TreeUse& newest_use(const TreeContainer& tree, const TreeNode& node);
// The container of this kind at `path`, if it is shown.
const Container* container_at(const Container& root, const Path& path, Kind kind);
// Spec C13. Nothing if everybody agrees. Requires: it is a slot that shows something.
std::optional<Conflict> conflict_of(const Spot& spot, const Path& path);
// The values of a slot, highest first: equal ones of several authors are one (Spec C13).
std::vector<const Entry*> distinct_values(const Slot& slot);
// As Document::ops_to_resolve. Requires: it is one of the document's conflicts.
Result<Op> op_to_resolve(const Container& root, const Conflict& conflict,
                         std::optional<std::size_t> keep);

}  // namespace syncline::crdt
