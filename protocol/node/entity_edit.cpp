// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/entity_edit.h"

#include "protocol/base/advice.h"
#include "protocol/crdt/text_container.h"
#include "protocol/crdt/text_diff.h"
#include "protocol/crdt/tree.h"
#include "protocol/crdt/value_diff.h"
#include "protocol/crdt/value_limits.h"
#include "protocol/node/entity_body.h"
#include "protocol/node/mark_edit.h"
#include "protocol/node/moved_marks.h"
#include "protocol/node/op_check.h"
#include "protocol/node/spelling.h"
#include "protocol/node/tree_edit.h"

#include <algorithm>

namespace syncline::node {

namespace {

using crdt::Op;
using crdt::Positions;
using crdt::Rehearsal;

// Whoever is refused is told what to do, if only to look again.
template <class Failed>
tl::unexpected<Error> failed_at(const std::string& place, const Failed& failed) {
  const Error& why = failed.error();
  std::string context = place + ": " + why.context;
  if (why.code == Errc::invalid && split_advice(why.context).advice.empty())
    return fail_with_advice(why.code, std::move(context),
                            "read the entity again with entity.get, and say what fits it");
  return fail(why.code, std::move(context));
}

// The text at `path`; empty if there is none yet.
std::string text_at(const crdt::Document& document, const crdt::Path& path) {
  const crdt::TextContainer* text = document.find_text(path);
  return text ? text->text() : std::string();
}

// `position` and `count` become scalar values of `text`.
Status convert_range(const std::string& text, std::uint64_t& position, std::uint64_t& count,
                     Positions unit) {
  const auto begin = crdt::scalars_before(text, position, unit);
  if (!begin) return pass(begin);
  const auto end = crdt::scalars_before(text, position + count, unit);
  if (!end) return pass(end);
  position = *begin;
  count = *end - *begin;
  return {};
}

// Spec C7 counts scalar values.
Status convert_positions(const crdt::Document& now, Op& op, Positions unit) {
  if (unit == Positions::scalars) return check_range(now, op, unit);
  if (auto* insert = std::get_if<crdt::TextInsert>(&op.action)) {
    const auto at = crdt::scalars_before(text_at(now, op.path), insert->position, unit);
    if (!at) return pass(at);
    insert->position = *at;
  } else if (auto* cut = std::get_if<crdt::TextRemove>(&op.action)) {
    return convert_range(text_at(now, op.path), cut->position, cut->count, unit);
  } else if (auto* mark = std::get_if<crdt::TextMark>(&op.action)) {
    return convert_range(text_at(now, op.path), mark->position, mark->count, unit);
  }
  return {};
}

bool lies_within(const crdt::TextEdit& edit, std::uint64_t length) {
  for (const crdt::TextSplice& splice : edit.splices) {
    if (splice.position > length || splice.removed > length - splice.position) return false;
    length += splice.inserted - splice.removed;
  }
  return true;
}

bool has_node(const crdt::Document& now, const crdt::Path& path, const std::string& id) {
  const crdt::TreeContainer* tree = now.tree_at(path);
  return tree != nullptr && tree->find(id) != nullptr;
}

// The usual single ops are checked without a copy: a write to a key of the root, typing, and
// those on a tree that is there.
bool surely_applies(const Op& op, const crdt::Document& document) {
  if (!crdt::check_ops(std::span(&op, 1)) || !crdt::check_sizes(op)) return false;
  if (op.path.empty()) return std::holds_alternative<crdt::MapSet>(op.action);
  if (const auto* remove = std::get_if<crdt::TreeRemove>(&op.action))
    return has_node(document, op.path, remove->node);
  const crdt::TextContainer* text = document.find_text(op.path);
  if (text == nullptr) return false;
  if (const auto* insert = std::get_if<crdt::TextInsert>(&op.action))
    return insert->position <= text->length();
  if (const auto* edit = std::get_if<crdt::TextEdit>(&op.action))
    return lies_within(*edit, text->length());
  if (const auto* mark = std::get_if<crdt::TextMark>(&op.action)) {
    const std::uint64_t most = text->length();
    return mark->position <= most && mark->count <= most - mark->position;
  }
  if (const auto* cut = std::get_if<crdt::TextRemove>(&op.action)) {
    const std::uint64_t most = text->length();
    return cut->count > 0 && cut->position <= most && cut->count <= most - cut->position;
  }
  return false;
}

// What it would take away is not there, nor anything of another kind that it would be wrong about.
bool removes_nothing(const crdt::Document& now, const Op& op) {
  const auto is_or_will_be = [&](crdt::Kind kind) {
    return op.path.empty() ? kind == crdt::Kind::map
                           : !now.read(op.path) || now.kind_at(op.path) == kind;
  };
  if (const auto* remove = std::get_if<crdt::MapRemove>(&op.action)) {
    crdt::Path slot = op.path;
    slot.emplace_back(remove->key);
    return is_or_will_be(crdt::Kind::map) && !now.read(slot);
  }
  const auto* remove = std::get_if<crdt::SetRemove>(&op.action);
  if (remove == nullptr || !is_or_will_be(crdt::Kind::set)) return false;
  const auto set = now.read(op.path);
  const auto* elements = set ? std::get_if<crdt::ValueList>(&set->node) : nullptr;
  return elements == nullptr ||
         std::ranges::find(*elements, crdt::Value{remove->value}) == elements->end();
}

// One after the other, so that an error is about what was there.
Status run_each(Rehearsal& rehearsal, std::vector<Op> ops) {
  for (Op& op : ops) {
    const Status done = rehearsal.run({op});
    if (done) continue;
    if (done.error().code != Errc::invalid) return done;
    return why_void(rehearsal.document(), op);
  }
  return {};
}
// What a caller gave as a value in the slot, or the whole document, becomes ops that nobody has
// seen: an error names the place inside of it.
Status run_values(Rehearsal& rehearsal, const crdt::Path& slot, Result<std::vector<Op>> ops) {
  if (!ops) return pass(ops);
  for (const Op& op : *ops)
    if (Status fits = crdt::check_sizes(op); !fits)
      return op.path == slot ? fits : Status(failed_at(spelled(op.path), fits));
  return run_each(rehearsal, std::move(*ops));
}

Status run_op(Rehearsal& rehearsal, Op op, Positions positions) {
  const crdt::Document& now = rehearsal.document();
  if (Status fits = crdt::check_sizes(op); !fits) return fits;
  if (Status way = check_way(now, op); !way) return way;
  if (const auto* remove = std::get_if<crdt::TreeRemove>(&op.action);
      remove && !has_node(now, op.path, remove->node))
    return why_void(now, op);
  if (crdt::check_ops(std::span(&op, 1)) && removes_nothing(now, op)) return {};
  if (Status converted = convert_positions(now, op, positions); !converted) return converted;
  return run_each(rehearsal, std::vector<Op>{std::move(op)});
}

Status run_merge(Rehearsal& rehearsal, const step::TextMerge& merge) {
  const crdt::Document& now = rehearsal.document();
  if (Status way = check_way(now, merge.path, crdt::Kind::text); !way) return way;
  const auto edits = crdt::merge_texts(merge.from, merge.to, text_at(now, merge.path));
  return run_each(rehearsal, crdt::ops_of(edits, merge.path));
}

Status run_put(Rehearsal& rehearsal, const step::Put& put) {
  const crdt::Document& now = rehearsal.document();
  if (Status way = check_way(now, put.slot); !way) return way;
  if (const auto* node = put.slot.empty() ? nullptr : std::get_if<crdt::NodeStep>(&put.slot.back());
      node && !now.read(put.slot))
    return why_void(now, {{put.slot.begin(), put.slot.end() - 1}, crdt::TreeRemove{node->id}});
  return run_values(
      rehearsal, put.slot,
      crdt::ops_to_put(now, put.slot, put.value, crdt::Naming::by_name, rehearsal.rules()));
}

// A mark ceases to grow at its start when the character that it held on to is removed. Who says
// what a text should be did not remove anything by itself, so marks that stay go on as they were.
Status keep_growth(const crdt::Document& before, Rehearsal& rehearsal) {
  std::vector<crdt::Path> texts;
  for (const Op& op : rehearsal.ops())
    if (std::holds_alternative<crdt::TextRemove>(op.action) &&
        std::ranges::find(texts, op.path) == texts.end())
      texts.push_back(op.path);
  for (const crdt::Path& path : texts)
    if (Status done = rehearsal.run(ops_to_keep_growth(before, rehearsal.document(), path)); !done)
      return done;
  return {};
}

Status run_marks(Rehearsal& rehearsal, const step::PutMarks& put) {
  return run_values(rehearsal, put.text, ops_to_mark(rehearsal.document(), put));
}

struct RunEdit {
  Rehearsal& rehearsal;
  Positions positions;
  Random& random;
  std::vector<std::string>& nodes_made;

  Status operator()(const Op& op) const { return run_op(rehearsal, op, positions); }
  Status operator()(const step::TextMerge& merge) const { return run_merge(rehearsal, merge); }
  Status operator()(const step::Put& put) const { return run_put(rehearsal, put); }
  Status operator()(const step::PutMarks& put) const { return run_marks(rehearsal, put); }
  Status operator()(const step::NodeInsert& insert) const {
    if (Status way = check_way(rehearsal.document(), insert.tree, crdt::Kind::tree); !way)
      return way;
    auto made = make_node(rehearsal.document(), insert, random);
    if (!made) return pass(made);
    if (Status done = run_values(rehearsal, insert.tree, std::move(made->ops)); !done) return done;
    crdt::Path slot = insert.tree;
    slot.emplace_back(crdt::NodeStep{made->id});
    nodes_made.push_back(std::move(made->id));
    return run_put(rehearsal, {std::move(slot), insert.value});
  }
  Status operator()(const step::NodeMove& move) const {
    const crdt::Document& now = rehearsal.document();
    if (Status way = check_way(now, move.tree, crdt::Kind::tree); !way) return way;
    return run_values(rehearsal, move.tree, ops_to_move(now, move, random));
  }
};

struct PathOf {
  crdt::Path operator()(const Op& op) const {
    crdt::Path path = op.path;
    if (auto step = step_of(op.action)) path.push_back(std::move(*step));
    return path;
  }
  crdt::Path operator()(const step::TextMerge& merge) const { return merge.path; }
  crdt::Path operator()(const step::Put& put) const { return put.slot; }
  crdt::Path operator()(const step::NodeInsert& insert) const { return insert.tree; }
  crdt::Path operator()(const step::NodeMove& move) const { return move.tree; }
  crdt::Path operator()(const step::PutMarks& put) const { return put.text; }
};

// What a caller wants, and how it is named in errors.
std::string place_of(std::span<const std::uint32_t> origins, std::size_t edit,
                     const crdt::Path& path) {
  if (edit >= origins.size()) return spelled(path);
  return "ops[" + std::to_string(origins[edit]) + "] at " + spelled(path);
}

// Cuts what was tried into events.
Result<EditPlan> plan_of(std::vector<Op> ops) {
  EditPlan plan;
  plan.ops = ops.size();
  if (plan.ops == 0) return plan;
  plan.groups = split_ops(std::move(ops));
  for (const auto& group : plan.groups)
    if (Status checked = crdt::check_ops(group); !checked) return pass(checked);
  return plan;
}

// Places that several values are at. Moves that others lost may begin to differ, or cease to, by
// whatever is put between them.
std::vector<crdt::Path> contested(const crdt::Document& document) {
  std::vector<crdt::Path> out;
  for (crdt::Conflict& conflict : document.conflicts())
    if (conflict.kind != crdt::ConflictKind::move_lost) out.push_back(std::move(conflict.path));
  std::sort(out.begin(), out.end());
  return out;
}

Result<EditPlan> finish(const Rehearsal::Scene& scene, Rehearsal& rehearsal) {
  if (rehearsal.ops().empty()) return plan_of({});
  // Who has seen everything cannot disagree with anybody: a container was made beside a value.
  const auto before = contested(scene.document), after = contested(rehearsal.document());
  if (after.size() > before.size()) {
    const auto odd = std::mismatch(after.begin(), after.end(), before.begin(), before.end()).first;
    return fail_with_advice(
        Errc::invalid, spelled(*odd) + " is of another kind than what was to be written into it",
        "read the entity again with entity.get, and correct the path or replace what is there");
  }
  return plan_of(rehearsal.take());
}

struct RunRewrite {
  Rehearsal& rehearsal;

  Status operator()(const step::WholePut& put) const {
    return run_values(rehearsal, {},
                      crdt::ops_to_put(rehearsal.document(), {}, put.value,
                                       crdt::Naming::in_passing, rehearsal.rules()));
  }
  Status operator()(const step::MergePatch& merge) const {
    return run_values(
        rehearsal, {},
        crdt::ops_of_merge_patch(rehearsal.document(), merge.patch, rehearsal.rules()));
  }
  Status operator()(const step::JsonPatch& patch) const {
    for (std::size_t i = 0; i < patch.steps.size(); ++i) {
      const std::size_t ops_before = rehearsal.ops().size();
      Status done = run(patch.steps[i]);
      for (std::size_t op = ops_before; done && op < rehearsal.ops().size(); ++op)
        done = crdt::check_sizes(rehearsal.ops()[op]);
      if (!done)
        return failed_at("json_patch[" + std::to_string(i) + "] (" +
                             std::string(crdt::name_of(patch.steps[i].verb)) + ")",
                         done);
    }
    return {};
  }

 private:
  Status run(const crdt::PatchStep& step) const {
    auto marks = marks_taken(rehearsal, step);
    if (Status done = crdt::run_step(rehearsal, step); !done) return done;
    return put_marks_taken(rehearsal, step, std::move(marks));
  }
};

// What needs no copy of the document; nothing: it needs one.
struct PlanSimply {
  using Made = Result<std::optional<EditPlan>>;
  const crdt::Document& now;
  Positions positions;
  Random& random;

  Made operator()(const Op& op) const {
    Op counted = op;
    if (Status converted = convert_positions(now, counted, positions); !converted)
      return pass(converted);
    if (!surely_applies(counted, now)) return std::optional<EditPlan>();
    return plan({std::move(counted)});
  }
  Made operator()(const step::NodeInsert& insert) const {
    const auto* fields = std::get_if<crdt::ShapeMap>(&insert.value.node);
    if (!now.tree_at(insert.tree) || !fields || !fields->empty()) return std::optional<EditPlan>();
    auto made = make_node(now, insert, random);
    if (!made) return pass(made);
    return plan(std::move(made->ops), {std::move(made->id)});
  }
  Made operator()(const step::NodeMove& move) const {
    auto ops = ops_to_move(now, move, random);
    if (!ops) return pass(ops);
    return plan(std::move(*ops));
  }
  Made operator()(const step::TextMerge&) const { return std::optional<EditPlan>(); }
  Made operator()(const step::Put&) const { return std::optional<EditPlan>(); }
  Made operator()(const step::PutMarks&) const { return std::optional<EditPlan>(); }

 private:
  static Made plan(std::vector<Op> ops, std::vector<std::string> nodes_made = {}) {
    auto made = plan_of(std::move(ops));
    if (!made) return pass(made);
    made->nodes_made = std::move(nodes_made);
    return std::optional(std::move(*made));
  }
};

}  // namespace

Result<EditPlan> plan_edits(const Rehearsal::Scene& scene, std::vector<step::EditOp> edits,
                            Positions positions, Random& random,
                            std::span<const std::uint32_t> origins) {
  if (edits.size() == 1) {
    auto simple = std::visit(PlanSimply{scene.document, positions, random}, edits.front());
    if (simple && *simple) return std::move(**simple);
  }
  Rehearsal rehearsal(scene);
  std::vector<std::string> nodes_made;
  for (std::size_t i = 0; i < edits.size(); ++i) {
    const Status done = std::visit(RunEdit{rehearsal, positions, random, nodes_made}, edits[i]);
    if (!done) return failed_at(place_of(origins, i, std::visit(PathOf{}, edits[i])), done);
  }
  const auto is_put = [](const step::EditOp& edit) {
    return std::holds_alternative<step::Put>(edit);
  };
  if (std::ranges::any_of(edits, is_put))
    if (Status done = keep_growth(scene.document, rehearsal); !done) return pass(done);
  auto plan = finish(scene, rehearsal);
  if (plan) plan->nodes_made = std::move(nodes_made);
  return plan;
}

Result<EditPlan> plan_rewrite(const Rehearsal::Scene& scene, const step::Rewrite& rewrite,
                              std::span<const step::PutMarks> marks) {
  Rehearsal rehearsal(scene);
  if (Status done = std::visit(RunRewrite{rehearsal}, rewrite); !done) return pass(done);
  if (Status done = keep_growth(scene.document, rehearsal); !done) return pass(done);
  for (const step::PutMarks& put : marks)
    if (Status done = run_marks(rehearsal, put); !done) return failed_at(spelled(put.text), done);
  return finish(scene, rehearsal);
}

Result<EditPlan> plan_put(const Rehearsal::Scene& scene, const step::Put& put) {
  Rehearsal rehearsal(scene);
  if (Status done = run_put(rehearsal, put); !done) return failed_at(spelled(put.slot), done);
  return finish(scene, rehearsal);
}

}  // namespace syncline::node
