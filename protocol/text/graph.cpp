// SPDX-License-Identifier: Apache-2.0
#include "protocol/text/graph.h"

#include <algorithm>
#include <utility>

namespace syncline::text {

void Graph::append(Lv count, std::span<const Tip> parents, std::uint32_t author) {
  const Lv from = size();
  const bool goes_on = !runs_.empty() && parents.size() == 1 && parents.front().lv + 1 == from;
  if (goes_on) {
    runs_.back().to += count;
  } else {
    Run run{from,
            from + count,
            static_cast<std::uint32_t>(parents_.size()),
            static_cast<std::uint32_t>(parents.size()),
            0,
            0,
            {}};
    if (has_chains_) {
      run.seen = reach_of(parents);
      string(run, author);
    }
    runs_.push_back(run);
    parents_.insert(parents_.end(), parents.begin(), parents.end());
  }
  // A head that the new units have seen is one of their parents: nothing else had seen it.
  const std::span<const Tip> seen =
      goes_on ? parents : parents_of(static_cast<std::uint32_t>(runs_.size() - 1));
  std::size_t kept = 0;
  for (const Tip& head : heads_) {
    bool is_seen = false;
    for (const Tip& tip : seen) is_seen = is_seen || tip.lv == head.lv;
    if (!is_seen) heads_[kept++] = head;
  }
  heads_.resize(kept);
  heads_.push_back({from + count - 1, static_cast<std::uint32_t>(runs_.size() - 1)});
}

std::uint32_t Graph::run_of(Lv lv, std::uint32_t top) const {
  constexpr std::uint32_t steps = 8;
  const std::uint32_t last = top - std::min(top, steps);
  for (std::uint32_t run = top; run > last; --run)
    if (runs_[run].from <= lv) return run;
  const auto after = std::upper_bound(runs_.begin(), runs_.begin() + last + 1, lv,
                                      [](Lv wanted, const Run& run) { return wanted < run.from; });
  return static_cast<std::uint32_t>(after - runs_.begin()) - 1;
}

// What is asked for is mostly new.
Tip Graph::tip_at(Lv lv) const {
  return {lv, run_of(lv, static_cast<std::uint32_t>(runs_.size() - 1))};
}

void Graph::extend(Lv count) {
  runs_.back().to += count;
  heads_.back().lv += count;
}

namespace {

void add_range(std::vector<LvRange>& out, LvRange range) {
  if (range.from == range.to) return;
  if (!out.empty() && out.back().from == range.to)
    out.back().from = range.from;
  else
    out.push_back(range);
}

std::uint32_t newest_run(std::span<const Tip> version) {
  std::uint32_t newest = 0;
  for (const Tip& tip : version) newest = std::max(newest, tip.run);
  return newest;
}

}  // namespace

// ---- chains
// --------------------------------------------------------------------------------------

Graph::Reach Graph::reach_of(std::span<const Tip> version) const {
  Reach reach{};
  for (const Tip& tip : version) {
    const Run& run = runs_[tip.run];
    for (std::size_t i = 0; i < chains_max; ++i) reach[i] = std::max(reach[i], run.seen[i]);
    reach[run.chain] = std::max(reach[run.chain], tip.lv + 1);
  }
  return reach;
}

// Puts the run that comes next on a chain of which it has seen all, mostly that of its author.
void Graph::string(Run& run, std::uint32_t author) {
  const auto fits = [&](std::uint32_t chain) {
    return run.seen[chain] == runs_[chain_ends_[chain]].to;
  };
  if (chain_of_.size() <= author) chain_of_.resize(author + 1, chains_max);
  const auto chains = static_cast<std::uint32_t>(chain_ends_.size());
  std::uint32_t chain = chain_of_[author];
  if (chain >= chains || !fits(chain)) {
    chain = 0;
    while (chain < chains && !fits(chain)) ++chain;
  }
  has_chains_ = chain < chains_max;
  if (!has_chains_) return;
  const auto number = static_cast<std::uint32_t>(runs_.size());
  if (chain == chains) chain_ends_.push_back(number);
  run.chain = chain;
  run.before = std::exchange(chain_ends_[chain], number);
  chain_of_[author] = chain;
}

namespace {

// A few tips, the newest last; keeps the memory of the vector it is given.
class NewestLast {
 public:
  using Entry = Graph::Difference::Entry;
  explicit NewestLast(std::vector<Entry>& entries) : entries_(entries) {}

  bool empty() const { return size_ == 0; }
  // Nothing is left but what both sides have.
  bool is_settled() const { return shared_ == size_; }
  Lv newest() const { return entries_[size_ - 1].tip.lv; }
  void push(const Tip& tip, Graph::Side side) {
    if (size_ == entries_.size()) entries_.resize(2 * size_ + 8);
    std::size_t at = size_;
    while (at > 0 && entries_[at - 1].tip.lv > tip.lv) --at;
    if (at > 0 && entries_[at - 1].tip.lv == tip.lv) return meet(entries_[at - 1], side);
    for (std::size_t i = size_++; i > at; --i) entries_[i] = entries_[i - 1];
    entries_[at] = {tip, side};
    if (side == Graph::Side::both) ++shared_;
  }
  Entry pop() {
    const Entry entry = entries_[--size_];
    if (entry.side == Graph::Side::both) --shared_;
    return entry;
  }

 private:
  void meet(Entry& there, Graph::Side side) {
    if (there.side == side || there.side == Graph::Side::both) return;
    there.side = Graph::Side::both;
    ++shared_;
  }

  std::vector<Entry>& entries_;
  std::size_t size_ = 0;
  std::size_t shared_ = 0;
};

void add_range(Graph::Difference& out, Graph::Side side, LvRange range) {
  if (side == Graph::Side::only_a) add_range(out.only_a, range);
  if (side == Graph::Side::only_b) add_range(out.only_b, range);
}

}  // namespace

void Graph::diff(const Frontier& a, std::span<const Tip> b, Difference& out) const {
  out.only_a.clear();
  out.only_b.clear();
  if (a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin())) return;
  if (has_chains_)
    diff_chains(a, b, out);
  else
    diff_runs(a, b, out);
}

// The units of one chain, the newest of which lie in run `top` or an earlier one.
void Graph::add_units(std::uint32_t chain, LvRange units, std::uint32_t top,
                      std::vector<LvRange>& out) const {
  if (chain_ends_[chain] < top) top = chain_ends_[chain];
  for (top = run_of(units.to - 1, top);; top = runs_[top].before) {
    const Run& run = runs_[top];
    add_range(out, {std::max(run.from, units.from), std::min(run.to, units.to)});
    if (run.from <= units.from || run.before == top) return;
  }
}

void Graph::diff_chains(const Frontier& a, std::span<const Tip> b, Difference& out) const {
  const Reach in_a = reach_of(a), in_b = reach_of(b);
  std::size_t on_a = 0, on_b = 0;
  for (std::uint32_t chain = 0; chain < chain_ends_.size(); ++chain) {
    if (in_a[chain] > in_b[chain]) {
      add_units(chain, {in_b[chain], in_a[chain]}, newest_run(a), out.only_a);
      ++on_a;
    } else if (in_b[chain] > in_a[chain]) {
      add_units(chain, {in_a[chain], in_b[chain]}, newest_run(b), out.only_b);
      ++on_b;
    }
  }
  const auto is_newer = [](const LvRange& x, const LvRange& y) { return x.from > y.from; };
  if (on_a > 1) std::sort(out.only_a.begin(), out.only_a.end(), is_newer);
  if (on_b > 1) std::sort(out.only_b.begin(), out.only_b.end(), is_newer);
}

void Graph::diff_runs(const Frontier& a, std::span<const Tip> b, Difference& out) const {
  NewestLast queue(out.queue);
  for (const Tip& tip : a) queue.push(tip, Side::only_a);
  for (const Tip& tip : b) queue.push(tip, Side::only_b);
  while (!queue.is_settled()) {
    Difference::Entry at = queue.pop();
    const Run& run = runs_[at.tip.run];
    while (!queue.empty() && queue.newest() >= run.from) {
      const Difference::Entry next = queue.pop();
      add_range(out, at.side, {next.tip.lv + 1, at.tip.lv + 1});
      at.tip.lv = next.tip.lv;
      if (next.side != at.side) at.side = Side::both;
    }
    // Both have what is below: it need not be walked.
    if (at.side == Side::both && queue.is_settled()) break;
    add_range(out, at.side, {run.from, at.tip.lv + 1});
    for (const Tip& parent : parents_of(at.tip.run)) queue.push(parent, at.side);
  }
}

bool Graph::is_seen_by(Lv lv, const Tip& tip) const {
  if (lv > tip.lv) return false;
  if (lv >= runs_[tip.run].from) return true;
  if (has_chains_) return runs_[tip.run].seen[runs_[run_of(lv, tip.run)].chain] > lv;
  // Who writes beside others sees their newest runs: most answers are one step away.
  bool is_older = true;
  for (const Tip& parent : parents_of(tip.run)) {
    if (parent.lv < lv) continue;
    if (runs_[parent.run].from <= lv) return true;
    is_older = false;
  }
  return !is_older && is_below(lv, tip);
}

bool Graph::is_below(Lv lv, const Tip& tip) const {
  std::vector<Difference::Entry> memory;
  NewestLast queue(memory);
  queue.push(tip, Side::only_a);
  while (!queue.empty() && queue.newest() >= lv) {
    const Difference::Entry at = queue.pop();
    if (runs_[at.tip.run].from <= lv) return true;
    while (!queue.empty() && queue.newest() >= runs_[at.tip.run].from) queue.pop();
    for (const Tip& parent : parents_of(at.tip.run))
      if (parent.lv >= lv) queue.push(parent, Side::only_a);
  }
  return false;
}

void Graph::reduce(Frontier& tips) const {
  if (tips.size() < 2) return;
  std::sort(tips.begin(), tips.end(), [](const Tip& x, const Tip& y) { return x.lv < y.lv; });
  tips.erase(std::unique(tips.begin(), tips.end()), tips.end());
  for (std::size_t i = 0; i + 1 < tips.size();) {
    const bool seen = std::any_of(tips.begin() + static_cast<std::ptrdiff_t>(i) + 1, tips.end(),
                                  [&](const Tip& other) { return is_seen_by(tips[i].lv, other); });
    if (seen)
      tips.erase(tips.begin() + static_cast<std::ptrdiff_t>(i));
    else
      ++i;
  }
}

// Of a run without parents: before everything. So that no version is below it, lv_max is not used.
Lv Graph::lowest_parent(const Run& run) const {
  Lv lowest = lv_max;
  for (std::uint32_t i = 0; i < run.parents; ++i)
    lowest = std::min(lowest, parents_[run.parents_at + i].lv);
  return lowest;
}

// A version v is critical iff no later run has a parent before v and no head lies before v.
std::vector<Lv> Graph::critical_units(std::uint32_t first) const {
  std::vector<Lv> units(runs_.size() - first);
  Lv lowest = lv_max;
  for (const Tip& head : heads_) lowest = std::min(lowest, head.lv);
  for (std::size_t i = runs_.size(); i-- > first;) {
    const Run& run = runs_[i];
    if (lowest >= run.from) units[i - first] = std::min(run.to - 1, lowest) - run.from + 1;
    if (run.parents == 0) break;  // what began beside it, or before it, sees nothing critical
    lowest = std::min(lowest, lowest_parent(run));
  }
  return units;
}

std::optional<Lv> Graph::critical_before(Lv lv) const {
  Lv lowest = lv_max;
  for (const Tip& head : heads_) lowest = std::min(lowest, head.lv);
  for (std::size_t i = runs_.size(); i-- > 0;) {
    const Run& run = runs_[i];
    if (run.from < lv && lowest >= run.from) return std::min({run.to - 1, lowest, lv - 1});
    if (run.parents == 0) break;
    lowest = std::min(lowest, lowest_parent(run));
  }
  return std::nullopt;
}

std::size_t Graph::memory_bytes() const {
  return runs_.capacity() * sizeof(Run) + parents_.capacity() * sizeof(Tip) +
         heads_.capacity() * sizeof(Tip) +
         (chain_ends_.capacity() + chain_of_.capacity()) * sizeof(std::uint32_t);
}

}  // namespace syncline::text
