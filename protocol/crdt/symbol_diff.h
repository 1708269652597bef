// SPDX-License-Identifier: Apache-2.0
//
// What changed between two sequences of numbers: characters of a text, lines, items of a list.
//
// The script is the shortest one as long as the sequences differ little. Beyond that, numbers
// that stand once in either sequence hold the two together, and what lies between them becomes
// larger hunks: the work stays bounded whatever is compared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace syncline::crdt {

using Symbols = std::vector<std::uint32_t>;

// from[from_begin, from_end) becomes to[to_begin, to_end).
struct Hunk {
  std::size_t from_begin = 0, from_end = 0, to_begin = 0, to_end = 0;
};

// Nothing if more differences than the bound are needed. Ascending, none empty.
std::optional<std::vector<Hunk>> shortest_script(const Symbols& from, const Symbols& to);

// The longest chain of symbols that stand once in either sequence and ascend in both, as places
// in `from` and `to`. Requires: every symbol is below `symbol_count`.
using Anchor = std::pair<std::size_t, std::size_t>;
std::vector<Anchor> anchors_of(const Symbols& from, const Symbols& to, std::size_t symbol_count);

// Cuts what is equal at both ends of the hunk.
void trim(Hunk& hunk, const Symbols& from, const Symbols& to);

// The whole way: exact where that is cheap, by anchors and in larger hunks where it is not.
// Requires: every symbol is below `symbol_count`.
std::vector<Hunk> diff_symbols(const Symbols& from, const Symbols& to, std::size_t symbol_count);

}  // namespace syncline::crdt
