// SPDX-License-Identifier: Apache-2.0
#include "protocol/base/planted.h"
#include "protocol/crdt/container.h"
#include "protocol/crdt/writings.h"

#include <algorithm>

namespace syncline::crdt {

bool ranks_before(const Edit& edit, const Rank& a, const Rank& b) {
  if (a.lamport != b.lamport) return a.lamport > b.lamport;
  if (a.log != b.log) return edit.id_of(b.log) < edit.id_of(a.log);
  return a.op > b.op;
}

VersionVector without_covered(const VersionVector& version, const View& view) {
  std::vector<EventId> left;
  for (const EventId& row : version.rows())
    if (!view.covers(row)) left.push_back(row);
  return VersionVector(std::move(left));
}

Slot::Slot() = default;
Slot::~Slot() = default;
Slot::Slot(Slot&&) noexcept = default;
Slot& Slot::operator=(Slot&&) noexcept = default;

Container* Slot::child(Kind kind) const {
  for (const Child& child : children)
    if (child.kind == kind) return child.container.get();
  return nullptr;
}

bool Slot::holds(Kind kind) const {
  return std::any_of(entries.begin(), entries.end(),
                     [kind](const Entry& entry) { return entry.value == ItemValue{kind}; });
}

// Spec C11.
Container& Slot::ensure(Kind kind) {
  const auto at = std::lower_bound(children.begin(), children.end(), kind,
                                   [](const Child& child, Kind k) { return child.kind < k; });
  if (at != children.end() && at->kind == kind) return *at->container;
  return *children.insert(at, Child{kind, std::make_unique<Container>(kind)})->container;
}

void Slot::assign(const Edit& edit, const ItemValue& value) {
  if (edit.writings) edit.writings->put(*this, value);
  cover(edit, std::nullopt);
  if (SYNCLINE_PLANTED(register_by_arrival)) entries.clear();
  if (const Kind* kind = std::get_if<Kind>(&value)) ensure(*kind);
  put(edit, value);
}

void Slot::remove(const Edit& edit, Because because) {
  if (edit.writings) edit.writings->take(*this);
  cover(edit, std::nullopt);
  if (because == Because::removed_above) return;
  Removal removal{edit.self, edit.wall, {}};
  // What is still here came from authors who did not know of this removal.
  for (const Entry& entry : entries) removal.contested_by.raise(entry.event.log, entry.event.seq);
  removals.push_back(std::move(removal));
}

void Slot::keep(const Edit& edit, Kind kind) {
  cover(edit, kind);
  ensure(kind);
  put(edit, kind);
}

Container& Slot::enter(const Edit& edit, Kind kind) {
  // Mostly nothing but the time of it changes.
  if (!removals.empty() || !renew(edit, kind)) put(edit, kind);
  return ensure(kind);
}

// Spec C10: what the author saw, and nothing else.
void Slot::cover(const Edit& edit, std::optional<Kind> spared) {
  const View& view = edit.view;
  std::erase_if(entries, [&view](const Entry& entry) { return view.covers(entry.event); });
  std::erase_if(removals, [&view](const Removal& removal) { return view.covers(removal.event); });
  for (Removal& removal : removals)
    removal.contested_by = without_covered(removal.contested_by, view);
  for (Child& child : children)
    if (child.kind != spared) child.container->clear(edit);
  if (edit.writings) return;  // which names slots by where they are
  std::erase_if(children, [this](const Child& child) {
    return !holds(child.kind) && child.container->pristine();
  });
}

void Slot::put(const Edit& edit, const ItemValue& value) {
  for (Removal& removal : removals)
    if (!edit.view.covers(removal.event)) removal.contested_by.raise(edit.self.log, edit.self.seq);

  // One entry a log stands for a container: whoever covers the newest covers the older ones.
  if (const Kind* kind = std::get_if<Kind>(&value); kind && renew(edit, *kind)) return;
  Entry entry{edit.self, edit.op, edit.lamport, edit.wall, value};
  const auto at = std::lower_bound(
      entries.begin(), entries.end(), entry,
      [&edit](const Entry& a, const Entry& b) { return ranks_before(edit, a.rank(), b.rank()); });
  entries.insert(at, std::move(entry));
}

// What is there of this log moves to where the new one belongs. False: nothing is.
bool Slot::renew(const Edit& edit, Kind kind) {
  std::size_t at = 0;
  const auto stands = [&](const Entry& entry) {
    const Kind* held = std::get_if<Kind>(&entry.value);
    return held && *held == kind && entry.event.log == edit.self.log;
  };
  while (at < entries.size() && !stands(entries[at])) ++at;
  if (at == entries.size()) return false;
  Entry& entry = entries[at];
  entry.event = edit.self;
  entry.op = edit.op;
  entry.lamport = edit.lamport;
  entry.wall = edit.wall;
  const auto misplaced = [&](std::size_t first) {
    return ranks_before(edit, entries[first + 1].rank(), entries[first].rank());
  };
  for (; at > 0 && misplaced(at - 1); --at) std::swap(entries[at - 1], entries[at]);
  for (; at + 1 < entries.size() && misplaced(at); ++at) std::swap(entries[at], entries[at + 1]);
  return true;
}

}  // namespace syncline::crdt
