// SPDX-License-Identifier: Apache-2.0
//
// TextEdit as it stands in an event, and the pen that makes one of keystrokes.
//
// Columns instead of rows: places, removals and insertions each have their own, then the text.
// Layout: Spec section 11, C3; grammar: text_edit.cpp.
#pragma once

#include "protocol/crdt/op.h"

namespace syncline::crdt {

// Counts and sizes within the limits, the text well formed and as long as the splices say.
bool is_well_formed(const TextEdit& edit);
// Requires: is_well_formed(edit).
void encode_text_edit(wire::Writer& out, const TextEdit& edit);
// Fails the reader on anything that is not well formed.
TextEdit decode_text_edit(wire::Reader& in);

// Joins keystrokes to runs: what goes on where the last one ended makes its splice longer.
class TextPen {
 public:
  bool is_empty() const { return edit_.splices.empty(); }
  // Bytes that it will take in an event, about.
  std::size_t size_bytes() const { return edit_.text.size() + 4 * edit_.splices.size(); }
  const TextEdit& edit() const { return edit_; }

  // `count` characters in `utf8`.
  void insert(std::uint64_t position, std::string_view utf8, std::uint64_t count);
  void remove(std::uint64_t position, std::uint64_t count);
  void add(const TextEdit& edit);
  TextEdit take();

 private:
  TextEdit edit_;
};

}  // namespace syncline::crdt
