// SPDX-License-Identifier: Apache-2.0
//
// Short ways to write shapes down, and random ones.
#pragma once

#include "protocol/crdt/shape.h"
#include "tests/protocol/crdt/history.h"

#include <string>
#include <utility>

namespace syncline::crdt::test {

inline Shape leaf(std::int64_t value) { return {std::nullopt, Scalar(value), {}}; }
inline Shape leaf(int value) { return leaf(std::int64_t{value}); }
inline Shape leaf(const char* value) { return {std::nullopt, Scalar(std::string(value)), {}}; }
inline Shape null() { return {std::nullopt, Scalar(Null{}), {}}; }
inline Shape text_of(const char* value) { return {Kind::text, Scalar(std::string(value)), {}}; }
inline Shape list(ShapeList items) { return {std::nullopt, std::move(items), {}}; }
inline Shape fields(ShapeMap map) { return {std::nullopt, std::move(map), {}}; }

// A map of at most `depth` levels, some of it with kinds and some of it plain.
inline Shape random_shape(Dice& dice, int depth) {
  const auto inner = [&dice, depth](const auto& self, int left) -> Shape {
    const auto word = [&dice] { return std::string(dice.pick(3), "abc"[dice.pick(3)]); };
    switch (dice.pick(left > 0 ? 7 : 4)) {
      case 0: return leaf(static_cast<std::int64_t>(dice.pick(4)));
      case 1: return text_of(word().c_str());
      case 2: return {Kind::counter, Scalar(static_cast<std::int64_t>(dice.pick(4))), {}};
      case 3: return leaf(word().c_str());
      case 4: {
        ShapeList items;
        for (std::size_t i = dice.pick(5); i > 0; --i) items.push_back(self(self, left - 1));
        return list(std::move(items));
      }
      case 5: {
        ShapeList items;
        for (std::size_t i = dice.pick(4); i > 0; --i) items.push_back(leaf(word().c_str()));
        return {Kind::set, std::move(items), {}};
      }
      default: {
        ShapeMap map;
        for (std::size_t i = dice.pick(4); i > 0; --i)
          map.insert_or_assign(std::string(1, "xyz"[dice.pick(3)]), self(self, left - 1));
        return fields(std::move(map));
      }
    }
  };
  ShapeMap root;
  for (std::size_t i = dice.pick(4); i > 0; --i)
    root.insert_or_assign(std::string(1, "xyz"[dice.pick(3)]), inner(inner, depth));
  return fields(std::move(root));
}

}  // namespace syncline::crdt::test
