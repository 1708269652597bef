// SPDX-License-Identifier: Apache-2.0
#include "protocol/text/replay.h"

#include <algorithm>

namespace syncline::text {

namespace {

// The part `units` of an op run: how it reads at the version before its first unit.
std::uint32_t position_of(const OpRun& op, LvRange units) {
  const std::uint32_t done = units.from - op.from;
  switch (op.kind) {
    case OpKind::insert: return op.position + done;
    case OpKind::remove_back: return op.position + (op.count - done - units.size());
    case OpKind::remove:
    case OpKind::clear:
    case OpKind::mark: break;
  }
  return op.position;
}

// Whether `b` is the next character after `a`; nothing comes before or after no_char.
bool comes_before(CharId a, CharId b) { return a != no_char && a + 1 == b && b != no_char; }

}  // namespace

void Replay::open(Lv first, std::optional<Tip> base, std::uint32_t length) {
  tree_.reset(length, first);
  targets_.clear();
  cleared_.clear();
  prepared_.clear();
  if (base) prepared_.push_back(*base);
  first_ = done_ = first;
  is_open_ = true;
}

void Replay::run(TextLog& log, Lv from, Sink& sink, const Precedes& precedes) {
  const Graph& graph = log.graph();
  Walk at{log, sink, precedes, from};
  const Lv end = graph.size();
  if (from == end) return;
  const std::optional<Lv> critical = graph.critical_before(from);
  const Lv first = critical ? *critical + 1 : 0;
  Lv unit = first;
  if (is_open_ && first == first_) {
    unit = done_;
  } else if (first < from) {
    std::optional<Tip> base;
    if (critical) base = graph.tip_at(*critical);
    open(first, base, log.length_at(critical));
  } else {
    is_open_ = false;
  }
  std::uint32_t run = graph.tip_at(unit).run;
  const std::uint32_t first_run = run;
  const std::vector<Lv> critical_units = graph.critical_units(first_run);
  for (; unit < end; ++run) {
    const LvRange range = graph.range_of(run);
    const Lv critical_end = range.from + critical_units[run - first_run];
    if (!is_open_ && unit < critical_end) {
      pass_on(at, {unit, critical_end});
      unit = critical_end;
      log.note_length(unit, sink.length());
    }
    if (unit == range.to) continue;
    if (!is_open_) {
      std::optional<Tip> base;
      if (unit > 0) base = graph.tip_at(unit - 1);
      open(unit, base, sink.length());
    }
    if (unit < critical_end) {  // the first one ends the window
      walk(at, run, {unit, unit + 1});
      is_open_ = false;
      log.note_length(unit + 1, sink.length());
      pass_on(at, {unit + 1, critical_end});
      unit = critical_end;
      if (unit < range.to) open(unit, graph.tip_at(unit - 1), sink.length());
    }
    // What begins here and has no critical version, as far as that goes on one side of `from`: in
    // the sink is everything before it and nothing behind.
    std::uint32_t last = run;
    if (unit == range.from)
      while (first_run + critical_units.size() > last && critical_units[last - first_run] == 0 &&
             (graph.range_of(last).to <= from || range.from >= from))
        ++last;
    if (last > run + 1) {
      walk_runs(at, run, last);
      run = last - 1;
    } else if (unit < range.to) {
      walk(at, run, {unit, range.to});
    }
    unit = graph.range_of(run).to;
  }
}

void Replay::run_whole(TextLog& log, Sink& sink, const Precedes& precedes) {
  open(0, std::nullopt, 0);
  marks_.clear();
  keeps_marks_ = true;
  marks_.resize(log.ops().mark_count());
  Walk at{log, sink, precedes, 0};
  walk_runs(at, 0, static_cast<std::uint32_t>(log.graph().run_count()));
}

// ---- along critical versions
// -----------------------------------------------------------------------

void Replay::pass_on(Walk& at, LvRange units) {
  const Ops& ops = at.log.ops();
  while (units.size() > 0) {
    op_hint_ = ops.find(units.from, op_hint_);
    const OpRun& op = ops.run(op_hint_);
    const LvRange part{units.from, std::min(units.to, op.from + op.count)};
    const std::uint32_t length = at.sink.length();
    const std::uint32_t position = std::min(position_of(op, part), length);
    if (op.kind == OpKind::insert) {
      at.sink.insert(position, part.size(), part.from,
                     ops.text_of(op_hint_, part.from - op.from, part.size()));
    } else if (op.kind != OpKind::mark) {
      const std::uint32_t count =
          op.kind == OpKind::clear ? length : std::min(part.size(), length - position);
      if (count > 0) at.sink.remove(position, count, part.from);
    }
    units.from = part.to;
  }
}

// ---- in between
// --------------------------------------------------------------------------------------

void Replay::walk(Walk& at, std::uint32_t run, LvRange units) {
  const Graph& graph = at.log.graph();
  if (units.from == graph.range_of(run).from) {
    prepare(at.log, graph.parents_of(run));
  } else {
    const Tip before{units.from - 1, run};
    prepare(at.log, std::span(&before, 1));
  }
  apply(at, units);
  prepared_.assign(1, Tip{units.to - 1, run});
  done_ = units.to;
}

void Replay::walk_runs(Walk& at, std::uint32_t first, std::uint32_t last) {
  const Graph& graph = at.log.graph();
  order_.begin(graph, first, last);
  while (const auto run = order_.next(graph)) walk(at, *run, graph.range_of(*run));
  if (last > first) done_ = graph.range_of(last - 1).to;
}

void Replay::prepare(const TextLog& log, std::span<const Tip> version) {
  log.graph().diff(prepared_, version, difference_);
  for (const LvRange& range : difference_.only_a) shift(log, range, -1);
  for (const LvRange& range : difference_.only_b) shift(log, range, +1);
}

void Replay::shift(const TextLog& log, LvRange units, int by) {
  const Ops& ops = log.ops();
  while (units.size() > 0) {
    op_hint_ = ops.find(units.from, op_hint_);
    const OpRun& op = ops.run(op_hint_);
    const LvRange part{units.from, std::min(units.to, op.from + op.count)};
    if (op.kind == OpKind::insert) {
      tree_.shift(part.from, part.size(), by);
    } else if (op.kind == OpKind::clear) {
      for (const auto& [id, count] : cleared_[part.from]) tree_.shift(id, count, by);
    } else if (op.kind != OpKind::mark) {
      shift_targets(part, by);
    }
    units.from = part.to;
  }
}

// What a run of removals took away is mostly a run of characters, upwards or downwards.
void Replay::shift_targets(LvRange units, int by) {
  const CharId* target = targets_.data() + (units.from - first_);
  const CharId* const end = target + units.size();
  while (target < end) {
    const CharId start = *target++;
    if (start == no_char) continue;
    CharId last = start;
    if (target < end && comes_before(*target, start)) {
      while (target < end && comes_before(*target, last)) last = *target++;
      tree_.shift(last, start - last + 1, by);
    } else {
      while (target < end && comes_before(last, *target)) last = *target++;
      tree_.shift(start, last - start + 1, by);
    }
  }
}

void Replay::apply(Walk& at, LvRange units) {
  const Ops& ops = at.log.ops();
  if (targets_.size() < units.to - first_)
    targets_.resize(std::max<std::size_t>(units.to - first_, 2 * targets_.size()), no_char);
  if (units.from < at.from && at.from < units.to) {  // what the sink has, and what it has not
    apply(at, {units.from, at.from});
    units.from = at.from;
  }
  while (units.size() > 0) {
    op_hint_ = ops.find(units.from, op_hint_);
    const OpRun& op = ops.run(op_hint_);
    const LvRange part{units.from, std::min(units.to, op.from + op.count)};
    if (op.kind == OpKind::insert)
      apply_insert(at, op_hint_, part, position_of(op, part));
    else if (op.kind == OpKind::clear)
      apply_clear(at, part.from);
    else if (op.kind == OpKind::mark)
      apply_mark(ops, ops.mark_of(op_hint_));
    else
      apply_remove(at, part, position_of(op, part), op.kind == OpKind::remove_back);
    units.from = part.to;
  }
}

void Replay::apply_insert(Walk& at, std::size_t run, LvRange units, std::uint32_t position) {
  std::optional<OrderTree::Place> left;
  position = std::min(position, tree_.prepared_length());
  if (position > 0) left = tree_.find(position - 1);
  const Authors& authors = at.log.authors();
  const std::uint32_t shown = tree_.insert(units.from, units.size(), left, [&](CharId other) {
    return at.precedes(authors.log_of_unit(units.from), authors.log_of_unit(other));
  });
  if (units.from < at.from) return;
  const Ops& ops = at.log.ops();
  at.sink.insert(shown, units.size(), units.from,
                 ops.text_of(run, units.from - ops.run(run).from, units.size()));
}

void Replay::apply_remove(Walk& at, LvRange units, std::uint32_t position, bool back) {
  const std::uint32_t length = tree_.prepared_length();
  const std::uint32_t there = std::min(units.size(), length - std::min(length, position));
  CharId* const target = targets_.data() + (units.from - first_);
  for (std::uint32_t done = 0; done < there;) {
    const OrderTree::Place place = tree_.find(position);
    const std::uint32_t shown = place.shown + (tree_.at(place).gone ? 0 : place.offset);
    const OrderTree::Removed removed = tree_.remove(place, there - done);
    for (std::uint32_t i = 0; i < removed.count; ++i)
      target[back ? units.size() - 1 - done - i : done + i] = removed.first + i;
    if (removed.was_shown && units.from >= at.from)
      at.sink.remove(shown, removed.count, units.from);
    done += removed.count;
  }
}

void Replay::apply_clear(Walk& at, Lv unit) {
  auto& cleared = cleared_[unit];
  while (tree_.prepared_length() > 0) {
    const OrderTree::Place place = tree_.find(0);
    const std::uint32_t shown = place.shown;
    const OrderTree::Removed removed = tree_.remove(place, UINT32_MAX);
    cleared.emplace_back(removed.first, removed.count);
    if (removed.was_shown && unit >= at.from) at.sink.remove(shown, removed.count, unit);
  }
}

void Replay::apply_mark(const Ops& ops, std::size_t mark) {
  if (!keeps_marks_) return;
  const MarkRange& range = ops.mark_range(mark);
  const std::uint32_t length = tree_.prepared_length();
  const std::uint32_t start = std::min(range.position, length);
  const std::uint32_t end = start + std::min(range.count, length - start);
  const auto before = [&](std::uint32_t position) {
    return MarkEnd{position < length ? char_at(position) : no_char, MarkEnd::Side::before};
  };
  const auto after = [&](std::uint32_t position) {
    return MarkEnd{position > 0 ? char_at(position - 1) : no_char, MarkEnd::Side::after};
  };
  marks_[mark] = {range.grows & mark_grows_at_start ? after(start) : before(start),
                  range.grows & mark_grows_at_end ? before(end) : after(end)};
}

// As the author of the op that is being read sees it.
CharId Replay::char_at(std::uint32_t position) const {
  const OrderTree::Place place = tree_.find(position);
  return tree_.at(place).id + place.offset;
}

}  // namespace syncline::text
