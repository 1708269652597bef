// SPDX-License-Identifier: Apache-2.0
//
// RopeIndex: finds a chunk of a Rope by characters, bytes or UTF-16 units before it.
//
// A B-tree of running totals with a cursor at one chunk: what an edit changes is written along
// the cursor's path when it leaves. Not responsible for the chunks themselves, which it knows by
// number. A caller moves the cursor (go) again after every change of the tree's form.
#pragma once

#include "protocol/text/rope_chunk.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace syncline::text {

// Room for one element more, and in all for a quarter more at most: what a vector takes by itself
// is too much beside a text at rest.
template <class Element>
void reserve_one(std::vector<Element>& elements) {
  if (elements.size() == elements.capacity())
    elements.reserve(elements.size() + elements.size() / 4 + 1);
}

class RopeIndex {
 public:
  enum class Measure : std::uint8_t { scalars, bytes, utf16 };
  struct Place {
    std::uint32_t chunk = 0;
    Extent before;  // all chunks before it
  };

  // Of one chunk, with the cursor at it.
  RopeIndex(std::uint32_t chunk, const Extent& extent);

  // The first chunk that ends at or behind `value`. Requires: value <= the total.
  Place find(Measure measure, std::uint32_t value) const;
  // The cursor goes to the chunk found so by characters; how many are before that chunk.
  std::uint32_t go(std::uint32_t scalars);
  std::uint32_t chunk() const { return nodes_[bottom().node].child[bottom().slot]; }

  bool has_one_chunk() const { return height_ == 1 && nodes_[root_].size == 1; }
  // All chunks before that at the cursor, and what the index has noted of that one.
  Extent before() const;
  Extent noted() const;
  // The chunk at the cursor holds this much now.
  void settle(const Extent& extent);
  // A new chunk behind that at the cursor.
  void put_behind(std::uint32_t chunk, const Extent& extent);
  // The chunks beside that at the cursor, if the same node holds them.
  std::optional<std::uint32_t> chunk_before() const;
  std::optional<std::uint32_t> chunk_behind() const;
  // The chunk at the cursor, which is not the only one, is no more: the one before took it in, or
  // it is settled as empty.
  void erase() { erase(height_ - 1, bottom().slot); }
  // It took in the one behind.
  void erase_behind() { erase(height_ - 1, bottom().slot + 1); }

  template <class Visit>  // visit(chunk number), in order
  void for_each(Visit&& visit) const {
    visit_node(root_, height_, visit);
  }
  std::size_t heap_bytes() const;
  // Whether all totals are those of the chunks; `extents` by chunk number.
  std::optional<std::string> check(const std::vector<Extent>& extents) const;

 private:
  static constexpr std::uint32_t width = 16;
  static constexpr std::uint32_t height_max = 12;
  using Lanes = std::array<std::uint32_t, width>;
  // Characters are looked for at every edit and kept as running totals, each including its own
  // child; unused lanes repeat the last, so that all are searched and added to without looking at
  // `size`. Bytes and UTF-16 units are looked for seldom: each child's own, unused lanes are 0.
  struct Node {
    Lanes ends{};
    Lanes child{};
    Lanes bytes{};
    Lanes utf16{};
    std::uint32_t size = 0;

    std::uint32_t start(std::uint32_t slot) const { return slot == 0 ? 0 : ends[slot - 1]; }
    Extent held(std::uint32_t slot) const {
      return {ends[slot] - start(slot), bytes[slot], utf16[slot]};
    }
    Extent before(std::uint32_t slot) const;
    Extent total() const { return before(width); }
    // The first lane that ends at or behind `scalars`.
    std::uint32_t slot_at(std::uint32_t scalars) const {
      std::array<std::uint32_t, 4> count{};
      for (std::uint32_t lane = 0; lane < 4; ++lane)
        count[lane] = (ends[lane] < scalars ? 1U : 0U) + (ends[lane + 4] < scalars ? 1U : 0U) +
                      (ends[lane + 8] < scalars ? 1U : 0U) + (ends[lane + 12] < scalars ? 1U : 0U);
      return count[0] + count[1] + count[2] + count[3];
    }
    std::uint32_t slot_at(Measure measure, std::uint32_t value) const;
    void add(std::uint32_t slot, const Extent& extent) {
      for (std::uint32_t lane = 0; lane < width; ++lane)
        ends[lane] += lane >= slot ? extent.scalars : 0;
      bytes[slot] += extent.bytes;
      utf16[slot] += extent.utf16;
    }
    void insert(std::uint32_t slot, std::uint32_t added, const Extent& extent);
    // The child at `slot` goes; what it held goes to the one before, or with it if it is the first.
    void erase(std::uint32_t slot);
    void append(const Node& other);
    Node split();
  };
  struct Step {
    std::uint32_t node = 0;
    std::uint32_t slot = 0;
  };

  const Step& bottom() const { return path_[height_ - 1]; }
  std::uint32_t make_node(const Node& node);
  void put_child(std::uint32_t level, std::uint32_t child, const Extent& extent);
  void raise(std::uint32_t behind, const Extent& extent);
  void erase(std::uint32_t level, std::uint32_t slot);
  void mend(std::uint32_t level);
  bool join(std::uint32_t above, std::uint32_t slot);
  std::optional<std::string> check_node(std::uint32_t node, std::uint32_t height,
                                        const std::vector<Extent>& extents) const;

  template <class Visit>
  void visit_node(std::uint32_t node, std::uint32_t height, Visit& visit) const {
    const Node& here = nodes_[node];
    for (std::uint32_t slot = 0; slot < here.size; ++slot) {
      if (height > 1) {
        visit_node(here.child[slot], height - 1, visit);
      } else {
        visit(here.child[slot]);
      }
    }
  }

  std::vector<Node> nodes_;
  std::vector<std::uint32_t> free_;
  std::uint32_t root_ = 0;
  std::uint32_t height_ = 1;
  std::array<Step, height_max> path_{};
};

}  // namespace syncline::text
