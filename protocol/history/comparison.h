// SPDX-License-Identifier: Apache-2.0
//
// Comparison: what is different between two versions of a document, for somebody to look at.
//
// Changes follow each other as those of a JSON Patch (RFC 6902) do: each at the document as the
// one before left it. Texts are compared character by character, and trees node by node: a node is
// added, moved or removed, with what is below it, and changed inside. These are not ops: what an
// event would have to say is the business of crdt/value_diff.h.
#pragma once

#include "protocol/crdt/positions.h"
#include "protocol/crdt/shape.h"

#include <cstdint>
#include <string>
#include <vector>

namespace syncline::history {

enum class ChangeKind : std::uint8_t { add, replace, remove, move, text, mark };

struct Change {
  ChangeKind kind = ChangeKind::replace;
  crdt::Path path;
  crdt::Value value;  // of add and replace
  // Of text: at `position`, `removed` characters make way for `inserted`.
  std::uint64_t position = 0;
  std::uint64_t removed = 0;
  std::string inserted;
  // Of mark: of the `length` characters at `position`; null for none.
  std::uint64_t length = 0;
  std::string key = {};
  crdt::Scalar was = {}, is = {};
  // Of add and move of a node: its parent, empty for the top; `position` is that among siblings.
  std::string parent = {};

  bool operator==(const Change&) const = default;
};

// Requires: both are whole documents. Says nothing of marks (mark_comparison.h).
std::vector<Change> compare(const crdt::Shape& from, const crdt::Shape& to,
                            crdt::Positions unit = crdt::Positions::scalars);

}  // namespace syncline::history
