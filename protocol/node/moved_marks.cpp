// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/moved_marks.h"

#include "protocol/crdt/text_container.h"
#include "protocol/crdt/text_marks.h"
#include "protocol/node/mark_edit.h"
#include "protocol/node/mark_notes.h"

#include <charconv>
#include <optional>
#include <string>
#include <utility>

namespace syncline::node {

namespace {

using crdt::Document;
using crdt::Kind;
using crdt::Path;
using crdt::Shape;

// The last index in a list that has at least one item.
std::optional<std::uint64_t> last_index(const Document& now, const Path& list) {
  const auto value = now.read(list);
  const auto* items = value ? std::get_if<crdt::ValueList>(&value->node) : nullptr;
  if (items == nullptr || items->empty()) return std::nullopt;
  return items->size() - 1;
}

// The slot that a pointer leads to; nothing if it is none, as an element of a set.
std::optional<Path> slot_at(const Document& now, const crdt::Pointer& pointer) {
  Path path;
  for (const std::string& token : pointer) {
    const auto kind = now.kind_at(path);
    if (kind == Kind::map) {
      path.emplace_back(token);
    } else if (kind == Kind::tree) {
      path.emplace_back(crdt::NodeStep{token});
    } else if (kind != Kind::list) {
      return std::nullopt;
    } else if (token == "-") {
      const auto last = last_index(now, path);
      if (!last) return std::nullopt;
      path.emplace_back(*last);
    } else {
      std::uint64_t index = 0;
      const char* const end = token.data() + token.size();
      if (std::from_chars(token.data(), end, index).ptr != end) return std::nullopt;
      path.emplace_back(index);
    }
  }
  return path;
}

struct Collector {
  const Document& now;
  std::vector<step::PutMarks>& out;
  Path path;   // in the document
  Path below;  // from the place that is taken

  void slot(const Shape& shape) {
    if (shape.kind == Kind::text) return text(shape);
    if (shape.kind == Kind::tree) return tree(std::get<crdt::ShapeList>(shape.node));
    if (const auto* items = std::get_if<crdt::ShapeList>(&shape.node)) {
      for (std::uint64_t i = 0; i < items->size(); ++i) enter(i, (*items)[i]);
    } else if (const auto* fields = std::get_if<crdt::ShapeMap>(&shape.node)) {
      for (const auto& [key, inner] : *fields) enter(key, inner);
    }
  }

 private:
  void enter(crdt::Step step, const Shape& shape) {
    path.push_back(step);
    below.push_back(std::move(step));
    slot(shape);
    below.pop_back();
    path.pop_back();
  }

  void tree(const crdt::ShapeList& nodes) {
    for (const Shape& shape : nodes)
      if (const auto node = crdt::node_of(shape); node && node->value)
        enter(crdt::NodeStep{node->id}, *node->value);
  }

  void text(const Shape& shape) {
    const crdt::TextContainer* text = now.find_text(path);
    // What a rule makes of several values has no marks of its own.
    const crdt::Scalar* reads = std::get_if<crdt::Scalar>(&shape.node);
    if (text == nullptr || reads == nullptr || *reads != crdt::Scalar(text->text())) return;
    step::PutMarks put{below, {}};
    for (step::MarkNote& note : mark_notes_of(*text, crdt::Positions::scalars))
      if (!std::holds_alternative<crdt::Null>(note.value))
        put.marks.push_back({note.from, note.to - note.from, note.grows, std::move(note.key),
                             std::move(note.value)});
    out.push_back(std::move(put));
  }
};

}  // namespace

std::vector<step::PutMarks> marks_taken(const crdt::Rehearsal& before,
                                        const crdt::PatchStep& step) {
  using Verb = crdt::PatchStep::Verb;
  std::vector<step::PutMarks> taken;
  if (step.verb != Verb::move && step.verb != Verb::copy) return taken;
  const auto slot = slot_at(before.document(), step.from);
  const auto shape = slot ? before.shape(*slot) : std::nullopt;
  if (shape) Collector{before.document(), taken, *slot, {}}.slot(*shape);
  return taken;
}

Status put_marks_taken(crdt::Rehearsal& after, const crdt::PatchStep& step,
                       std::vector<step::PutMarks> taken) {
  if (taken.empty()) return {};
  const auto slot = slot_at(after.document(), step.path);
  if (!slot) return {};
  for (step::PutMarks& put : taken) {
    put.text.insert(put.text.begin(), slot->begin(), slot->end());
    auto ops = ops_to_mark(after.document(), put);
    if (!ops) return pass(ops);
    if (Status done = after.run(std::move(*ops)); !done) return done;
  }
  return {};
}

}  // namespace syncline::node
