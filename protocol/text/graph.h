// SPDX-License-Identifier: Apache-2.0
//
// Graph: which changes of a text its authors had seen, as runs.
//
// Every unit of change (one character put down or taken away) has a local version, `Lv`: dense
// numbers in the order in which this device got to know them, causes before effects. They mean
// nothing on another device. A run is a chain: each unit has the one before as its only parent.
// After: Gentle and Kleppmann, "Collaborative Text Editing with Eg-walker", EuroSys 2025.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace syncline::text {

using Lv = std::uint32_t;

// Local versions stay below this; the upper half names what was there before a replay began.
inline constexpr Lv lv_max = Lv{1} << 31;

struct LvRange {
  Lv from = 0;
  Lv to = 0;  // one past the last

  Lv size() const { return to - from; }
  bool operator==(const LvRange&) const = default;
};

// A version's newest unit on one branch, with the run it lies in.
struct Tip {
  Lv lv = 0;
  std::uint32_t run = 0;

  bool operator==(const Tip&) const = default;
};
// Tips none of which has seen another, ascending; empty: the version in which nothing happened.
using Frontier = std::vector<Tip>;

class Graph {
 public:
  // The number of units, which is the next Lv.
  Lv size() const { return runs_.empty() ? 0 : runs_.back().to; }
  // The version that contains everything.
  const Frontier& heads() const { return heads_; }

  // `count` units, the first upon `parents`, each further one upon the one before. `author` is a
  // hint: units of one number are best upon each other.
  // Requires: count > 0; parents is a frontier of this graph.
  void append(Lv count, std::span<const Tip> parents, std::uint32_t author = 0);
  // `count` units upon the newest one. Requires: there is one.
  void extend(Lv count);

  std::size_t run_count() const { return runs_.size(); }
  LvRange range_of(std::uint32_t run) const { return {runs_[run].from, runs_[run].to}; }
  std::span<const Tip> parents_of(std::uint32_t run) const {
    return std::span(parents_).subspan(runs_[run].parents_at, runs_[run].parents);
  }
  // Whether a run goes on where run `before` ended, mostly by the same author.
  bool is_next_on_chain(std::uint32_t run, std::uint32_t before) const {
    return has_chains_ && runs_[run].before == before;
  }
  Tip tip_at(Lv lv) const;
  bool is_seen_by(Lv lv, const Tip& tip) const;
  // Tips without those that others among them have seen. In any order, repetitions allowed.
  void reduce(Frontier& tips) const;

  // What is only in `a`, and what is only in `b`, each as ranges in descending order.
  enum class Side : std::uint8_t { only_a, only_b, both };
  struct Difference {
    std::vector<LvRange> only_a, only_b;
    // The rest is kept for its memory.
    struct Entry {
      Tip tip;
      Side side = Side::both;
    };
    std::vector<Entry> queue;
  };
  void diff(const Frontier& a, std::span<const Tip> b, Difference& out) const;

  // A critical version has every other unit in its past or its future: where a replay may begin
  // with nothing but the text. The newest critical one before `lv`; nothing if there is none.
  std::optional<Lv> critical_before(Lv lv) const;
  // Of each run from `first` on the number of units, from its first one, that are critical.
  std::vector<Lv> critical_units(std::uint32_t first) const;

  std::size_t memory_bytes() const;

 private:
  // The runs are strung on a few chains, in each of which every run has seen the one before. As
  // long as these are enough, a version is how far it goes on each, and two are compared by that.
  static constexpr std::size_t chains_max = 4;
  using Reach = std::array<Lv, chains_max>;  // of each chain, one past its last unit

  struct Run {
    Lv from = 0, to = 0;
    std::uint32_t parents_at = 0, parents = 0;
    std::uint32_t chain = 0;
    std::uint32_t before = 0;  // of its chain; the first one: itself
    Reach seen{};              // by its first unit
  };
  Reach reach_of(std::span<const Tip> version) const;
  void string(Run& run, std::uint32_t author);
  void add_units(std::uint32_t chain, LvRange units, std::uint32_t top,
                 std::vector<LvRange>& out) const;
  void diff_chains(const Frontier& a, std::span<const Tip> b, Difference& out) const;
  void diff_runs(const Frontier& a, std::span<const Tip> b, Difference& out) const;
  // The run of a unit, which is `top` or an earlier one, mostly not much.
  std::uint32_t run_of(Lv lv, std::uint32_t top) const;
  Lv lowest_parent(const Run& run) const;
  // is_seen_by() by all ways down.
  bool is_below(Lv lv, const Tip& tip) const;

  std::vector<Run> runs_;
  std::vector<Tip> parents_;  // of all runs
  Frontier heads_;
  std::vector<std::uint32_t> chain_ends_;  // the last run of each
  std::vector<std::uint32_t> chain_of_;    // of each author, the one it wrote on last
  bool has_chains_ = true;                 // they were enough so far
};

}  // namespace syncline::text
