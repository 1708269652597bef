// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/blame.h"

#include <algorithm>

namespace syncline::crdt {

void for_each_written(const TextContainer& text, std::uint64_t from,
                      const std::function<bool(const Written&)>& visit) {
  const text::Authors& authors = text.history()->authors();
  Written run;
  bool going = true;
  const auto finish = [&] {
    if (run.count > 0 && run.position + run.count > from) going = visit(run);
    run = {run.position + run.count, 0, {}};
  };
  text.whole().tree().for_each([&](const text::OrderTree::Record& record) {
    if (!going || record.gone) return;
    if (run.position + run.count + record.count <= from) {  // an earlier page had it
      run = {run.position + run.count + record.count, 0, {}};
      return;
    }
    for (text::CharId id = record.id; going && id <= record.last();) {
      const text::EventRef event = authors.event_of(id);
      const text::LvRange units = authors.units_of(event).value_or(text::LvRange{id, id + 1});
      const text::CharId end = std::min(units.to, record.last() + 1);
      const EventId writer{event.log, event.seq};
      if (run.count > 0 && run.event != writer) finish();
      run.event = writer;
      run.count += end - id;
      id = end;
    }
  });
  if (going) finish();
}

}  // namespace syncline::crdt
