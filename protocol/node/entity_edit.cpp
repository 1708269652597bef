// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/entity_edit.h"

#include "protocol/crdt/text_container.h"
#include "protocol/crdt/text_diff.h"
#include "protocol/crdt/value_diff.h"
#include "protocol/node/entity_body.h"

namespace syncline::node {

namespace {

using crdt::Op;
using crdt::Positions;
using crdt::Rehearsal;

std::string place_of(const crdt::Path& path) {
  crdt::Pointer pointer;
  for (const crdt::Step& step : path) {
    const auto* key = std::get_if<std::string>(&step);
    const auto* node = std::get_if<crdt::NodeStep>(&step);
    pointer.push_back(key ? *key : node ? node->id : std::to_string(std::get<std::uint64_t>(step)));
  }
  return pointer.empty() ? "the document" : crdt::text_of(pointer);
}

template <class Failed>
auto failed_at(const std::string& place, const Failed& failed) {
  return fail(failed.error().code, place + ": " + failed.error().context);
}

// The text at `path`; empty if there is none yet.
std::string text_at(const crdt::Document& document, const crdt::Path& path) {
  const crdt::TextContainer* text = document.find_text(path);
  return text ? text->text() : std::string();
}

// Spec C7 counts scalar values.
Status convert_positions(const crdt::Document& now, Op& op, Positions unit) {
  if (unit == Positions::scalars) return {};
  if (auto* insert = std::get_if<crdt::TextInsert>(&op.action)) {
    const auto at = crdt::scalars_before(text_at(now, op.path), insert->position, unit);
    if (!at) return pass(at);
    insert->position = *at;
  } else if (auto* cut = std::get_if<crdt::TextRemove>(&op.action)) {
    const std::string text = text_at(now, op.path);
    const auto begin = crdt::scalars_before(text, cut->position, unit);
    if (!begin) return pass(begin);
    const auto end = crdt::scalars_before(text, cut->position + cut->count, unit);
    if (!end) return pass(end);
    cut->position = *begin;
    cut->count = *end - *begin;
  }
  return {};
}

// The two usual single ops are checked without a copy: a write to a key of the root, and typing.
bool surely_applies(const Op& op, const crdt::Document& document) {
  if (!crdt::check_ops(std::span(&op, 1))) return false;
  if (op.path.empty()) return std::holds_alternative<crdt::MapSet>(op.action);
  const crdt::TextContainer* text = document.find_text(op.path);
  if (text == nullptr) return false;
  if (const auto* insert = std::get_if<crdt::TextInsert>(&op.action))
    return insert->position <= text->length();
  if (const auto* cut = std::get_if<crdt::TextRemove>(&op.action)) {
    const std::uint64_t most = text->length();
    return cut->count > 0 && cut->position <= most && cut->count <= most - cut->position;
  }
  return false;
}

Status run_merge(Rehearsal& rehearsal, const step::TextMerge& merge) {
  const crdt::Document& now = rehearsal.document();
  if (now.read(merge.path) && now.kind_at(merge.path) != crdt::Kind::text)
    return fail(Errc::invalid, "text.merge needs a text");
  const auto edits = crdt::merge_texts(merge.from, merge.to, text_at(now, merge.path));
  return rehearsal.run(crdt::ops_of(edits, merge.path));
}

Status run_put(Rehearsal& rehearsal, const step::Put& put) {
  auto ops = crdt::ops_to_put(rehearsal.document(), put.slot, put.value, crdt::Naming::by_name,
                              rehearsal.rules());
  if (!ops) return pass(ops);
  return rehearsal.run(std::move(*ops));
}

Status run_edit(Rehearsal& rehearsal, step::EditOp edit, Positions positions) {
  if (const auto* merge = std::get_if<step::TextMerge>(&edit)) return run_merge(rehearsal, *merge);
  if (const auto* put = std::get_if<step::Put>(&edit)) return run_put(rehearsal, *put);
  auto& op = std::get<Op>(edit);
  if (Status converted = convert_positions(rehearsal.document(), op, positions); !converted)
    return converted;
  return rehearsal.run({std::move(op)});
}

std::string place_of(const step::EditOp& edit) {
  if (const auto* merge = std::get_if<step::TextMerge>(&edit)) return place_of(merge->path);
  if (const auto* put = std::get_if<step::Put>(&edit)) return place_of(put->slot);
  return place_of(std::get<Op>(edit).path);
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

Result<EditPlan> finish(const Rehearsal::Scene& scene, Rehearsal& rehearsal) {
  // Who has seen everything cannot disagree with anybody: a container was made beside a value.
  if (!rehearsal.ops().empty() &&
      rehearsal.document().conflicts().size() > scene.document.conflicts().size())
    return fail(
        Errc::invalid,
        "an op needs another kind of value than the one at its path; remove that one first");
  return plan_of(rehearsal.take());
}

struct RunRewrite {
  Rehearsal& rehearsal;

  Status operator()(const step::WholePut& put) const {
    return run(crdt::ops_to_put(rehearsal.document(), {}, put.value, crdt::Naming::in_passing,
                                rehearsal.rules()));
  }
  Status operator()(const step::MergePatch& merge) const {
    return run(crdt::ops_of_merge_patch(rehearsal.document(), merge.patch, rehearsal.rules()));
  }
  Status operator()(const step::JsonPatch& patch) const {
    for (std::size_t i = 0; i < patch.steps.size(); ++i) {
      const Status done = crdt::run_step(rehearsal, patch.steps[i]);
      if (!done)
        return failed_at("json_patch[" + std::to_string(i) + "] (" +
                             std::string(crdt::name_of(patch.steps[i].verb)) + ")",
                         done);
    }
    return {};
  }

 private:
  Status run(Result<std::vector<Op>> ops) const {
    if (!ops) return pass(ops);
    return rehearsal.run(std::move(*ops));
  }
};

}  // namespace

Result<EditPlan> plan_edits(const Rehearsal::Scene& scene, std::vector<step::EditOp> edits,
                            Positions positions) {
  if (edits.size() == 1 && std::holds_alternative<Op>(edits.front())) {
    auto& op = std::get<Op>(edits.front());
    if (Status converted = convert_positions(scene.document, op, positions); !converted)
      return failed_at(place_of(op.path), converted);
    positions = Positions::scalars;
    if (surely_applies(op, scene.document)) return plan_of({std::move(op)});
  }
  Rehearsal rehearsal(scene);
  for (step::EditOp& edit : edits) {
    const std::string place = place_of(edit);
    const Status done = run_edit(rehearsal, std::move(edit), positions);
    if (!done) return failed_at(place, done);
  }
  return finish(scene, rehearsal);
}

Result<EditPlan> plan_rewrite(const Rehearsal::Scene& scene, const step::Rewrite& rewrite) {
  Rehearsal rehearsal(scene);
  if (Status done = std::visit(RunRewrite{rehearsal}, rewrite); !done) return pass(done);
  return finish(scene, rehearsal);
}

Result<EditPlan> plan_put(const Rehearsal::Scene& scene, const step::Put& put) {
  Rehearsal rehearsal(scene);
  if (Status done = run_put(rehearsal, put); !done) return failed_at(place_of(put.slot), done);
  return finish(scene, rehearsal);
}

}  // namespace syncline::node
