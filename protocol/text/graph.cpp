// SPDX-License-Identifier: Apache-2.0
#include "protocol/text/graph.h"

#include <algorithm>

namespace syncline::text {

void Graph::append(Lv count, std::span<const Tip> parents) {
  const Lv from = size();
  const bool goes_on = !runs_.empty() && parents.size() == 1 && parents.front().lv + 1 == from;
  if (goes_on) {
    runs_.back().to += count;
  } else {
    runs_.push_back({from, from + count, static_cast<std::uint32_t>(parents_.size()),
                     static_cast<std::uint32_t>(parents.size())});
    parents_.insert(parents_.end(), parents.begin(), parents.end());
  }
  // A head that the new units have seen is one of their parents: nothing else had seen it.
  const std::span<const Tip> seen =
      goes_on ? parents : parents_of(static_cast<std::uint32_t>(runs_.size() - 1));
  std::erase_if(heads_, [seen](const Tip& head) {
    return std::any_of(seen.begin(), seen.end(),
                       [&head](const Tip& tip) { return tip.lv == head.lv; });
  });
  heads_.push_back({from + count - 1, static_cast<std::uint32_t>(runs_.size() - 1)});
}

Tip Graph::tip_at(Lv lv) const {
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), lv,
                                      [](Lv wanted, const Run& run) { return wanted < run.from; });
  return {lv, static_cast<std::uint32_t>(after - runs_.begin() - 1)};
}

void Graph::extend(Lv count) {
  runs_.back().to += count;
  heads_.back().lv += count;
}

namespace {

// A few tips, the newest last; keeps the memory of the vector it is given.
class NewestLast {
 public:
  using Entry = Graph::Difference::Entry;
  explicit NewestLast(std::vector<Entry>& entries) : entries_(entries) { entries_.clear(); }

  bool empty() const { return entries_.empty(); }
  // Nothing is left but what both sides have.
  bool is_settled() const { return shared_ == entries_.size(); }
  Lv newest() const { return entries_.back().tip.lv; }
  void push(const Tip& tip, Graph::Side side) {
    if (side == Graph::Side::both) ++shared_;
    auto at = entries_.end();
    while (at != entries_.begin() && (at - 1)->tip.lv > tip.lv) --at;
    entries_.insert(at, {tip, side});
  }
  Entry pop() {
    const Entry entry = entries_.back();
    entries_.pop_back();
    if (entry.side == Graph::Side::both) --shared_;
    return entry;
  }

 private:
  std::vector<Entry>& entries_;
  std::size_t shared_ = 0;
};

void add_range(std::vector<LvRange>& out, LvRange range) {
  if (range.from == range.to) return;
  if (!out.empty() && out.back().from == range.to)
    out.back().from = range.from;
  else
    out.push_back(range);
}

void add_range(Graph::Difference& out, Graph::Side side, LvRange range) {
  if (side == Graph::Side::only_a) add_range(out.only_a, range);
  if (side == Graph::Side::only_b) add_range(out.only_b, range);
}

}  // namespace

void Graph::diff(const Frontier& a, std::span<const Tip> b, Difference& out) const {
  out.only_a.clear();
  out.only_b.clear();
  if (a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin())) return;
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
  std::vector<Difference::Entry> memory;
  NewestLast queue(memory);
  queue.push(tip, Side::only_a);
  while (!queue.empty() && queue.newest() >= lv) {
    const Difference::Entry at = queue.pop();
    if (runs_[at.tip.run].from <= lv) return true;
    while (!queue.empty() && queue.newest() >= runs_[at.tip.run].from) queue.pop();
    for (const Tip& parent : parents_of(at.tip.run)) queue.push(parent, Side::only_a);
  }
  return false;
}

void Graph::reduce(Frontier& tips) const {
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
         heads_.capacity() * sizeof(Tip);
}

}  // namespace syncline::text
