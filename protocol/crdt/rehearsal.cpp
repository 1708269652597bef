// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/rehearsal.h"

namespace syncline::crdt {

Status Rehearsal::copy() {
  wire::Writer out;
  scene_.document.encode(out);
  wire::Reader in(out.view());
  auto copy = Document::decode(in);
  if (!copy) return pass(copy);
  copy_ = std::move(*copy);
  return {};
}

Status Rehearsal::run(std::vector<Op> ops) {
  if (ops.empty()) return {};
  if (!copy_)
    if (Status copied = copy(); !copied) return copied;
  for (Op& op : ops) {
    // Each alone, as the next event of some log that has seen everything.
    const EventContext context{0, scene_.past.get(0) + ++tried_, scene_.past, scene_.now,
                               scene_.logs};
    const Applied tried = copy_->apply(context, std::span(&op, 1));
    if (tried.void_ops + tried.adapted_ops > 0)
      return fail(Errc::invalid,
                  "its path leads nowhere or to another kind of value, or its position is beyond "
                  "the end; read the entity again");
    ops_.push_back(std::move(op));
  }
  return {};
}

}  // namespace syncline::crdt
