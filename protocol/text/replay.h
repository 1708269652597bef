// SPDX-License-Identifier: Apache-2.0
//
// Replay: turns what authors did to the text as they saw it into what must be done to the text as
// it is here. This is Eg-walker (Gentle and Kleppmann, EuroSys 2025).
//
// Along chains of critical versions every op is passed on as it stands and nothing is kept.
// Elsewhere the records of an OrderTree exist from the last critical version on, and the walk
// retreats and advances whole runs of units to the version of the op that comes next.
#pragma once

#include "protocol/text/branch_order.h"
#include "protocol/text/order_tree.h"
#include "protocol/text/text_log.h"

#include <functional>
#include <map>

namespace syncline::text {

// Takes the changes in the order in which they are to be made.
class Sink {
 public:
  virtual ~Sink() = default;
  // `count` characters from unit `first` on.
  virtual void insert(std::uint32_t position, std::uint32_t count, Lv first,
                      std::string_view utf8) = 0;
  // By the unit `by` and those after it.
  virtual void remove(std::uint32_t position, std::uint32_t count, Lv by) = 0;
  virtual std::uint32_t length() const = 0;
};

// One end of a mark: before or after a character. no_char: the end of the text for `before`, its
// start for `after`.
struct MarkEnd {
  enum class Side : std::uint8_t { before, after };
  CharId character = no_char;
  Side side = Side::before;
};

class Replay {
 public:
  // Whether log `a` orders before log `b` (Spec C14), by the numbers of EventRef::log.
  using Precedes = std::function<bool(std::uint32_t a, std::uint32_t b)>;

  // Brings `sink`, which holds the text of the units before `from`, to that of all units of `log`.
  // Goes on where the last call ended if it can; the log must be the same one, grown.
  void run(TextLog& log, Lv from, Sink& sink, const Precedes& precedes);
  // The same from an empty text, keeping every record: afterwards tree() has every character that
  // was ever in the text.
  void run_whole(TextLog& log, Sink& sink, const Precedes& precedes);
  // The characters since the last critical version; meaningful after run_whole.
  const OrderTree& tree() const { return tree_; }
  // What was removed by unit `lv`, of those replayed; no_char for nothing.
  CharId target_of(Lv lv) const { return targets_[lv - first_]; }

  // Where mark number `mark` begins and ends; meaningful after run_whole.
  const std::pair<MarkEnd, MarkEnd>& mark_ends(std::size_t mark) const { return marks_[mark]; }

  // Nothing but memory is lost by this.
  void forget() { *this = Replay(); }
  bool is_idle() const { return !is_open_; }
  std::size_t memory_bytes() const {
    return tree_.memory_bytes() + targets_.capacity() * sizeof(CharId) +
           marks_.capacity() * sizeof(marks_[0]);
  }

 private:
  struct Walk {
    TextLog& log;
    Sink& sink;
    const Precedes& precedes;
    Lv from = 0;  // units before it are in the sink already
  };
  void open(Lv first, std::optional<Tip> base, std::uint32_t length);
  void walk(Walk& walk, std::uint32_t run, LvRange units);
  void walk_runs(Walk& walk, std::uint32_t first, std::uint32_t last);
  void prepare(const TextLog& log, std::span<const Tip> version);
  void shift(const TextLog& log, LvRange units, int by);
  void shift_targets(LvRange units, int by);
  void apply(Walk& walk, LvRange units);
  void apply_insert(Walk& walk, std::size_t run, LvRange units, std::uint32_t position);
  void apply_remove(Walk& walk, LvRange units, std::uint32_t position, bool back);
  void apply_clear(Walk& walk, Lv unit);
  void apply_mark(const Ops& ops, std::size_t mark);
  CharId char_at(std::uint32_t position) const;
  void pass_on(Walk& walk, LvRange units);

  bool is_open_ = false;
  Lv first_ = 0;  // the units from here on are in the tree
  Lv done_ = 0;   // and those before here
  OrderTree tree_;
  Frontier prepared_;
  Graph::Difference difference_;
  BranchOrder order_;
  std::vector<CharId> targets_;  // of each unit from first_ on that removes
  std::map<Lv, std::vector<std::pair<CharId, std::uint32_t>>> cleared_;
  bool keeps_marks_ = false;
  std::vector<std::pair<MarkEnd, MarkEnd>> marks_;
  std::size_t op_hint_ = 0;
};

}  // namespace syncline::text
