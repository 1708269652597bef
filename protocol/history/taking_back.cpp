// SPDX-License-Identifier: Apache-2.0
#include "protocol/history/taking_back.h"

#include "protocol/crdt/value_diff.h"
#include "protocol/history/mark_reversal.h"
#include "protocol/history/replay.h"
#include "protocol/history/reversal.h"

#include <algorithm>
#include <set>
#include <utility>

namespace syncline::history {
namespace {

using crdt::Conflict;
using crdt::Document;
using crdt::Op;
using crdt::Path;
using crdt::Rehearsal;
using crdt::Shape;
using crdt::VersionVector;

Shape shape_of_all(const Document& document) {
  return document.shape().value_or(Shape{crdt::Kind::map, crdt::ShapeMap(), {}});
}

struct Versions {
  VersionVector before, apart, joined;
};

// What builds upon the change has its first event in its past.
Result<Versions> versions_around(std::span<const Buffer> segments, const crdt::EventSpan& change) {
  const crdt::EventId first{change.log, change.first};
  Versions out;
  bool found = false;
  const Status read = for_each_event(segments, [&](const PastEvent& event) {
    if (event.id == first) {
      out.before = event.past;
      found = true;
    } else if (!event.past.covers(first)) {
      out.apart.raise(event.id.log, event.id.seq);
    }
    return true;
  });
  if (!read) return pass(read);
  if (!found) return fail(Errc::corrupt, "a change that its history does not hold");
  out.joined = out.apart;
  out.joined.raise(change.log, change.last);
  return out;
}

// Spec C13: a document after some of its conflicts were settled, all for one side.
Status side(Rehearsal& rehearsal, const crdt::Siding& siding) {
  // Each round settles at least one; the bound is for what can never be.
  constexpr int rounds_max = 1000;
  for (int round = 0; round < rounds_max; ++round) {
    auto ops = rehearsal.document().ops_to_side(siding);
    if (ops.empty()) break;
    if (Status run = rehearsal.run(std::move(ops)); !run) return run;
  }
  return {};
}

std::optional<crdt::Note> note_at(const Document& document, const Path& path) {
  const crdt::Notes notes = document.notes(path, 1);
  return notes.notes.empty() ? std::nullopt : std::optional(notes.notes.front());
}

// Conflicts that others settled for the change: what they gave up by that is to be overlooked.
class GivenUp {
 public:
  // All must outlive it.
  GivenUp(const crdt::EventSpan& change, const Document& before, const Document& joined,
          const Document& now)
      : change_(change), before_(before), joined_(joined), now_(now) {
    for (const Conflict& conflict : now.conflicts()) open_.insert(name_of(conflict.path));
  }

  Status overlook(Rehearsal& apart) const {
    const std::vector<Conflict> still = apart.document().conflicts();
    for (const Conflict& conflict : joined_.conflicts()) {
      const auto by = settled_by(conflict);
      if (!by) continue;
      auto ops = ops_without(*by, conflict, still, apart.document());
      if (!ops) return pass(ops);
      if (Status run = apart.run(std::move(*ops)); !run) return run;
    }
    return {};
  }

 private:
  static std::string name_of(const Path& path) {
    wire::Writer out;
    crdt::encode_path(out, path);
    return {out.view().begin(), out.view().end()};
  }

  // Whether the path leads to one place in every version: keys do, and items of a list that
  // nobody put anything into or took anything from.
  bool is_same_place(const Path& path) const {
    if (std::holds_alternative<crdt::NodeStep>(path.back())) return false;
    for (std::size_t i = 0; i < path.size(); ++i) {
      if (!std::holds_alternative<std::uint64_t>(path[i])) continue;
      const Path list(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(i));
      const auto length = length_of(now_, list);
      if (!length || length_of(before_, list) != length || length_of(joined_, list) != length)
        return false;
    }
    return true;
  }
  static std::optional<std::size_t> length_of(const Document& document, const Path& path) {
    const auto value = document.read(path);
    const auto* items = value ? std::get_if<crdt::ValueList>(&value->node) : nullptr;
    return items ? std::optional(items->size()) : std::nullopt;
  }

  std::optional<crdt::LogIndex> settled_by(const Conflict& conflict) const {
    const Path& path = conflict.path;
    if (!is_same_place(path)) return std::nullopt;
    const auto is_own = [&](const auto& each) { return change_.holds({each.log, each.seq}); };
    if (std::none_of(conflict.values.begin(), conflict.values.end(), is_own) &&
        std::none_of(conflict.removals.begin(), conflict.removals.end(), is_own))
      return std::nullopt;
    const auto note = note_at(now_, path);
    if (!note || note->kind || note->log == change_.log || open_.contains(name_of(path)))
      return std::nullopt;
    return note->log;
  }

  Result<std::vector<Op>> ops_without(crdt::LogIndex log, const Conflict& conflict,
                                      const std::vector<Conflict>& still,
                                      const Document& apart) const {
    const Path& path = conflict.path;
    const auto of_log = [log](const auto& each) { return each.log == log; };
    const auto contested = std::find_if(still.begin(), still.end(),
                                        [&](const Conflict& each) { return each.path == path; });
    if (contested != still.end()) {
      const auto& values = contested->values;
      const auto kept = std::find_if_not(values.begin(), values.end(), of_log);
      if (kept != values.end())
        return apart.ops_to_resolve(path, static_cast<std::size_t>(kept - values.begin()),
                                    contested->kind);
    }
    const auto note = note_at(apart, path);
    const bool given_up =
        note ? of_log(*note)
             : std::all_of(conflict.removals.begin(), conflict.removals.end(), of_log);
    if (!given_up) return std::vector<Op>();
    const auto was = before_.shape(path);
    if (was) return crdt::ops_to_put(apart, path, *was);
    std::vector<Op> ops;
    if (note && std::holds_alternative<std::string>(path.back()))
      ops.push_back({Path(path.begin(), path.end() - 1),
                     crdt::MapRemove{std::get<std::string>(path.back())}});
    return ops;
  }

  const crdt::EventSpan& change_;
  const Document& before_;
  const Document& joined_;
  const Document& now_;
  std::set<std::string> open_;
};

// `result` runs what is still missing until it reads as `wanted`.
Result<std::vector<Op>> finish(Rehearsal& result, const Shape& wanted, const MarkSight& sight) {
  auto ops = crdt::ops_to_put(result.document(), {}, wanted);
  if (!ops) return pass(ops);
  if (Status run = result.run(std::move(*ops)); !run) return pass(run);
  if (Status run = result.run(reverse_marks(sight, result.document())); !run) return pass(run);
  return result.take();
}

}  // namespace

Result<std::vector<Op>> ops_to_take_back(std::span<const Buffer> segments,
                                         const Rehearsal::Scene& scene, const TakingBack& wanted) {
  const auto versions = versions_around(segments, wanted.change);
  if (!versions) return pass(versions);
  const auto before = replay(segments, scene.logs, versions->before);
  if (!before) return pass(before);
  const auto apart = replay(segments, scene.logs, versions->apart);
  if (!apart) return pass(apart);
  const auto joined = replay(segments, scene.logs, versions->joined);
  if (!joined) return pass(joined);

  // Without the change, with it, and now: each as those see it whose version it is.
  Rehearsal without({*apart, versions->apart, scene.logs, scene.now});
  Rehearsal with({*joined, versions->joined, scene.logs, scene.now});
  Rehearsal result(scene);
  const GivenUp given_up(wanted.change, *before, *joined, scene.document);
  Status run = side(without, {wanted.redone, crdt::Side::own});
  if (run) run = given_up.overlook(without);
  if (run) run = side(with, {wanted.change, crdt::Side::own_values, &*apart});
  if (run) run = side(result, {wanted.change, crdt::Side::others, &*apart});
  if (!run) return pass(run);
  const Shape goal = reverse(shape_of_all(without.document()), shape_of_all(with.document()),
                             shape_of_all(result.document()));
  return finish(result, goal,
                {*before, *apart, *joined, scene.document, wanted.change, wanted.redone});
}

Result<std::vector<Op>> ops_to_restore(const Document& then, const Rehearsal::Scene& scene) {
  Rehearsal result(scene);
  const Document& now = scene.document;
  return finish(result, shape_of_all(then), {then, then, now, now, {}, {}});
}

}  // namespace syncline::history
