// SPDX-License-Identifier: Apache-2.0
//
// One op on a document's tree. Whether it applies depends on the op and its author's version
// alone; an op that does not leaves no trace.
#pragma once

#include "protocol/crdt/container.h"
#include "protocol/crdt/document.h"

namespace syncline::crdt {

enum class OpEffect : std::uint8_t {
  done,
  adapted,  // a place in a text lay beyond its end, though the author had seen everything
  is_void,
};

// The text that was edited last: what comes next is mostly there again and need not look for it.
class LastText {
 public:
  // Applies an edit of the same text; nothing if `op` is anything else.
  std::optional<OpEffect> apply(const Edit& edit, const Op& op);
  // After each op that was applied in another way.
  void note(Container& root, const Op& op, OpEffect effect);

 private:
  Path path_;
  // Those on the path, valid until anything but a text changes; empty: there is no such text.
  std::vector<Slot*> slots_;
};

struct Document::State {
  Container root{Kind::map};
  LastText last_text;
  VersionVector frontier;
  Age age;
  bool lacks_history = false;  // of some text

  OpEffect apply(const Edit& edit, const Op& op);
};

OpEffect apply_op(Container& root, const Edit& edit, const Op& op);
// The text at `path`, entered as by an op on it; nullptr if the path leads nowhere.
TextContainer* enter_text(Container& root, const Edit& edit, const Path& path);

}  // namespace syncline::crdt
