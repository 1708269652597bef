// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/document.h"

#include "protocol/crdt/apply.h"

#include <algorithm>

namespace syncline::crdt {
namespace {

void grow(Age& age, const Edit& edit, std::size_t ops) {
  ++age.events;
  age.ops += ops;
  if (edit.lamport < age.lamport) return;
  if (edit.lamport == age.lamport && edit.id_of(edit.self.log) < edit.id_of(age.log)) return;
  age.log = edit.self.log;
  age.lamport = edit.lamport;
  age.wall = edit.wall;
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
  Edit edit{View(context.past, self), self, context.lamport_time(), context.wall, context.logs, 0,
            context.writings};
  for (const Op& op : ops) {
    const OpEffect effect = state_->apply(edit, op);
    if (effect == OpEffect::is_void) ++applied.void_ops;
    if (effect == OpEffect::adapted) ++applied.adapted_ops;
    ++edit.op;
  }
  note_event(edit, ops.size());
  if (applied.void_ops < ops.size()) applied.effect = Effect::changed;
  return applied;
}

OpEffect Document::State::apply(const Edit& edit, const Op& op) {
  if (const auto effect = last_text.apply(edit, op)) return *effect;
  const OpEffect effect = apply_op(root, edit, op);
  last_text.note(root, op, effect);
  return effect;
}

void Document::note_event(const Edit& edit, std::size_t ops) {
  state_->frontier.raise(edit.self.log, edit.self.seq);
  grow(state_->age, edit, ops);
}

const VersionVector& Document::frontier() const { return state_->frontier; }

const Age& Document::age() const { return state_->age; }

}  // namespace syncline::crdt
