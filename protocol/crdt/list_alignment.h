// SPDX-License-Identifier: Apache-2.0
//
// Which items of a list stay when it becomes another one.
//
// Items of one document that have the same name are the same; among the others, those that read the
// same. Both are found by the shortest script. Between them, items that are alike
// enough to be changed into each other are paired: two maps that share fields, two leaves in
// the same place. The rest goes or comes.
#pragma once

#include "protocol/crdt/shape.h"

#include <vector>

namespace syncline::crdt {

struct ListStep {
  enum class Kind : std::uint8_t { keep, remove, insert };
  Kind kind = Kind::keep;
  std::size_t count = 0;
};

// Where each item of `after` comes from. Kept items keep their order; those that were moved are
// found elsewhere in `before`, and read the same unless their names say that they are.
struct ListMatch {
  static constexpr std::size_t nowhere = SIZE_MAX;
  struct Source {
    std::size_t item = nowhere;
    bool moved = false;
  };
  std::vector<Source> sources;  // of each item of `after`
};
ListMatch match_lists(const ShapeList& before, const ShapeList& after);

// The same without moves. In order; kept items may still have to be changed. Never two of a kind in
// a row.
std::vector<ListStep> align_lists(const ShapeList& before, const ShapeList& after);

// The kind that `wanted` has to be in the place of `now`; nothing: a leaf.
std::optional<Kind> kind_wanted(const Shape& now, const Shape& wanted);

}  // namespace syncline::crdt
