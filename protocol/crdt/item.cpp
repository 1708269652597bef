// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/item.h"

#include "protocol/crdt/container.h"
#include "protocol/crdt/writings.h"

#include <algorithm>

namespace syncline::crdt {

bool Item::is_used() const {
  return std::any_of(uses.begin(), uses.end(),
                     [](const Use& use) { return use.removed_by.empty(); });
}

bool Item::is_used_in(const View& view) const {
  return std::any_of(uses.begin(), uses.end(), [&view](const Use& use) {
    return view.covers({use.log, use.first}) && !view.covers_any(use.removed_by);
  });
}

auto Item::move_in(const View& view) const -> const Move* {
  const auto known = std::find_if(moves.begin(), moves.end(),
                                  [&view](const Move& move) { return view.covers(move.event); });
  return known == moves.end() ? nullptr : &*known;
}

VersionVector Item::fate() const {
  VersionVector events;
  for (const Use& use : uses) {
    events.raise(use.log, use.last);
    for (const EventId& event : use.removed_by) events.raise(event.log, event.seq);
  }
  for (const Move& move : moves)
    if (move.newest) events.raise(move.event.log, move.event.seq);
  return events;
}

void Item::use(const Edit& edit) {
  add_use(edit.self);
  for (Removal& removal : removals)
    if (!edit.view.covers(removal.event)) removal.contested_by.raise(edit.self.log, edit.self.seq);
}

void Item::settle(const Edit& edit) {
  std::erase_if(removals, [&](const Removal& removal) { return edit.view.covers(removal.event); });
  use(edit);
}

void Item::remove(const Edit& edit, Because because) {
  remove_uses(edit);
  std::erase_if(removals, [&](const Removal& removal) { return edit.view.covers(removal.event); });
  for (Removal& removal : removals)
    removal.contested_by = without_covered(removal.contested_by, edit.view);
  if (because == Because::removed_above) return;
  Removal removal{edit.self, edit.wall, {}};
  // What still makes it be here came from authors who did not know of this removal.
  for (const Use& use : uses)
    if (use.removed_by.empty()) removal.contested_by.raise(use.log, use.last);
  removals.push_back(std::move(removal));
}

void Item::move(const Edit& edit, const ElementId& place) {
  if (edit.writings) edit.writings->move(slot);
  for (Move& move : moves)
    if (edit.view.covers(move.event)) move.newest = false;
  const Move made{place, edit.self, edit.op, edit.lamport, edit.wall, true};
  const auto at = std::find_if(moves.begin(), moves.end(), [&](const Move& other) {
    return ranks_before(edit, {made.lamport, made.event.log, made.op},
                        {other.lamport, other.event.log, other.op});
  });
  moves.insert(at, made);
  settle(edit);
}

void Item::add_use(const EventId& event) {
  for (auto use = uses.rbegin(); use != uses.rend(); ++use) {
    if (use->log != event.log) continue;
    if (use->last == event.seq && use->removed_by.empty()) return;
    if (use->last + 1 == event.seq && use->removed_by.empty()) {
      use->last = event.seq;
      return;
    }
    break;
  }
  uses.push_back({event.log, event.seq, event.seq, {}});
}

// What is cut in two stays in the order of its log: add_use() goes on from the newest.
void Item::remove_uses(const Edit& edit) {
  for (std::size_t i = 0; i < uses.size(); ++i) {
    const std::uint64_t known = edit.view.get(uses[i].log);
    if (known < uses[i].first || edit.view.covers_any(uses[i].removed_by)) continue;
    if (known < uses[i].last) {
      Use rest{uses[i].log, known + 1, uses[i].last, uses[i].removed_by};
      uses[i].last = known;
      uses.insert(uses.begin() + static_cast<std::ptrdiff_t>(i + 1), std::move(rest));
    }
    uses[i].removed_by.push_back(edit.self);
  }
}

bool ListContent::shown(const ElementId& place, const std::vector<EventId>& removed_by) const {
  const Item& it = item(0);
  if (is_moved()) return !it.moves.empty() && it.moves.front().place == place && it.is_used();
  return removed_by.empty() || it.is_used();
}

bool ListContent::shown_in(const View& view, const ElementId& place,
                           const std::vector<EventId>& removed_by) const {
  const Item& it = item(0);
  if (is_moved()) {
    if (const Item::Move* move = it.move_in(view))
      return move->place == place && it.is_used_in(view);
    if (guest) return false;
  }
  return !view.covers_any(removed_by) || it.is_used_in(view);
}

ListContent ListContent::split(std::uint64_t offset) {
  ListContent rest;
  const auto at = items.begin() + static_cast<std::ptrdiff_t>(offset);
  std::move(at, items.end(), std::back_inserter(rest.items));
  items.erase(at, items.end());
  return rest;
}

void ListContent::append(ListContent&& more) {
  std::move(more.items.begin(), more.items.end(), std::back_inserter(items));
}

// Whoever removes a moved item knows of the move, and the insertion no longer matters to anybody
// who knows of that.
void ListContent::remove(const Edit& edit, std::vector<EventId>& removed_by, Because because) {
  if (!guest && !edit.view.covers_any(removed_by)) removed_by.push_back(edit.self);
  item(0).remove(edit, because);
}

std::size_t ListContent::size_bytes() const {
  std::size_t size = 0;
  for (const auto& item : items) {
    size += sizeof(Item) + item->uses.size() * sizeof(Item::Use);
    size += item->slot.entries.size() * sizeof(Entry) + item->moves.size() * sizeof(Item::Move);
  }
  return size;
}

}  // namespace syncline::crdt
