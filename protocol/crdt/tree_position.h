// SPDX-License-Identifier: Apache-2.0
//
// Positions of siblings in a tree: strings of bytes between any two of which there is room.
//
// They order as bytes do. At either end they grow by a byte for thousands of siblings; always at
// one place in the middle by a byte for about seven: whoever would need a longer one than
// tree_position_size_wanted gives some siblings shorter ones instead (tree_place.cpp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::crdt {

// Not empty, at most limits::tree_position_size_max bytes, and the last is not zero: so there is
// always room before it.
bool is_tree_position(std::string_view position);

// A position after `low` and before `high`; an empty one is the start or the end. Two devices with
// different `salt` make different ones. Requires: low < high unless one is empty.
std::string tree_position_between(std::string_view low, std::string_view high, std::uint16_t salt);

// `count` positions in ascending order between the two, as short as they can be.
std::vector<std::string> tree_positions_between(std::string_view low, std::string_view high,
                                                std::size_t count, std::uint16_t salt);

}  // namespace syncline::crdt
