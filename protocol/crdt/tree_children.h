// SPDX-License-Identifier: Apache-2.0
//
// TreeChildren: the children of a node that are shown, in order: by position, then by the log
// of the move that gave it, then by id.
//
// Finds a child by its index or its place in about the root of their number. Requires of a caller:
// a child keeps its place while it is in here.
#pragma once

#include "protocol/base/ids.h"

#include <cstddef>
#include <string_view>
#include <vector>

namespace syncline::crdt {

struct TreeNode;

struct TreePlaceKey {
  std::string_view position;
  LogId log;
  std::string_view id;

  auto operator<=>(const TreePlaceKey&) const = default;
};
TreePlaceKey key_of(const TreeNode& node);

class TreeChildren {
 public:
  bool empty() const { return blocks_.empty(); }
  std::size_t size() const { return size_; }

  void insert(TreeNode& child);
  // Requires: it is in here.
  void erase(const TreeNode& child);

  // Requires: index < size().
  TreeNode& operator[](std::size_t index) const;
  // How many come before a child with this place.
  std::size_t rank_of(const TreePlaceKey& key) const;

  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& block : blocks_)
      for (TreeNode* child : block) visit(*child);
  }

 private:
  static constexpr std::size_t block_max = 256;
  // The block where it is or would be.
  std::size_t block_of(const TreePlaceKey& key) const;

  std::vector<std::vector<TreeNode*>> blocks_;  // none is empty
  std::size_t size_ = 0;
};

}  // namespace syncline::crdt
