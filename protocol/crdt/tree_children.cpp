// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/tree_children.h"

#include "protocol/base/check.h"
#include "protocol/crdt/tree_node.h"

#include <algorithm>

namespace syncline::crdt {
namespace {

bool is_before(const TreeNode* child, const TreePlaceKey& key) { return key_of(*child) < key; }

}  // namespace

TreePlaceKey key_of(const TreeNode& node) { return {node.at->position, node.at->log, *node.id}; }

std::size_t TreeChildren::block_of(const TreePlaceKey& key) const {
  const auto block = std::lower_bound(
      blocks_.begin(), blocks_.end(), key,
      [](const auto& each, const TreePlaceKey& wanted) { return is_before(each.back(), wanted); });
  const auto index = static_cast<std::size_t>(block - blocks_.begin());
  return index == blocks_.size() && index > 0 ? index - 1 : index;
}

void TreeChildren::insert(TreeNode& child) {
  ++size_;
  if (blocks_.empty()) {
    blocks_.push_back({&child});
    return;
  }
  const TreePlaceKey key = key_of(child);
  const std::size_t at = block_of(key);
  auto& block = blocks_[at];
  block.insert(std::lower_bound(block.begin(), block.end(), key, is_before), &child);
  if (block.size() <= block_max) return;
  const auto middle = block.begin() + static_cast<std::ptrdiff_t>(block.size() / 2);
  std::vector<TreeNode*> second(middle, block.end());
  block.erase(middle, block.end());
  blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(at + 1), std::move(second));
}

void TreeChildren::erase(const TreeNode& child) {
  const TreePlaceKey key = key_of(child);
  const std::size_t at = block_of(key);
  SYNCLINE_CHECK(at < blocks_.size());
  auto& block = blocks_[at];
  const auto place = std::lower_bound(block.begin(), block.end(), key, is_before);
  SYNCLINE_CHECK(place != block.end() && *place == &child);
  block.erase(place);
  --size_;
  if (block.empty()) blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(at));
}

TreeNode& TreeChildren::operator[](std::size_t index) const {
  for (const auto& block : blocks_) {
    if (index < block.size()) return *block[index];
    index -= block.size();
  }
  SYNCLINE_CHECK(false);
  return *blocks_.front().front();
}

std::size_t TreeChildren::rank_of(const TreePlaceKey& key) const {
  const std::size_t at = block_of(key);
  std::size_t rank = 0;
  for (std::size_t i = 0; i < at; ++i) rank += blocks_[i].size();
  if (at == blocks_.size()) return rank;
  const auto& block = blocks_[at];
  const auto place = std::lower_bound(block.begin(), block.end(), key, is_before);
  return rank + static_cast<std::size_t>(place - block.begin());
}

}  // namespace syncline::crdt
