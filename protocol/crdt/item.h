// SPDX-License-Identifier: Apache-2.0
//
// Item: what a list consists of: a slot, whether it is there, and where.
//
// An item is there while some use of it was not removed (Spec C15); what is inside does not
// depend on that. It stands at the place of its winning move (Spec C30), or where it was
// inserted. ListContent is what a Sequence holds of items: those that were inserted here, or
// one guest that was moved here from another place of the list.
#pragma once

#include "protocol/crdt/sequence.h"
#include "protocol/crdt/slot.h"

#include <memory>
#include <vector>

namespace syncline::crdt {

struct Item {
  // Events first to last of one log, all of which put or used a value here.
  struct Use {
    LogIndex log = 0;
    std::uint64_t first = 0, last = 0;
    std::vector<EventId> removed_by;
  };
  struct Move {
    ElementId place;
    EventId event;
    std::uint32_t op = 0;
    std::uint64_t lamport = 0;
    WallTime wall;
    bool newest = true;  // no later move had seen it

    bool operator==(const Move&) const = default;
  };

  Slot slot;
  // Of each log ascending, and no two that could be one, so that they do not tell what came first
  // here. The insertion is none: the run of its element knows of that.
  std::vector<Use> uses;
  std::vector<Removal> removals;
  std::vector<Move> moves;  // highest first by (lamport, log id, op)

  bool is_used() const;
  bool is_used_in(const View& view) const;
  // The move that places it in a version; nothing: it is where it was inserted.
  const Move* move_in(const View& view) const;
  // The events that say whether it is there and where: who has seen these sees it as it is now.
  VersionVector fate() const;

  // Whoever makes it be there: by moving it, by its value, or by what is inside.
  void use(const Edit& edit);
  // As use(), and what was seen of removals is settled.
  void settle(const Edit& edit);
  void remove(const Edit& edit, Because because);
  void move(const Edit& edit, const ElementId& place);

 private:
  void add_use(const EventId& event);
  void remove_uses(const Edit& edit);
};

struct ListContent {
  // Each removed item keeps its own account.
  static constexpr std::uint64_t removable_max = 1;
  std::vector<std::unique_ptr<Item>> items;
  Item* guest = nullptr;  // then there are no items

  std::uint64_t length() const { return guest ? 1 : items.size(); }
  Item& item(std::uint64_t offset) const {
    return guest ? *guest : *items[static_cast<std::size_t>(offset)];
  }
  // The one element of the run is a place of an item that has several.
  bool is_moved() const { return guest || (items.size() == 1 && !items.front()->moves.empty()); }

  bool shown(const ElementId& place, const std::vector<EventId>& removed_by) const;
  bool shown_in(const View& view, const ElementId& place,
                const std::vector<EventId>& removed_by) const;
  ListContent split(std::uint64_t offset);
  void append(ListContent&& more);
  void remove(const Edit& edit, std::vector<EventId>& removed_by, Because because);
  std::size_t size_bytes() const;
};

using ListContainer = Sequence<ListContent>;

template <class Visit>
void for_each_shown(const ListContainer& list, Visit visit) {
  list.for_each_run([&visit](const ListContainer::Run& run) {
    if (!run.shown()) return;
    for (std::uint64_t i = 0; i < run.length; ++i) visit(run.content.item(i));
  });
}

}  // namespace syncline::crdt
