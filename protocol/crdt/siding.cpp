// SPDX-License-Identifier: Apache-2.0
//
// Settling conflicts for those who made some events, or for everybody else.
#include "protocol/crdt/reading.h"

#include <algorithm>

namespace syncline::crdt {
namespace {

// The same path may lead to another item in another version.
bool passes_list(const Path& path) {
  return std::any_of(path.begin(), path.end(),
                     [](const Step& step) { return std::holds_alternative<std::uint64_t>(step); });
}

// What was chosen: one of the values, or the removal.
struct Choice {
  std::optional<std::size_t> keep;
};

class Sider {
 public:
  Sider(const Siding& siding, const Container& root, const Container* apart)
      : siding_(siding), root_(root), apart_(apart) {}

  // Nothing: the events have no part in it, or all that is left is theirs.
  std::optional<Choice> choose(const Conflict& conflict) const {
    if (is_hidden(conflict.path) || is_theirs_around(conflict)) return std::nullopt;
    const std::vector<bool> own = own_values(conflict);
    if (const auto raised = raised_by_them(conflict)) return Choice{*raised};
    const bool takes_part = std::find(own.begin(), own.end(), true) != own.end();
    const bool of_others = siding_.side == Side::others;
    if (takes_part && siding_.side == Side::own_values && apart_ != nullptr) {
      // Inside of a container that is there without them, they only changed something.
      const auto best = best_of_others(conflict, own);
      const auto place = static_cast<std::size_t>(best - own.begin());
      if (best != own.end() && !*best && conflict.values[place].container &&
          conflict.values[place].log != siding_.events.log)
        return place == 0 ? std::nullopt : std::optional(Choice{place});
    }
    if (takes_part) {
      const auto best =
          of_others ? best_of_others(conflict, own) : std::find(own.begin(), own.end(), true);
      // What is shown already needs no choice, unless the others are to be left with it.
      const bool is_own = best != own.end() && *best;
      if (best == own.end() || (is_own && best == own.begin())) return std::nullopt;
      return Choice{static_cast<std::size_t>(best - own.begin())};
    }
    if (conflict.kind != ConflictKind::edited_and_deleted || !removed_it(conflict))
      return std::nullopt;
    if (of_others) return Choice{0};
    return siding_.side == Side::own ? std::optional(Choice{}) : std::nullopt;
  }

 private:
  // Inside of a container that is not shown. To settle it would make that be shown.
  bool is_hidden(const Path& path) const {
    Path slot;
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      slot.push_back(path[i]);
      const Spot spot = spot_at(root_, slot);
      if (!spot.slot) continue;
      const ItemValue& shown = spot.slot->entries.front().value;
      if (shown != ItemValue{kind_entered(path[i + 1])}) return true;
    }
    return false;
  }

  // Inside of something that is there because of the events alone, and goes with them.
  bool is_theirs_around(const Conflict& conflict) const {
    const Path& path = conflict.path;
    if (apart_ == nullptr || passes_list(path)) return false;
    const bool moved = conflict.kind == ConflictKind::move_lost;
    for (std::size_t size = 1; size < path.size() + (moved ? 1 : 0); ++size)
      if (!spot_at(*apart_, Path(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(size))))
        return true;
    return false;
  }

  // By changing something inside of a container of others the events made it be shown in the place
  // of another value of others: which one.
  std::optional<std::size_t> raised_by_them(const Conflict& conflict) const {
    if (siding_.side != Side::others || apart_ == nullptr || passes_list(conflict.path))
      return std::nullopt;
    const Slot* now = spot_at(root_, conflict.path).slot;
    const Slot* apart = now == nullptr ? nullptr : spot_at(*apart_, conflict.path).slot;
    if (apart == nullptr || !siding_.events.holds(now->entries.front().event)) return std::nullopt;
    const auto values = distinct_values(*now);
    for (std::size_t i = 1; i < values.size(); ++i)
      if (values[i]->value == apart->entries.front().value) return i;
    return std::nullopt;
  }

  // What the document shows without the events. If they wrote over that it is not here any more:
  // then it is for the caller to bring it back, in the place of what they say.
  std::vector<bool>::const_iterator best_of_others(const Conflict& conflict,
                                                   const std::vector<bool>& own) const {
    if (conflict.kind == ConflictKind::move_lost)
      if (const auto place = place_apart(conflict.path)) {
        for (std::size_t i = 0; i < own.size(); ++i)
          if (EventId{conflict.values[i].log, conflict.values[i].seq} == *place)
            return own.begin() + static_cast<std::ptrdiff_t>(i);
        return std::find(own.begin(), own.end(), true);
      }
    const Slot* now = spot_at(root_, conflict.path).slot;
    const Slot* apart = apart_ == nullptr || now == nullptr || passes_list(conflict.path)
                            ? nullptr
                            : spot_at(*apart_, conflict.path).slot;
    if (apart == nullptr) return std::find(own.begin(), own.end(), false);
    const auto values = distinct_values(*now);
    for (std::size_t i = 0; i < own.size(); ++i)
      if (values[i]->value == apart->entries.front().value)
        return own.begin() + static_cast<std::ptrdiff_t>(i);
    return std::find(own.begin(), own.end(), true);
  }

  // The move that places a node without the events.
  std::optional<EventId> place_apart(const Path& path) const {
    if (apart_ == nullptr || passes_list(path)) return std::nullopt;
    const TreeNode* node = spot_at(*apart_, path).node;
    if (node == nullptr) return std::nullopt;
    const Path tree(path.begin(), path.end() - 1);
    const TreeShift& move = *node->at;
    return EventId{container_at(*apart_, tree, Kind::tree)->tree().author(move.author).log,
                   move.seq};
  }

  bool removed_it(const Conflict& conflict) const {
    return std::any_of(conflict.removals.begin(), conflict.removals.end(), [&](const auto& each) {
      return siding_.events.holds({each.log, each.seq});
    });
  }

  // Of each value whether the events alone stand for it.
  std::vector<bool> own_values(const Conflict& conflict) const {
    std::vector<bool> own(conflict.values.size(), false);
    const Spot spot = spot_at(root_, conflict.path);
    if (conflict.kind == ConflictKind::move_lost) {
      for (std::size_t i = 0; i < own.size(); ++i)
        own[i] = siding_.events.holds({conflict.values[i].log, conflict.values[i].seq});
    } else if (spot.slot != nullptr) {
      const auto values = distinct_values(*spot.slot);
      for (std::size_t i = 0; i < own.size(); ++i) own[i] = is_own(spot, conflict, *values[i]);
    }
    return own;
  }

  bool is_own(const Spot& spot, const Conflict& conflict, const Entry& value) const {
    bool some = false, all = true;
    for (const Entry& entry : spot.slot->entries) {
      if (entry.value != value.value) continue;
      const bool held = siding_.events.holds(entry.event);
      some = some || held;
      all = all && held;
    }
    if (apart_ == nullptr) return some;
    // Whose later changes inside of a container may be the newest of their author there.
    if (passes_list(conflict.path)) return all && !std::holds_alternative<Kind>(value.value);
    const Slot* slot = spot_at(*apart_, conflict.path).slot;
    return some && (slot == nullptr ||
                    std::none_of(slot->entries.begin(), slot->entries.end(),
                                 [&](const Entry& entry) { return entry.value == value.value; }));
  }

  const Siding& siding_;
  const Container& root_;
  const Container* apart_;
};

}  // namespace

std::vector<Op> Document::ops_to_side(const Siding& siding) const {
  const Container* apart = siding.apart == nullptr ? nullptr : &siding.apart->state_->root;
  const Sider sider(siding, state_->root, apart);
  std::vector<Op> ops, moves;
  for (const Conflict& conflict : conflicts()) {
    const auto choice = sider.choose(conflict);
    if (!choice) continue;
    auto op = op_to_resolve(state_->root, conflict, choice->keep);
    if (!op) continue;  // a place that by now is below the node itself
    const bool moved = conflict.kind == ConflictKind::move_lost;
    (moved ? moves : ops).push_back(std::move(*op));
  }
  if (ops.empty() && !moves.empty()) ops.push_back(std::move(moves.front()));
  // What is inside before what it is in, what comes later in a list before the rest of it.
  std::reverse(ops.begin(), ops.end());
  return ops;
}

}  // namespace syncline::crdt
