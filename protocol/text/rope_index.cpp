// SPDX-License-Identifier: Apache-2.0
#include "protocol/text/rope_index.h"

#include "protocol/base/check.h"

namespace syncline::text {

Extent RopeIndex::Node::before(std::uint32_t slot) const {
  Extent sum{start(slot), 0, 0};
  for (std::uint32_t lane = 0; lane < slot; ++lane) {
    sum.bytes += bytes[lane];
    sum.utf16 += utf16[lane];
  }
  return sum;
}

std::uint32_t RopeIndex::Node::slot_at(Measure measure, std::uint32_t value) const {
  if (measure == Measure::scalars) return slot_at(value);
  const Lanes& lanes = measure == Measure::bytes ? bytes : utf16;
  std::uint32_t slot = 0;
  for (; lanes[slot] < value && slot + 1 < size; ++slot) value -= lanes[slot];
  return slot;
}

// What is added counts as text of the child before until now.
void RopeIndex::Node::insert(std::uint32_t slot, std::uint32_t added, const Extent& extent) {
  for (std::uint32_t lane = width - 1; lane >= slot; --lane) {
    ends[lane] = ends[lane - 1];
    child[lane] = child[lane - 1];
    bytes[lane] = bytes[lane - 1];
    utf16[lane] = utf16[lane - 1];
  }
  ends[slot - 1] -= extent.scalars;
  bytes[slot - 1] -= extent.bytes;
  utf16[slot - 1] -= extent.utf16;
  child[slot] = added;
  bytes[slot] = extent.bytes;
  utf16[slot] = extent.utf16;
  ++size;
}

void RopeIndex::Node::erase(std::uint32_t slot) {
  if (slot > 0) {
    ends[slot - 1] = ends[slot];
    bytes[slot - 1] += bytes[slot];
    utf16[slot - 1] += utf16[slot];
  }
  for (std::uint32_t lane = slot; lane + 1 < width; ++lane) {
    ends[lane] = ends[lane + 1];
    child[lane] = child[lane + 1];
    bytes[lane] = bytes[lane + 1];
    utf16[lane] = utf16[lane + 1];
  }
  bytes[width - 1] = utf16[width - 1] = 0;
  --size;
}

void RopeIndex::Node::append(const Node& other) {
  const std::uint32_t base = ends[width - 1];
  for (std::uint32_t lane = size; lane < width; ++lane) {
    ends[lane] = base + other.ends[lane - size];
    child[lane] = other.child[lane - size];
    bytes[lane] = other.bytes[lane - size];
    utf16[lane] = other.utf16[lane - size];
  }
  size += other.size;
}

// The second half becomes a node of its own.
RopeIndex::Node RopeIndex::Node::split() {
  constexpr std::uint32_t half = width / 2;
  Node behind;
  const std::uint32_t base = ends[half - 1];
  behind.ends.fill(ends[width - 1] - base);
  for (std::uint32_t lane = 0; lane < half; ++lane) {
    behind.ends[lane] = ends[lane + half] - base;
    behind.child[lane] = child[lane + half];
    behind.bytes[lane] = bytes[lane + half];
    behind.utf16[lane] = utf16[lane + half];
    ends[lane + half] = base;
    bytes[lane + half] = utf16[lane + half] = 0;
  }
  size = behind.size = half;
  return behind;
}

RopeIndex::RopeIndex(std::uint32_t chunk, const Extent& extent) {
  Node root;
  root.child[0] = chunk;
  root.size = 1;
  root.add(0, extent);
  root_ = make_node(root);
  path_[0] = {root_, 0};
}

RopeIndex::Place RopeIndex::find(Measure measure, std::uint32_t value) const {
  Place place{root_, {}};
  for (std::uint32_t level = 0; level < height_; ++level) {
    const Node& node = nodes_[place.chunk];
    const std::uint32_t slot = node.slot_at(measure, value);
    const Extent before = node.before(slot);
    if (measure == Measure::scalars) value -= before.scalars;
    if (measure == Measure::bytes) value -= before.bytes;
    if (measure == Measure::utf16) value -= before.utf16;
    place = {node.child[slot], place.before + before};
  }
  return place;
}

std::uint32_t RopeIndex::go(std::uint32_t scalars) {
  std::uint32_t left = scalars;
  std::uint32_t child = root_;
  for (std::uint32_t level = 0; level < height_; ++level) {
    const Node& node = nodes_[child];
    const std::uint32_t slot = node.slot_at(left);
    path_[level] = {child, slot};
    left -= node.start(slot);
    child = node.child[slot];
  }
  return scalars - left;
}

Extent RopeIndex::before() const {
  Extent sum;
  for (std::uint32_t level = 0; level < height_; ++level)
    sum += nodes_[path_[level].node].before(path_[level].slot);
  return sum;
}

Extent RopeIndex::noted() const { return nodes_[bottom().node].held(bottom().slot); }

void RopeIndex::settle(const Extent& extent) {
  const Extent change = extent - noted();
  if (change == Extent{}) return;
  for (std::uint32_t level = 0; level < height_; ++level)
    nodes_[path_[level].node].add(path_[level].slot, change);
}

std::uint32_t RopeIndex::make_node(const Node& node) {
  if (free_.empty()) {
    reserve_one(nodes_);
    nodes_.push_back(node);
    return static_cast<std::uint32_t>(nodes_.size() - 1);
  }
  const std::uint32_t made = free_.back();
  free_.pop_back();
  nodes_[made] = node;
  return made;
}

void RopeIndex::put_behind(std::uint32_t chunk, const Extent& extent) {
  for (std::uint32_t level = 0; level < height_; ++level)
    nodes_[path_[level].node].add(path_[level].slot, extent);
  put_child(height_ - 1, chunk, extent);
}

// Of what the cursor's child at `level` holds, the last part, `extent`, is `child` now.
void RopeIndex::put_child(std::uint32_t level, std::uint32_t child, const Extent& extent) {
  const Step step = path_[level];
  Node& node = nodes_[step.node];
  if (node.size < width) return node.insert(step.slot + 1, child, extent);
  Node behind;
  if (step.slot == width - 1) {
    // Text that is appended to leaves full nodes behind, not half full ones.
    node.add(step.slot, Extent{} - extent);
    behind.child[0] = child;
    behind.size = 1;
    behind.add(0, extent);
  } else {
    behind = node.split();
    if (step.slot < width / 2) {
      node.insert(step.slot + 1, child, extent);
    } else {
      behind.insert(step.slot - width / 2 + 1, child, extent);
    }
  }
  const std::uint32_t made = make_node(behind);
  if (level > 0) {
    put_child(level - 1, made, behind.total());
  } else {
    raise(made, behind.total());
  }
}

void RopeIndex::raise(std::uint32_t behind, const Extent& extent) {
  SYNCLINE_CHECK(height_ < height_max);
  Node root;
  root.child[0] = root_;
  root.size = 1;
  root.add(0, nodes_[root_].total() + extent);
  root.insert(1, behind, extent);
  root_ = make_node(root);
  ++height_;
}

std::optional<std::uint32_t> RopeIndex::chunk_before() const {
  if (bottom().slot == 0) return std::nullopt;
  return nodes_[bottom().node].child[bottom().slot - 1];
}

std::optional<std::uint32_t> RopeIndex::chunk_behind() const {
  const Node& node = nodes_[bottom().node];
  if (bottom().slot + 1 >= node.size) return std::nullopt;
  return node.child[bottom().slot + 1];
}

void RopeIndex::erase(std::uint32_t level, std::uint32_t slot) {
  nodes_[path_[level].node].erase(slot);
  mend(level);
}

// After a child went: no empty nodes, no needlessly thin neighbours, no root of a single node.
void RopeIndex::mend(std::uint32_t level) {
  if (level == 0) {
    while (height_ > 1 && nodes_[root_].size == 1) {
      free_.push_back(root_);
      root_ = nodes_[root_].child[0];
      --height_;
    }
    return;
  }
  const auto [above, slot] = path_[level - 1];
  const std::uint32_t here = path_[level].node;
  if (nodes_[here].size == 0) {
    free_.push_back(here);
    erase(level - 1, slot);
  } else if ((slot > 0 && join(above, slot - 1)) || join(above, slot)) {
    mend(level - 1);
  }
}

bool RopeIndex::join(std::uint32_t above, std::uint32_t slot) {
  if (slot + 1 >= nodes_[above].size) return false;
  Node& node = nodes_[nodes_[above].child[slot]];
  const std::uint32_t taken = nodes_[above].child[slot + 1];
  if (node.size + nodes_[taken].size > width * 3 / 4) return false;
  node.append(nodes_[taken]);
  nodes_[above].erase(slot + 1);
  free_.push_back(taken);
  return true;
}

std::size_t RopeIndex::heap_bytes() const {
  return nodes_.capacity() * sizeof(Node) + free_.capacity() * sizeof(std::uint32_t);
}

std::optional<std::string> RopeIndex::check(const std::vector<Extent>& extents) const {
  std::size_t used = 0;
  std::vector<std::uint32_t> level{root_};
  for (std::uint32_t height = height_; height > 0; --height) {
    used += level.size();
    std::vector<std::uint32_t> below;
    for (const std::uint32_t node : level) {
      const auto& children = nodes_[node].child;
      below.insert(below.end(), children.begin(), children.begin() + nodes_[node].size);
    }
    level = std::move(below);
  }
  if (used + free_.size() != nodes_.size()) return "the index lost a node";
  return check_node(root_, height_, extents);
}

std::optional<std::string> RopeIndex::check_node(std::uint32_t node, std::uint32_t height,
                                                 const std::vector<Extent>& extents) const {
  const Node& here = nodes_[node];
  if (here.size == 0) return "the index has an empty node";
  for (std::uint32_t slot = 0; slot < here.size; ++slot) {
    const std::uint32_t child = here.child[slot];
    if (height > 1) {
      if (const auto fault = check_node(child, height - 1, extents)) return fault;
    }
    const Extent held = height > 1 ? nodes_[child].total() : extents[child];
    if (here.held(slot) != held) return "the index has a wrong total";
  }
  for (std::uint32_t slot = here.size; slot < width; ++slot)
    if (here.held(slot) != Extent{}) return "the index has a stray total";
  return std::nullopt;
}

}  // namespace syncline::text
