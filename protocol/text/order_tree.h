// SPDX-License-Identifier: Apache-2.0
//
// OrderTree: the characters of a text while concurrent changes are being replayed, removed ones
// included, in the order of Spec C14.
//
// Each record is a run of characters with two states: in the *prepare* version (that of the
// author whose op is being read) and in the *effect* version (everything replayed so far). A
// B-tree over the records counts both, so that a place is found by either, or by id, in
// O(log n). Exists during a replay only. Eg-walker, EuroSys 2025, section 3.
#pragma once

#include "protocol/text/graph.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace syncline::text {

// A character: the unit that put it down, or lv_max + its place in the text that the replay began
// with.
using CharId = std::uint32_t;
inline constexpr CharId no_char = UINT32_MAX;

class OrderTree {
 public:
  struct Record {
    CharId id = 0;  // of the first character; the others follow
    std::uint32_t count = 0;
    // Neighbours of the first one when it was put down (no_char: start and end). Each further one
    // has the one before on its left and the same on its right.
    CharId left = no_char, right = no_char;
    // In the prepare version: 0 not there yet, 1 there, more: removed so many times less one.
    std::uint32_t prepared = 1;
    bool gone = false;  // in the effect version

    CharId last() const { return id + count - 1; }
    std::uint32_t shown_prepared() const { return prepared == 1 ? count : 0; }
    std::uint32_t shown() const { return gone ? 0 : count; }
  };
  // A character of a record. `shown`: what the effect version shows before that record.
  struct Place {
    std::uint32_t leaf = 0;
    std::uint32_t slot = 0;
    std::uint32_t offset = 0;
    std::uint32_t shown = 0;
  };

  // Forgets everything; the text has `length` characters, and units from `base` on follow.
  void reset(std::uint32_t length, Lv base);

  std::uint32_t prepared_length() const { return total_.prepared; }
  std::uint32_t shown_length() const { return total_.shown; }
  const Record& at(const Place& place) const { return leaves_[place.leaf].records[place.slot]; }

  // The character at `position` of the prepare version. Requires: position < prepared_length().
  Place find(std::uint32_t position) const;
  // Where a character lies, with the shown ones before its record.
  Place find_id(CharId id) const;
  // Without Place::shown, which costs a way to the root.
  Place locate(CharId id) const;
  // How many shown characters lie before it; for one that is gone, before its place.
  std::uint32_t shown_before(CharId id) const;

  // Puts `count` characters from `id` on after the one at `left` (nothing: at the front), where
  // `precedes(other)` says whether the author of these comes before that of `other`. Returns how
  // many characters are shown before them. Spec C14.
  template <class Precedes>
  std::uint32_t insert(CharId id, std::uint32_t count, const std::optional<Place>& left,
                       Precedes precedes);
  // Removes, in both versions, up to `count` characters from `place` on within its record.
  // Returns how many, the first one's id, and whether they were shown.
  struct Removed {
    CharId first = 0;
    std::uint32_t count = 0;
    bool was_shown = false;
  };
  Removed remove(const Place& place, std::uint32_t count);

  // Changes the prepare version of characters [id, id + count): retreating an insert makes 1 to 0,
  // advancing a removal adds 1, and so on.
  void shift(CharId id, std::uint32_t count, int by);

  // Every record in order.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::uint32_t leaf = first_leaf_; leaf != none; leaf = leaves_[leaf].next)
      for (std::uint32_t i = 0; i < leaves_[leaf].used; ++i) visit(leaves_[leaf].records[i]);
  }

  std::size_t memory_bytes() const;
  // Nothing, or which invariant is broken.
  std::optional<std::string> check() const;

 private:
  static constexpr std::uint32_t none = UINT32_MAX;
  static constexpr std::uint32_t leaf_records = 32;
  static constexpr std::uint32_t inner_children = 16;
  // Longer ones are cut, so that moving a record to another leaf costs little.
  static constexpr std::uint32_t record_units_max = 4096;

  struct Counts {
    std::uint32_t prepared = 0, shown = 0;
    std::uint32_t base = 0;  // characters of the text that the replay began with
    Counts& operator+=(const Counts& other) {
      prepared += other.prepared;
      shown += other.shown;
      base += other.base;
      return *this;
    }
    Counts& operator-=(const Counts& other) {
      prepared -= other.prepared;
      shown -= other.shown;
      base -= other.base;
      return *this;
    }
    bool operator==(const Counts&) const = default;
  };
  struct Leaf {
    std::uint32_t used = 0;
    std::uint32_t parent = none;
    std::uint32_t next = none;
    std::array<Record, leaf_records> records;
  };
  struct Inner {
    std::uint32_t used = 0;
    std::uint32_t parent = none;
    std::array<std::uint32_t, inner_children> child{};
    std::array<Counts, inner_children> counts{};
  };

  static Counts counts_of(const Record& record) {
    return {record.shown_prepared(), record.shown(), record.id >= lv_max ? record.count : 0};
  }
  static bool continues(const Record& a, const Record& b) {
    return b.id == a.id + a.count && b.left == a.last() && b.right == a.right &&
           b.prepared == a.prepared && b.gone == a.gone &&
           (a.id >= lv_max || a.count + b.count <= record_units_max);
  }
  std::uint32_t place_of_child(std::uint32_t inner, std::uint32_t child) const;
  // Adds to the counts of a leaf's ancestors (unsigned: a difference wraps around).
  void add_counts(std::uint32_t leaf, const Counts& more);
  std::uint32_t shown_before_leaf(std::uint32_t leaf) const;
  void index(const Record& record, std::uint32_t leaf);

  // Steps to the first record at or after `place`; false at the end.
  bool settle(Place& place) const;
  // Whether `a` lies before `b`; equal leaves compare by slot.
  bool is_before(const Place& a, const Place& b) const;

  // Makes [place.offset, place.offset + count) a record of its own; returns its place.
  Place isolate(Place place, std::uint32_t count);
  // Cuts the record at place.offset, which becomes the start of a record; returns its place.
  Place cut(Place place);
  void put(Place place, const Record& record);
  // Makes room for `more` records in the leaf; `place` stays with its record.
  void make_room(Place& place, std::uint32_t more);
  void split_leaf(std::uint32_t leaf);
  void split_inner(std::uint32_t inner, std::uint32_t level);
  void grow_root(std::uint32_t left, std::uint32_t right, Counts moved);
  void add_half(std::uint32_t child, std::uint32_t half, std::uint32_t level, Counts moved);
  void merge_around(std::uint32_t leaf, std::uint32_t slot);

  struct Landing {
    Place at;  // the new record goes before this one
    CharId right = no_char;
  };
  template <class Precedes>
  Landing integrate(Place from, CharId left, Precedes precedes);
  // Level 0: leaves.
  void set_parent(std::uint32_t child, std::uint32_t level, std::uint32_t parent);

  std::vector<Leaf> leaves_;
  std::vector<Inner> inners_;
  std::uint32_t root_ = 0;
  std::uint32_t height_ = 0;  // levels of inner nodes
  std::uint32_t first_leaf_ = 0;
  Counts total_;
  Lv base_ = 0;
  std::vector<std::uint32_t> leaf_of_;  // of each unit from base_ on that put a character down
};

// Siblings (same left neighbour) whose right neighbour lies further right come first; among equals
// the lower log does. What hangs below a sibling goes with it. The walk covers what the author did
// not know.
template <class Precedes>
OrderTree::Landing OrderTree::integrate(Place from, CharId left, Precedes precedes) {
  Landing landing;
  Place at = from;
  if (!settle(at)) {
    landing.at = from;
    return landing;
  }
  if (this->at(at).prepared != 0) {
    landing.at = at;
    landing.right = this->at(at).id;
    return landing;
  }
  // The end of what the author did not know, and with it the right neighbour.
  Place end = at;
  bool has_end = true;
  while (has_end && this->at(end).prepared == 0) {
    end.shown += this->at(end).shown();
    ++end.slot;
    has_end = settle(end);
  }
  landing.right = has_end ? this->at(end).id : no_char;
  const auto in_region = [&](CharId id) {
    if (id >= lv_max) return false;  // what the replay began with is known to everybody
    const Place place = locate(id);
    return !is_before(place, at) && (!has_end || is_before(place, end)) &&
           this->at(place).prepared == 0;
  };
  landing.at = at;
  bool below_a_later_sibling = false;
  const auto same = [](const Place& a, const Place& b) {
    return a.leaf == b.leaf && a.slot == b.slot;
  };
  for (Place other = at; !(has_end && same(other, end));) {
    const Record& record = this->at(other);
    if (record.left == left) {
      if (record.right == landing.right) {
        if (precedes(record.id)) break;
        below_a_later_sibling = false;
      } else {
        below_a_later_sibling = in_region(record.right);
      }
    } else if (!in_region(record.left)) {
      break;
    }
    other.shown += record.shown();
    ++other.slot;
    const bool more = settle(other);
    if (!below_a_later_sibling) landing.at = other;
    if (!more) break;
  }
  return landing;
}

template <class Precedes>
std::uint32_t OrderTree::insert(CharId id, std::uint32_t count, const std::optional<Place>& left,
                                Precedes precedes) {
  Place from{first_leaf_, 0, 0, 0};
  Record fresh;
  fresh.id = id;
  fresh.count = count;
  Landing landing;
  if (left) {
    from = *left;
    ++from.offset;
    const Record& before = at(*left);
    fresh.left = before.id + left->offset;
    if (from.offset < before.count) {
      fresh.right = before.id + from.offset;
      from.shown += before.gone ? 0 : from.offset;
      landing = {from, fresh.right};
    } else {
      from.shown += before.shown();
      ++from.slot;
      from.offset = 0;
      landing = integrate(from, fresh.left, precedes);
    }
  } else {
    landing = integrate(from, no_char, precedes);
  }
  fresh.right = landing.right;
  const std::uint32_t shown = landing.at.shown;
  Place at = landing.at;
  if (at.offset > 0) {
    at = cut(at);
  }
  for (Record rest = fresh; rest.count > 0;) {
    Record piece = rest;
    piece.count = std::min(rest.count, record_units_max);
    put(at, piece);
    rest.left = piece.last();
    rest.id += piece.count;
    rest.count -= piece.count;
    if (rest.count > 0) {
      at = locate(piece.last());
      ++at.slot;
      at.offset = 0;
    }
  }
  return shown;
}

}  // namespace syncline::text
