// SPDX-License-Identifier: Apache-2.0
//
// One op on a document's tree. Whether it applies depends on the op and its author's version
// alone; an op that does not leaves no trace.
#pragma once

#include "protocol/crdt/container.h"
#include "protocol/crdt/document.h"

namespace syncline::crdt {

struct Document::State {
  Container root{Kind::map};
  VersionVector frontier;
  Age age;
  bool lacks_history = false;  // of some text
};

enum class OpEffect : std::uint8_t {
  done,
  adapted,  // a place in a text lay beyond its end, though the author had seen everything
  is_void,
};
OpEffect apply_op(Container& root, const Edit& edit, const Op& op);
// The text at `path`, entered as by an op on it; nullptr if the path leads nowhere.
TextContainer* enter_text(Container& root, const Edit& edit, const Path& path);

}  // namespace syncline::crdt
