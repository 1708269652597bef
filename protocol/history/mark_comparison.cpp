// SPDX-License-Identifier: Apache-2.0
#include "protocol/history/mark_comparison.h"

#include "protocol/crdt/list_alignment.h"
#include "protocol/crdt/text_container.h"
#include "protocol/crdt/text_diff.h"
#include "protocol/text/utf8.h"

#include <map>
#include <set>
#include <string>
#include <utility>

namespace syncline::history {
namespace {

using crdt::Path;
using crdt::Scalar;
using crdt::Shape;
using crdt::TextMarks;

// The marks of `from` on the text of `to`.
TextMarks carried(const crdt::TextContainer& from, const std::string& to) {
  TextMarks marks = from.marks();
  if (marks.empty()) return marks;
  std::uint64_t inserted = 0, removed = 0;
  for (const crdt::TextChange& edit : crdt::diff_texts(from.text(), to)) {
    const std::uint64_t count = text::count_scalars(edit.inserted);
    marks.splice(edit.position + inserted - removed, edit.removed, count);
    inserted += count;
    removed += edit.removed;
  }
  return marks;
}

// From where on which value stands, by key.
using Steps = std::map<std::string, std::map<std::uint64_t, Scalar>>;
Steps steps_of(const TextMarks& marks) {
  Steps out;
  for (const TextMarks::Span& span : marks.spans()) {
    auto& key = out[span.rows[0]->key];
    key[span.from] = span.rows[0]->value;
    key.try_emplace(span.to, crdt::Null{});
  }
  return out;
}

class MarkComparison {
 public:
  MarkComparison(const ComparedVersion& from, const ComparedVersion& to, crdt::Positions unit)
      : from_(from.document), to_(to.document), unit_(unit) {
    slot(&from.shape, to.shape);
  }
  std::vector<Change> take() { return std::move(changes_); }

 private:
  // `was` is nothing where nothing of the kind was.
  void slot(const Shape* was, const Shape& is) {
    if (was != nullptr && (was->kind != is.kind || was->node.index() != is.node.index()))
      was = nullptr;
    // What a rule made of several texts is marked like none of them.
    if (is.standing == crdt::Standing::ruled) return;
    if (was != nullptr && was->standing == crdt::Standing::ruled) was = nullptr;
    if (is.kind == crdt::Kind::text) return text(was != nullptr);
    if (std::holds_alternative<crdt::ShapeMap>(is.node)) return map(was, is);
    if (is.kind == crdt::Kind::list) return list(was, is);
    if (is.kind == crdt::Kind::tree) return tree(was, is);
  }

  void inner(const Shape* was, const Shape& is, std::pair<crdt::Step, crdt::Step> steps) {
    old_path_.push_back(std::move(steps.first));
    path_.push_back(std::move(steps.second));
    slot(was, is);
    path_.pop_back();
    old_path_.pop_back();
  }

  void map(const Shape* was, const Shape& is) {
    const auto* before = was ? &std::get<crdt::ShapeMap>(was->node) : nullptr;
    for (const auto& [key, value] : std::get<crdt::ShapeMap>(is.node)) {
      const auto there = before ? before->find(key) : crdt::ShapeMap::const_iterator();
      const bool is_new = before == nullptr || there == before->end();
      inner(is_new ? nullptr : &there->second, value, {key, key});
    }
  }

  void list(const Shape* was, const Shape& is) {
    const crdt::ShapeList nothing;
    const auto& before = was ? std::get<crdt::ShapeList>(was->node) : nothing;
    const auto& after = std::get<crdt::ShapeList>(is.node);
    std::uint64_t old = 0, fresh = 0;
    for (const crdt::ListStep& step : crdt::align_lists(before, after)) {
      for (std::size_t i = 0; i < step.count; ++i) {
        const bool kept = step.kind == crdt::ListStep::Kind::keep;
        if (step.kind != crdt::ListStep::Kind::remove) {
          inner(kept ? &before[old] : nullptr, after[fresh], {old, fresh});
          ++fresh;
        }
        if (step.kind != crdt::ListStep::Kind::insert) ++old;
      }
    }
  }

  void tree(const Shape* was, const Shape& is) {
    std::map<std::string, const Shape*> values;
    if (was != nullptr)
      for (const Shape& item : std::get<crdt::ShapeList>(was->node))
        if (const auto node = crdt::node_of(item)) values[node->id] = node->value;
    for (const Shape& item : std::get<crdt::ShapeList>(is.node)) {
      const auto node = crdt::node_of(item);
      if (!node || node->value == nullptr) continue;
      const auto there = values.find(node->id);
      old_path_.emplace_back(crdt::NodeStep{node->id});
      path_.emplace_back(crdt::NodeStep{node->id});
      map(there == values.end() ? nullptr : there->second, *node->value);
      path_.pop_back();
      old_path_.pop_back();
    }
  }

  void text(bool was_there) {
    const crdt::TextContainer* after = to_.find_text(path_);
    const crdt::TextContainer* before = was_there ? from_.find_text(old_path_) : nullptr;
    if (after == nullptr) return;
    if (after->marks().empty() && (before == nullptr || before->marks().empty())) return;
    const std::string utf8 = after->text();
    const Steps now = steps_of(after->marks());
    const TextMarks old_marks = before ? carried(*before, utf8) : TextMarks();
    const Steps old = steps_of(old_marks);
    std::set<std::string> keys;
    for (const Steps* steps : {&old, &now})
      for (const auto& [key, row] : *steps) keys.insert(key);
    for (const std::string& key : keys) compare_key(utf8, key, old, now);
  }

  void compare_key(const std::string& utf8, const std::string& key, const Steps& old,
                   const Steps& now) {
    const std::map<std::uint64_t, Scalar> nothing;
    const auto was = old.find(key), is = now.find(key);
    const auto& before = was == old.end() ? nothing : was->second;
    const auto& after = is == now.end() ? nothing : is->second;
    std::set<std::uint64_t> places;
    for (const auto* steps : {&before, &after})
      for (const auto& [position, value] : *steps) places.insert(position);
    const auto value_at = [](const std::map<std::uint64_t, Scalar>& steps, std::uint64_t position) {
      const auto next = steps.upper_bound(position);
      return next == steps.begin() ? Scalar(crdt::Null{}) : std::prev(next)->second;
    };
    Change open{ChangeKind::mark, path_, {}, 0, 0, {}, 0, key, {}, {}};
    for (const std::uint64_t place : places) {
      const std::uint64_t position = crdt::position_of(utf8, place, unit_);
      Scalar old_value = value_at(before, place), value = value_at(after, place);
      if (old_value == open.was && value == open.is) continue;
      open.length = position - open.position;
      if (open.was != open.is) changes_.push_back(open);
      open.position = position;
      open.was = std::move(old_value);
      open.is = std::move(value);
    }
  }

  const crdt::Document& from_;
  const crdt::Document& to_;
  crdt::Positions unit_;
  Path old_path_, path_;
  std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> compare_marks(const ComparedVersion& from, const ComparedVersion& to,
                                  crdt::Positions unit) {
  return MarkComparison(from, to, unit).take();
}

}  // namespace syncline::history
