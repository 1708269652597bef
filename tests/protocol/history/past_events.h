// SPDX-License-Identifier: Apache-2.0
//
// Random histories in the form in which segments keep them.
//
// What a segment gives back is not what went in letter by letter: every change of a text is a
// TextEdit then. Both are compared in that form.
#pragma once

#include "protocol/history/past_event.h"
#include "protocol/text/utf8.h"
#include "tests/protocol/crdt/history.h"

#include <vector>

namespace syncline::history::test {

inline crdt::Op as_kept(crdt::Op op) {
  crdt::TextEdit edit;
  if (const auto* insert = std::get_if<crdt::TextInsert>(&op.action)) {
    edit = {{{insert->position, 0, text::count_scalars(insert->text)}}, insert->text};
  } else if (const auto* cut = std::get_if<crdt::TextRemove>(&op.action)) {
    edit.splices = {{cut->position, cut->count, 0}};
  } else {
    return op;
  }
  op.action = std::move(edit);
  return op;
}

inline std::vector<PastEvent> past_events(std::uint64_t seed, crdt::test::Flavour flavour,
                                          std::size_t count) {
  crdt::test::Dice dice(seed);
  std::vector<PastEvent> events;
  for (const crdt::test::TestEvent& made : crdt::test::random_history(dice, flavour, count)) {
    PastEvent event;
    event.id = {static_cast<crdt::LogIndex>(made.log), made.seq};
    for (std::size_t log = 0; log < made.past.size(); ++log)
      event.past.set(static_cast<crdt::LogIndex>(log), made.past[log]);
    event.lamport = event.past.sum() + 1 + dice.below(3);
    event.wall.unix_ms = static_cast<std::int64_t>(dice.below(1'000'000)) - 1000;
    if (events.empty()) {
      event.kind = EventKind::create;
      event.type = "note";
    } else if (dice.one_in(8)) {
      event.kind = EventKind::remove;
    }
    for (const crdt::Op& op : made.ops) event.ops.push_back(as_kept(op));
    if (event.kind == EventKind::remove) event.ops.clear();
    events.push_back(std::move(event));
  }
  return events;
}

inline bool is_same(const PastEvent& a, const PastEvent& b) {
  return a.id == b.id && a.lamport == b.lamport && a.wall == b.wall && a.past == b.past &&
         a.kind == b.kind && a.type == b.type && a.ops == b.ops;
}

}  // namespace syncline::history::test
