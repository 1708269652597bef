// SPDX-License-Identifier: Apache-2.0
//
// TextEdit as it stands in an event, and the pen that makes one of keystrokes.
//
// Columns instead of rows: places and changes each have their own, then the text.
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

// Joins keystrokes to runs: what goes on where the last one was made makes its splice longer, and
// what is taken back of the run that was just typed was never there.
class TextPen {
 public:
  // Also when all of it was taken back.
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
  TextSplice* newest() { return edit_.splices.empty() ? nullptr : &edit_.splices.back(); }
  // The byte of the text where character `offset` of the newest splice begins.
  std::size_t byte_of(std::uint64_t offset) const;
  void push(const TextSplice& splice, std::size_t size);
  // Takes back what of [position, position + count) the newest splice inserted.
  std::uint64_t take_back(std::uint64_t position, std::uint64_t count);

  TextEdit edit_;
  std::vector<std::size_t> sizes_;  // bytes that each splice inserts
};

}  // namespace syncline::crdt
