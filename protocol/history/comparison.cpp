// SPDX-License-Identifier: Apache-2.0
#include "protocol/history/comparison.h"

#include "protocol/crdt/list_alignment.h"
#include "protocol/crdt/text_diff.h"
#include "protocol/history/node_comparison.h"
#include "protocol/text/utf8.h"

#include <map>
#include <utility>

namespace syncline::history {
namespace {

class Comparison {
 public:
  explicit Comparison(crdt::Positions unit) : unit_(unit) {}

  void slot(const crdt::Shape& from, const crdt::Shape& to) {
    if (from.kind != to.kind || from.node.index() != to.node.index()) return replace(to);
    if (std::holds_alternative<crdt::ShapeMap>(from.node)) return map(from, to);
    if (from.kind == crdt::Kind::tree) return tree(from, to);
    if (std::holds_alternative<crdt::ShapeList>(from.node)) return list(from, to);
    if (from.kind == crdt::Kind::text) return text(from, to);
    if (from.node != to.node) replace(to);
  }
  std::vector<Change> take() { return std::move(changes_); }

 private:
  void note(ChangeKind kind, crdt::Value value) {
    changes_.push_back({kind, path_, std::move(value), 0, 0, {}});
  }
  void replace(const crdt::Shape& to) { note(ChangeKind::replace, crdt::value_of(to)); }

  void map(const crdt::Shape& from, const crdt::Shape& to) {
    const auto& before = std::get<crdt::ShapeMap>(from.node);
    const auto& after = std::get<crdt::ShapeMap>(to.node);
    for (const auto& [key, inner] : before) {
      path_.emplace_back(key);
      if (!after.contains(key)) note(ChangeKind::remove, {});
      path_.pop_back();
    }
    for (const auto& [key, inner] : after) {
      path_.emplace_back(key);
      const auto there = before.find(key);
      if (there == before.end())
        note(ChangeKind::add, crdt::value_of(inner));
      else
        slot(there->second, inner);
      path_.pop_back();
    }
  }

  void list(const crdt::Shape& from, const crdt::Shape& to) {
    const auto& before = std::get<crdt::ShapeList>(from.node);
    const auto& after = std::get<crdt::ShapeList>(to.node);
    std::uint64_t at = 0;  // in the list as the changes so far have left it
    std::size_t old = 0, fresh = 0;
    for (const crdt::ListStep& step : crdt::align_lists(before, after)) {
      for (std::size_t i = 0; i < step.count; ++i) {
        path_.emplace_back(at);
        switch (step.kind) {
          case crdt::ListStep::Kind::keep:
            slot(before[old++], after[fresh++]);
            ++at;
            break;
          case crdt::ListStep::Kind::remove:
            note(ChangeKind::remove, {});
            ++old;
            break;
          case crdt::ListStep::Kind::insert:
            note(ChangeKind::add, crdt::value_of(after[fresh++]));
            ++at;
            break;
        }
        path_.pop_back();
      }
    }
  }

  void tree(const crdt::Shape& from, const crdt::Shape& to) {
    const auto& before = std::get<crdt::ShapeList>(from.node);
    const auto& after = std::get<crdt::ShapeList>(to.node);
    for (Change& change : compare_nodes(before, after, path_))
      changes_.push_back(std::move(change));
    std::map<std::string, const crdt::Shape*> values;
    for (const crdt::Shape& item : before)
      if (const auto node = crdt::node_of(item)) values[node->id] = node->value;
    const crdt::Shape empty{crdt::Kind::map, crdt::ShapeMap(), {}};
    for (const crdt::Shape& item : after) {
      const auto node = crdt::node_of(item);
      const auto there = node ? values.find(node->id) : values.end();
      if (there == values.end()) continue;
      path_.emplace_back(crdt::NodeStep{node->id});
      map(there->second ? *there->second : empty, node->value ? *node->value : empty);
      path_.pop_back();
    }
  }

  static const std::string& text_of(const crdt::Shape& shape) {
    return std::get<std::string>(std::get<crdt::Scalar>(shape.node));
  }

  void text(const crdt::Shape& from, const crdt::Shape& to) {
    const std::string &before = text_of(from), &after = text_of(to);
    std::uint64_t inserted = 0, removed = 0;  // so far
    for (crdt::TextChange& edit : crdt::diff_texts(before, after)) {
      // What precedes a change is the text as it will be.
      const std::uint64_t position =
          crdt::position_of(after, edit.position + inserted - removed, unit_);
      const std::uint64_t gone = crdt::position_of(before, edit.position + edit.removed, unit_) -
                                 crdt::position_of(before, edit.position, unit_);
      inserted += text::count_scalars(edit.inserted);
      removed += edit.removed;
      note(ChangeKind::text, {});
      changes_.back().position = position;
      changes_.back().removed = gone;
      changes_.back().inserted = std::move(edit.inserted);
    }
  }

  crdt::Positions unit_;
  crdt::Path path_;
  std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> compare(const crdt::Shape& from, const crdt::Shape& to, crdt::Positions unit) {
  Comparison comparison(unit);
  comparison.slot(from, to);
  return comparison.take();
}

}  // namespace syncline::history
