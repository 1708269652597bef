// SPDX-License-Identifier: Apache-2.0
//
// Marks of a text as a reader is shown them, whoever said what.
#pragma once

#include "protocol/crdt/text_container.h"

#include <map>
#include <string>
#include <vector>

namespace syncline::history {

struct ShownMark {
  std::uint64_t from = 0, to = 0;
  std::uint8_t grows = 0;
  crdt::Scalar value;
  bool contested = false;  // others put another value here

  bool operator==(const ShownMark&) const = default;
};

std::uint8_t growth_of(const crdt::TextMarks::Row& row);

// By key; in order, and as long as they can be.
using ShownMarks = std::map<std::string, std::vector<ShownMark>>;
ShownMarks shown_marks(const crdt::TextMarks& marks);

}  // namespace syncline::history
