// SPDX-License-Identifier: Apache-2.0
#include "protocol/history/taking_back.h"

#include "protocol/crdt/value_diff.h"
#include "protocol/history/mark_restoration.h"
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
  bool others_beside = false;  // wrote what the change had not seen
  bool others_since = false;   // wrote after they had seen the change
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
    } else if (event.id.log != first.log) {
      out.others_since = true;
    }
    return true;
  });
  if (!read) return pass(read);
  if (!found) return fail(Errc::corrupt, "a change that its history does not hold");
  out.others_beside = !out.before.covers(out.apart);
  out.joined = out.apart;
  out.joined.raise(change.log, change.last);
  return out;
}

// The versions that are compared, made one out of the other.
class Past {
 public:
  static Result<Past> open(std::span<const Buffer> segments, const crdt::LogTable& logs,
                           Versions versions) {
    Past out(segments, logs, std::move(versions));
    const Versions& all = out.versions_;
    const auto reach = [&out](const VersionVector& version) {
      return replay_on(out.running_, out.segments_, out.logs_, version);
    };
    if (all.others_beside)
      if (Status done = reach(all.before); !done) return pass(done);
    if (all.others_beside)
      if (Status kept = keep(out.running_, out.before_); !kept) return pass(kept);
    if (Status done = reach(all.apart); !done) return pass(done);
    if (Status kept = keep(out.running_, out.apart_); !kept) return pass(kept);
    if (Status done = reach(all.joined); !done) return pass(done);
    if (all.others_since)
      if (Status kept = keep(out.running_, out.joined_); !kept) return pass(kept);
    return out;
  }

  const Versions& versions() const { return versions_; }
  const Document& before() const { return before_ ? *before_ : *apart_; }
  const Document& apart() const { return *apart_; }
  const Document& joined() const { return joined_ ? *joined_ : running_; }

  // Where others wrote since, as the document is after `settled`. Once.
  Result<crdt::WrittenPlaces> written_since(crdt::LogIndex own, const Rehearsal::Scene& scene,
                                            const std::vector<Op>& settled) {
    if (!versions_.others_since) return crdt::WrittenPlaces();
    crdt::Writings writings;
    if (Status done = replay_watched(running_, segments_, logs_, {writings, own}); !done)
      return pass(done);
    if (writings.empty()) return crdt::WrittenPlaces();
    writings.look_away();
    running_.apply({own, scene.past.get(own) + 1, scene.past, scene.now, logs_, 0, &writings},
                   settled);
    return running_.places_of(writings);
  }

 private:
  Past(std::span<const Buffer> segments, const crdt::LogTable& logs, Versions versions)
      : segments_(segments), logs_(logs), versions_(std::move(versions)) {}

  static Status keep(const Document& from, std::optional<Document>& to) {
    auto copy = copy_of(from);
    if (!copy) return pass(copy);
    to = std::move(*copy);
    return {};
  }

  std::span<const Buffer> segments_;
  const crdt::LogTable& logs_;
  Versions versions_;
  Document running_;
  std::optional<Document> before_, apart_, joined_;
};

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
    // What stood already then settled nothing.
    if (joined_.frontier().covers({note->log, note->seq})) return std::nullopt;
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
Status become(Rehearsal& result, const Shape& wanted, const crdt::RuleSet* rules = nullptr) {
  // A node that is moved may bring back what was removed below it.
  constexpr int rounds_max = 4;
  for (int round = 0; round < rounds_max; ++round) {
    auto ops = crdt::ops_to_become(result.document(), wanted, rules);
    if (!ops) return pass(ops);
    if (ops->empty()) break;
    if (Status run = result.run(std::move(*ops)); !run) return run;
  }
  return {};
}

}  // namespace

Result<std::vector<Op>> ops_to_take_back(std::span<const Buffer> segments,
                                         const Rehearsal::Scene& scene, const TakingBack& wanted) {
  auto versions = versions_around(segments, wanted.change);
  if (!versions) return pass(versions);
  auto past = Past::open(segments, scene.logs, std::move(*versions));
  if (!past) return pass(past);
  const Document &before = past->before(), &apart = past->apart(), &joined = past->joined();

  // Without the change, with it, and now: each as those see it whose version it is.
  Rehearsal without({apart, past->versions().apart, scene.logs, scene.now});
  Rehearsal with({joined, past->versions().joined, scene.logs, scene.now});
  Rehearsal result(scene);
  const GivenUp given_up(wanted.change, before, joined, scene.document);
  Status run = side(without, {wanted.redone, crdt::Side::own});
  if (run) run = given_up.overlook(without);
  if (run) run = side(with, {wanted.change, crdt::Side::own_values, &apart});
  // What its author did since is taken back by now, but may stand for a value in its place.
  const crdt::LogIndex own = wanted.change.log;
  const crdt::EventSpan since{own, wanted.change.first, scene.past.get(own)};
  if (run) run = side(result, {since, crdt::Side::others, &apart});
  if (!run) return pass(run);
  const auto others = past->written_since(own, scene, result.ops());
  if (!others) return pass(others);
  const Shape goal = reverse(shape_of_all(without.document()), shape_of_all(with.document()),
                             shape_of_all(result.document()), *others);
  const MarkSight sight{before, apart, joined, scene.document, wanted.change, wanted.redone, goal};
  if (run = become(result, goal); !run) return pass(run);
  if (run = result.run(reverse_marks(sight, result.document())); !run) return pass(run);
  if (run = result.run(reverse_growth(sight, result.document())); !run) return pass(run);
  return result.take();
}

Result<std::vector<Op>> ops_to_restore(const Document& then, const Rehearsal::Scene& scene) {
  Rehearsal result(scene);
  const auto wanted = crdt::shape_under(scene.rules, then, {});
  Status run = become(result, wanted ? *wanted : shape_of_all(then), scene.rules);
  if (run) run = result.run(restore_marks(then, result.document()));
  if (!run) return pass(run);
  return result.take();
}

}  // namespace syncline::history
