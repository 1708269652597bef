// SPDX-License-Identifier: Apache-2.0
#include "protocol/text/order_tree.h"

#include "protocol/base/check.h"

#include <algorithm>

namespace syncline::text {

void OrderTree::reset(std::uint32_t length, Lv base) {
  leaves_.clear();
  inners_.clear();
  leaf_of_.clear();
  leaves_.emplace_back();
  root_ = first_leaf_ = 0;
  height_ = 0;
  total_ = {};
  base_ = base;
  if (length == 0) return;
  Record before;
  before.id = lv_max;
  before.count = length;
  leaves_[0].records[0] = before;
  leaves_[0].used = 1;
  total_ = counts_of(before);
}

// ---- finding -----------------------------------------------------------------------------------

OrderTree::Place OrderTree::find(std::uint32_t position) const {
  std::uint32_t node = root_;
  Place place;
  for (std::uint32_t level = height_; level > 0; --level) {
    const Inner& inner = inners_[node];
    std::uint32_t i = 0;
    while (position >= inner.counts[i].prepared) {
      position -= inner.counts[i].prepared;
      place.shown += inner.counts[i].shown;
      ++i;
    }
    node = inner.child[i];
  }
  const Leaf& leaf = leaves_[node];
  place.leaf = node;
  while (true) {
    const Record& record = leaf.records[place.slot];
    const std::uint32_t here = record.shown_prepared();
    if (position < here) break;
    position -= here;
    place.shown += record.shown();
    ++place.slot;
  }
  place.offset = position;
  return place;
}

OrderTree::Place OrderTree::locate(CharId id) const {
  Place place;
  if (id >= lv_max) {  // those keep their order: find by how many of them lie before
    std::uint32_t before = id - lv_max;
    std::uint32_t node = root_;
    for (std::uint32_t level = height_; level > 0; --level) {
      const Inner& inner = inners_[node];
      std::uint32_t i = 0;
      while (before >= inner.counts[i].base) before -= inner.counts[i++].base;
      node = inner.child[i];
    }
    place.leaf = node;
  } else {
    place.leaf = leaf_of_[id - base_];
  }
  const Leaf& leaf = leaves_[place.leaf];
  while (id - leaf.records[place.slot].id >= leaf.records[place.slot].count) ++place.slot;
  place.offset = id - leaf.records[place.slot].id;
  return place;
}

OrderTree::Place OrderTree::find_id(CharId id) const {
  Place place = locate(id);
  place.shown = shown_before_leaf(place.leaf);
  for (std::uint32_t i = 0; i < place.slot; ++i)
    place.shown += leaves_[place.leaf].records[i].shown();
  return place;
}

std::uint32_t OrderTree::shown_before(CharId id) const {
  const Place place = find_id(id);
  return place.shown + (at(place).gone ? 0 : place.offset);
}

std::uint32_t OrderTree::place_of_child(std::uint32_t inner, std::uint32_t child) const {
  std::uint32_t i = 0;
  while (inners_[inner].child[i] != child) ++i;
  return i;
}

std::uint32_t OrderTree::shown_before_leaf(std::uint32_t leaf) const {
  std::uint32_t shown = 0, child = leaf;
  for (std::uint32_t up = leaves_[leaf].parent; up != none; up = inners_[up].parent) {
    for (std::uint32_t i = 0; inners_[up].child[i] != child; ++i)
      shown += inners_[up].counts[i].shown;
    child = up;
  }
  return shown;
}

bool OrderTree::settle(Place& place) const {
  if (place.slot < leaves_[place.leaf].used) return true;
  const std::uint32_t next = leaves_[place.leaf].next;
  if (next == none) return false;
  place.leaf = next;
  place.slot = 0;
  place.offset = 0;
  return true;
}

bool OrderTree::is_before(const Place& a, const Place& b) const {
  if (a.leaf == b.leaf) return a.slot != b.slot ? a.slot < b.slot : a.offset < b.offset;
  std::uint32_t x = a.leaf, y = b.leaf;
  std::uint32_t up_x = leaves_[x].parent, up_y = leaves_[y].parent;
  while (up_x != up_y) {  // every leaf is equally deep
    x = up_x;
    y = up_y;
    up_x = inners_[x].parent;
    up_y = inners_[y].parent;
  }
  return place_of_child(up_x, x) < place_of_child(up_x, y);
}

// ---- changing
// ------------------------------------------------------------------------------------

void OrderTree::add_counts(std::uint32_t leaf, const Counts& more) {
  total_ += more;
  std::uint32_t child = leaf;
  for (std::uint32_t up = leaves_[leaf].parent; up != none; up = inners_[up].parent) {
    inners_[up].counts[place_of_child(up, child)] += more;
    child = up;
  }
}

void OrderTree::index(const Record& record, std::uint32_t leaf) {
  if (record.id >= lv_max) return;
  const std::size_t from = record.id - base_;
  if (leaf_of_.size() < from + record.count)
    leaf_of_.resize(std::max(from + record.count, 2 * leaf_of_.size()), none);
  std::fill_n(leaf_of_.begin() + static_cast<std::ptrdiff_t>(from), record.count, leaf);
}

void OrderTree::make_room(Place& place, std::uint32_t more) {
  if (leaves_[place.leaf].used + more <= leaf_records) return;
  const std::uint32_t kept = leaf_records / 2;
  split_leaf(place.leaf);
  if (place.slot < kept) return;
  place.slot -= kept;
  place.leaf = leaves_[place.leaf].next;
}

OrderTree::Place OrderTree::cut(Place place) {
  if (place.offset == 0) return place;
  make_room(place, 1);
  Leaf& leaf = leaves_[place.leaf];
  Record& record = leaf.records[place.slot];
  Record rest = record;
  rest.id += place.offset;
  rest.count -= place.offset;
  rest.left = rest.id - 1;
  record.count = place.offset;
  ++place.slot;
  place.offset = 0;
  std::copy_backward(leaf.records.begin() + place.slot, leaf.records.begin() + leaf.used,
                     leaf.records.begin() + leaf.used + 1);
  leaf.records[place.slot] = rest;
  ++leaf.used;
  return place;
}

OrderTree::Place OrderTree::isolate(Place place, std::uint32_t count) {
  make_room(place, 2);
  if (place.offset + count < at(place).count) {
    Place end = place;
    end.offset += count;
    cut(end);
  }
  return cut(place);
}

void OrderTree::put(Place place, const Record& record) {
  if (place.slot > 0) {
    Record& before = leaves_[place.leaf].records[place.slot - 1];
    if (continues(before, record)) {
      before.count += record.count;
      index(record, place.leaf);
      add_counts(place.leaf, counts_of(record));
      return;
    }
  }
  make_room(place, 1);
  Leaf& leaf = leaves_[place.leaf];
  std::copy_backward(leaf.records.begin() + place.slot, leaf.records.begin() + leaf.used,
                     leaf.records.begin() + leaf.used + 1);
  leaf.records[place.slot] = record;
  ++leaf.used;
  index(record, place.leaf);
  add_counts(place.leaf, counts_of(record));
}

OrderTree::Removed OrderTree::remove(const Place& place, std::uint32_t count) {
  count = std::min(count, at(place).count - place.offset);
  const Place whole = isolate(place, count);
  Record& record = leaves_[whole.leaf].records[whole.slot];
  const Counts before = counts_of(record);
  const Removed removed{record.id, count, !record.gone};
  ++record.prepared;
  record.gone = true;
  Counts change = counts_of(record);
  change -= before;
  add_counts(whole.leaf, change);
  merge_around(whole.leaf, whole.slot);
  return removed;
}

void OrderTree::shift(CharId id, std::uint32_t count, int by) {
  while (count > 0) {
    Place place = locate(id);
    const std::uint32_t part = std::min(count, at(place).count - place.offset);
    if (part < at(place).count) place = isolate(place, part);
    Record& record = leaves_[place.leaf].records[place.slot];
    Counts change = counts_of(record);
    const Counts before = change;
    record.prepared = static_cast<std::uint32_t>(static_cast<std::int64_t>(record.prepared) + by);
    change = counts_of(record);
    change -= before;
    if (change.prepared != 0) add_counts(place.leaf, change);
    merge_around(place.leaf, place.slot);
    id += part;
    count -= part;
  }
}

// Records that were cut for a change are joined again when their states are alike.
void OrderTree::merge_around(std::uint32_t leaf_index, std::uint32_t slot) {
  Leaf& leaf = leaves_[leaf_index];
  std::uint32_t first = slot, last = slot;
  if (slot + 1 < leaf.used && continues(leaf.records[slot], leaf.records[slot + 1])) {
    leaf.records[slot].count += leaf.records[slot + 1].count;
    ++last;
  }
  if (slot > 0 && continues(leaf.records[slot - 1], leaf.records[slot])) {
    leaf.records[slot - 1].count += leaf.records[slot].count;
    --first;
  }
  if (first == last) return;
  std::copy(leaf.records.begin() + last + 1, leaf.records.begin() + leaf.used,
            leaf.records.begin() + first + 1);
  leaf.used -= last - first;
}

// ---- nodes
// ---------------------------------------------------------------------------------------

void OrderTree::split_leaf(std::uint32_t index_of_leaf) {
  const auto fresh = static_cast<std::uint32_t>(leaves_.size());
  leaves_.emplace_back();
  Leaf& leaf = leaves_[index_of_leaf];
  Leaf& second = leaves_[fresh];
  const std::uint32_t kept = leaf_records / 2;
  second.used = leaf.used - kept;
  std::copy(leaf.records.begin() + kept, leaf.records.begin() + leaf.used, second.records.begin());
  leaf.used = kept;
  second.next = leaf.next;
  leaf.next = fresh;
  Counts moved;
  for (std::uint32_t i = 0; i < second.used; ++i) {
    index(second.records[i], fresh);
    moved += counts_of(second.records[i]);
  }
  add_half(index_of_leaf, fresh, 0, moved);
}

void OrderTree::set_parent(std::uint32_t child, std::uint32_t level, std::uint32_t parent) {
  (level == 0 ? leaves_[child].parent : inners_[child].parent) = parent;
}

void OrderTree::grow_root(std::uint32_t left, std::uint32_t right, Counts moved) {
  root_ = static_cast<std::uint32_t>(inners_.size());
  Inner& inner = inners_.emplace_back();
  inner.used = 2;
  inner.child[0] = left;
  inner.child[1] = right;
  inner.counts[0] = total_;
  inner.counts[0] -= moved;
  inner.counts[1] = moved;
  set_parent(left, height_, root_);
  set_parent(right, height_, root_);
  ++height_;
}

// Hangs the second half of the node `child` of `level` behind it; `moved` went over to it.
void OrderTree::add_half(std::uint32_t child, std::uint32_t half, std::uint32_t level,
                         Counts moved) {
  std::uint32_t parent = level == 0 ? leaves_[child].parent : inners_[child].parent;
  if (parent == none) {
    grow_root(child, half, moved);
    return;
  }
  if (inners_[parent].used == inner_children) {
    split_inner(parent, level + 1);
    parent = level == 0 ? leaves_[child].parent : inners_[child].parent;
  }
  const std::uint32_t at = place_of_child(parent, child) + 1;
  Inner& inner = inners_[parent];
  inner.counts[at - 1] -= moved;
  for (std::uint32_t i = inner.used; i > at; --i) {
    inner.child[i] = inner.child[i - 1];
    inner.counts[i] = inner.counts[i - 1];
  }
  inner.child[at] = half;
  inner.counts[at] = moved;
  ++inner.used;
  set_parent(half, level, parent);
}

void OrderTree::split_inner(std::uint32_t index_of_inner, std::uint32_t level) {
  const auto fresh = static_cast<std::uint32_t>(inners_.size());
  inners_.emplace_back();
  Inner& inner = inners_[index_of_inner];
  Inner& second = inners_[fresh];
  const std::uint32_t kept = inner_children / 2;
  Counts moved;
  for (std::uint32_t i = kept; i < inner.used; ++i) {
    second.child[i - kept] = inner.child[i];
    second.counts[i - kept] = inner.counts[i];
    moved += inner.counts[i];
    set_parent(inner.child[i], level - 1, fresh);
  }
  second.used = inner.used - kept;
  inner.used = kept;
  add_half(index_of_inner, fresh, level, moved);
}

std::size_t OrderTree::memory_bytes() const {
  return leaves_.capacity() * sizeof(Leaf) + inners_.capacity() * sizeof(Inner) +
         leaf_of_.capacity() * sizeof(std::uint32_t);
}

std::optional<std::string> OrderTree::check() const {
  Counts total;
  for (std::uint32_t leaf = first_leaf_; leaf != none; leaf = leaves_[leaf].next) {
    Counts here;
    for (std::uint32_t i = 0; i < leaves_[leaf].used; ++i) {
      const Record& record = leaves_[leaf].records[i];
      if (record.count == 0) return "an empty record";
      here += counts_of(record);
      if (locate(record.id).leaf != leaf || locate(record.last()).leaf != leaf)
        return "a record that is not found by its id";
    }
    total += here;
    const std::uint32_t up = leaves_[leaf].parent;
    if (up != none && !(inners_[up].counts[place_of_child(up, leaf)] == here))
      return "a leaf that is counted wrongly";
  }
  if (!(total == total_)) return "a tree that is counted wrongly";
  return std::nullopt;
}

}  // namespace syncline::text
