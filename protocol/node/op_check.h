// SPDX-License-Identifier: Apache-2.0
//
// Why an op cannot be done to a document, in words: which step of its path fails, at what, and what
// to do instead.
//
// Document only says that an op makes no sense. Here nothing is decided that it decides otherwise,
// except that an author is not to disagree with itself: an op that would put another kind of
// container beside what is there is refused.
#pragma once

#include "protocol/crdt/document.h"
#include "protocol/crdt/positions.h"

#include <optional>

namespace syncline::node {

// What is on the way to a container, and the container, is of the kinds that are needed, or not
// there. `inside`: what is named in it, if that is one place. Errors: Errc::invalid, with advice
// (advice.h).
Status check_way(const crdt::Document& now, const crdt::Path& path, crdt::Kind end,
                 const std::optional<crdt::Step>& inside = std::nullopt);
// The same of what an op changes, and of a slot.
Status check_way(const crdt::Document& now, const crdt::Op& op);
Status check_way(const crdt::Document& now, const crdt::Path& slot);
// The one place in its container that an action names.
std::optional<crdt::Step> step_of(const crdt::Action& action);

// A position in a text that is beyond its end. Requires: check_way holds. `unit` is what the op
// counts in.
Status check_range(const crdt::Document& now, const crdt::Op& op, crdt::Positions unit);

// Requires: the document finds that `op` makes no sense.
tl::unexpected<Error> why_void(const crdt::Document& now, const crdt::Op& op);

// Where a text is wanted and none is shown. Errc::not_found, with advice.
tl::unexpected<Error> no_text(const crdt::Document& now, const crdt::Path& path);
// A position that is none in the text at `path`.
tl::unexpected<Error> no_position(const Error& why, const crdt::Path& path);
// Where a value is wanted and none is shown.
tl::unexpected<Error> nothing_at(const crdt::Document& now, const crdt::Path& path);

}  // namespace syncline::node
