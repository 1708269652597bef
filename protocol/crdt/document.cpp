// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/document.h"

#include "protocol/crdt/apply.h"

#include <algorithm>

namespace syncline::crdt {
namespace {

void remember(std::vector<HistoryEntry>& history, const Edit& edit, std::size_t ops) {
  HistoryEntry entry{edit.self.log, edit.self.seq, edit.lamport, edit.wall, ops};
  auto at = history.end();
  while (at != history.begin()) {
    const HistoryEntry& before = *(at - 1);
    if (before.lamport < entry.lamport) break;
    if (before.lamport == entry.lamport && !(edit.id_of(entry.log) < edit.id_of(before.log))) break;
    --at;
  }
  history.insert(at, entry);
}

}  // namespace

Document::Document() : state_(std::make_unique<State>()) {}
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

Applied Document::apply(const EventContext& context, std::span<const Op> ops) {
  Applied applied;
  const EventId self{context.log, context.seq};
  if (state_->frontier.covers(self)) {  // Spec C6: once
    applied.effect = Effect::duplicate;
    return applied;
  }
  Edit edit{View(context.past, self), self, context.past.sum() + 1, context.wall, context.logs, 0};
  for (const Op& op : ops) {
    if (!apply_op(state_->root, edit, op)) ++applied.void_ops;
    ++edit.op;
  }
  state_->frontier.raise(self.log, self.seq);
  remember(state_->history, edit, ops.size());
  if (applied.void_ops < ops.size()) applied.effect = Effect::changed;
  return applied;
}

const VersionVector& Document::frontier() const { return state_->frontier; }

const std::vector<HistoryEntry>& Document::history() const { return state_->history; }

}  // namespace syncline::crdt
