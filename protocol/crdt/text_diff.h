// SPDX-License-Identifier: Apache-2.0
//
// What changed between two texts, for editors that only know the text before and after.
//
// Positions and counts are Unicode scalar values. The script is minimal as long as the texts
// differ little; very different texts are replaced in larger pieces.
#pragma once

#include "protocol/crdt/op.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::crdt {

// At `position`, `removed` characters make way for `inserted`.
struct TextChange {
  std::uint64_t position = 0;
  std::uint64_t removed = 0;
  std::string inserted;

  bool operator==(const TextChange&) const = default;
};

// Requires: both are valid UTF-8. Ascending; every position refers to `from` as it is.
std::vector<TextChange> diff_texts(std::string_view from, std::string_view to);

// The text that `edits` make of `from`. Requires: ascending, within `from`.
std::string apply_edits(std::string_view from, const std::vector<TextChange>& edits);

// What somebody did who turned `from` into `to`, as edits of `current`, which others made of
// `from` meanwhile: both changes end up in the text.
std::vector<TextChange> merge_texts(std::string_view from, std::string_view to,
                                    std::string_view current);

// The edits as ops on the text at `path`, in the order in which they must stand in an event.
std::vector<Op> ops_of(const std::vector<TextChange>& edits, const Path& path);

}  // namespace syncline::crdt
