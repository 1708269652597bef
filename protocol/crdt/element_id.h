// SPDX-License-Identifier: Apache-2.0
//
// ElementId: the name of one element of a sequence, for as long as the sequence exists.
#pragma once

#include <compare>
#include <cstdint>

namespace syncline::crdt {

// The number `n` (from 1) of those that an author put into one sequence; n = 0 is no element.
// `author` counts the authors of the sequence, on this device only.
struct ElementId {
  std::uint32_t author = 0;
  std::uint64_t n = 0;

  auto operator<=>(const ElementId&) const = default;
};

}  // namespace syncline::crdt
