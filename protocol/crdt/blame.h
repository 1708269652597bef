// SPDX-License-Identifier: Apache-2.0
//
// Blame: which event wrote each character of a text as it stands.
//
// Not responsible for when that was and by which device: the owner of the events knows.
// A caller makes sure that the text has its history.
#pragma once

#include "protocol/crdt/text_container.h"

#include <functional>

namespace syncline::crdt {

// Adjoining characters that one event wrote.
struct Written {
  std::uint64_t position = 0;
  std::uint64_t count = 0;
  EventId event;
};

// In reading order, from the one that holds character `from` on; `visit` returns false to stop.
// Requires: text.has_history().
void for_each_written(const TextContainer& text, std::uint64_t from,
                      const std::function<bool(const Written&)>& visit);

}  // namespace syncline::crdt
