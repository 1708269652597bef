// SPDX-License-Identifier: Apache-2.0
//
// sequence = a:varint a*author r:varint r*run
// author   = log:varint g:varint g*(seq_gap elements repeat)     ascending by log; varints
//            `repeat` events, each `seq_gap` after the one before, put down `elements` each
// run      = flags:u8 author:varint n:varint [left] [right] [removed_by] body
//            flag 1: the left neighbour is the element before, 2: there is none, 4: there is no
//            right neighbour, 8: removed, 10h: its one item was moved elsewhere, 20h: the place of
//            one that was moved here
// left, right = author:varint n:varint
// removed_by  = k:varint k*(log seq)                              ascending
// body     = length:varint length*item [m:varint m*move]           a removed run has one item
//          |                                                       nothing for 20h
// item     = slot u:varint u/2*use [removals]     u is odd if there are removals, see snapshot.cpp
// use      = log:varint first:varint last:varint removed_by       ascending
// move     = author:varint n:varint flags:u8 op:varint lamport:varint wall:zigzag    highest first
//            the element it put down; flag 1: no later move had seen it; times as in a value
#include "protocol/crdt/snapshot.h"

namespace syncline::crdt {
namespace {

constexpr std::uint8_t left_before = 1, left_none = 2, right_none = 4, removed = 8;
constexpr std::uint8_t moved_away = 0x10, moved_here = 0x20;

// Neighbouring runs that are one: the cut between them is a leftover of the order of arrival.
template <class Content>
using Group = std::vector<const Run<Content>*>;

template <class Content>
bool same_fate(const SnapshotWriter& to, const Run<Content>& a, const Run<Content>& b) {
  if (a.content.is_moved() || b.content.is_moved()) return false;
  if (a.removed_by.empty() && b.removed_by.empty()) return true;
  if (Content::removable_max == 1 || a.removed_by.size() != b.removed_by.size()) return false;
  return to.sorted(a.removed_by) == to.sorted(b.removed_by);
}

template <class Content>
std::vector<Group<Content>> groups_of(const SnapshotWriter& to, const Sequence<Content>& sequence) {
  std::vector<Group<Content>> groups;
  sequence.for_each_run([&](const Run<Content>& run) {
    if (!groups.empty()) {
      const Run<Content>& before = *groups.back().back();
      if (before.continues_with(run) && same_fate(to, before, run)) {
        groups.back().push_back(&run);
        return;
      }
    }
    groups.push_back({&run});
  });
  return groups;
}

void encode_item(const SnapshotWriter& to, const Item& item) {
  to.slot(item.slot);
  std::vector<const Item::Use*> uses;
  for (const Item::Use& use : item.uses) uses.push_back(&use);
  std::sort(uses.begin(), uses.end(), [&to](const Item::Use* a, const Item::Use* b) {
    return EventId{to.names.of(a->log), a->first} < EventId{to.names.of(b->log), b->first};
  });
  to.out.varint(uses.size() << 1 | (item.removals.empty() ? 0 : 1));
  for (const Item::Use* use : uses) {
    to.out.varint(to.names.of(use->log)).varint(use->first).varint(use->last);
    to.events(use->removed_by);
  }
  if (!item.removals.empty()) to.removals(item.removals);
}

void encode_body(const SnapshotWriter& to, const Group<ListContent>& group) {
  std::uint64_t length = 0;
  for (const auto* run : group) length += run->length;
  to.out.varint(length);
  for (const auto* run : group)
    for (const auto& item : run->content.items) encode_item(to, *item);
}

void decode_uses(SnapshotReader& from, Item& item, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count && from.in.ok(); ++i) {
    Item::Use use;
    use.log = static_cast<LogIndex>(from.in.varint(UINT32_MAX));
    use.first = from.in.varint();
    use.last = from.in.varint(from.frontier.get(use.log));
    use.removed_by = from.events();
    if (use.first == 0 || use.last < use.first) return from.corrupt();
    if (!item.uses.empty() &&
        EventId{use.log, use.first} <= EventId{item.uses.back().log, item.uses.back().last})
      return from.corrupt();
    item.uses.push_back(std::move(use));
  }
}

void decode_item(SnapshotReader& from, Item& item) {
  from.slot(item.slot);
  const std::uint64_t uses = from.in.varint();
  decode_uses(from, item, uses >> 1);
  if (uses & 1) from.removals(item.removals);
  if (!item.slot.shown()) from.corrupt();
}

template <class Author>
void decode_author(SnapshotReader& from, Author& author) {
  const std::uint64_t groups = from.in.varint();
  std::uint64_t seq = 0, end = 0;
  for (std::uint64_t g = 0; g < groups && from.in.ok(); ++g) {
    const std::uint64_t gap = from.in.varint(), elements = from.in.varint(UINT32_MAX);
    const std::uint64_t repeat = from.in.varint(from.batches_left);
    if (gap == 0 || elements == 0 || repeat == 0) return from.corrupt();
    from.batches_left -= repeat;
    const std::uint64_t newest = from.frontier.get(author.log);
    for (std::uint64_t i = 0; i < repeat && from.in.ok(); ++i) {
      if (gap > newest - seq || elements > (UINT64_MAX >> 8) - end) return from.corrupt();
      seq += gap;
      end += elements;
      author.batches.push_back({seq, end});
    }
  }
  if (author.batches.empty()) from.corrupt();
}

template <class Author>
void encode_author(const SnapshotWriter& to, const Author& author) {
  struct Repeated {
    std::uint64_t gap, elements, repeat;
  };
  std::vector<Repeated> groups;
  std::uint64_t seq = 0, end = 0;
  for (const auto& batch : author.batches) {
    const std::uint64_t gap = batch.seq - seq, elements = batch.end - end;
    if (!groups.empty() && groups.back().gap == gap && groups.back().elements == elements) {
      ++groups.back().repeat;
    } else {
      groups.push_back({gap, elements, 1});
    }
    seq = batch.seq;
    end = batch.end;
  }
  to.out.varint(to.names.of(author.log)).varint(groups.size());
  for (const Repeated& group : groups)
    to.out.varint(group.gap).varint(group.elements).varint(group.repeat);
}

// Each author by its place among the sorted logs.
template <class Content>
std::vector<std::uint32_t> author_places(const SnapshotWriter& to,
                                         const Sequence<Content>& sequence,
                                         std::vector<std::uint32_t>& order) {
  const auto& authors = sequence.authors();
  for (std::uint32_t i = 0; i < authors.size(); ++i) order.push_back(i);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return to.names.of(authors[a].log) < to.names.of(authors[b].log);
  });
  std::vector<std::uint32_t> places(authors.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) places[order[i]] = i;
  return places;
}

template <class Content>
class RunWriter {
 public:
  RunWriter(const SnapshotWriter& to, const std::vector<std::uint32_t>& places)
      : to_(to), places_(places) {}

  void write(const Group<Content>& group) {
    const Run<Content>& run = *group.front();
    std::uint8_t flags = 0;
    if (run.left.n == 0) {
      flags |= left_none;
    } else if (run.left == before_) {
      flags |= left_before;
    }
    if (run.right.n == 0) flags |= right_none;
    if (!run.removed_by.empty()) flags |= removed;
    if (run.content.is_moved()) flags |= run.content.guest ? moved_here : moved_away;
    to_.out.u8(flags);
    element(run.first);
    if (!(flags & (left_before | left_none))) element(run.left);
    if (!(flags & right_none)) element(run.right);
    if (flags & removed) to_.events(run.removed_by);
    if (!run.content.guest) encode_body(to_, group);
    if (flags & moved_away) moves(run.content.item(0));
    before_ = group.back()->last();
  }

 private:
  void element(const ElementId& id) { to_.out.varint(places_[id.author]).varint(id.n); }

  void moves(const Item& item) {
    to_.out.varint(item.moves.size());
    for (const Item::Move& move : item.moves) {
      element(move.place);
      to_.out.u8(move.newest ? 1 : 0).varint(move.op).varint(to_.base.lamport - move.lamport);
      to_.wall(move.wall);
    }
  }

  const SnapshotWriter& to_;
  const std::vector<std::uint32_t>& places_;
  ElementId before_;
};

template <class Content>
class RunReader {
 public:
  RunReader(SnapshotReader& from, Sequence<Content>& sequence)
      : from_(from), sequence_(sequence), missing_(sequence.authors().size()) {
    for (std::size_t i = 0; i < missing_.size(); ++i) missing_[i] = sequence.authors()[i].count();
  }

  void read() {
    Run<Content> run;
    const std::uint8_t flags = from_.in.u8();
    if (flags >= 2 * moved_here || (flags & left_before && flags & left_none))
      return from_.corrupt();
    run.first = element();
    if (flags & left_before) run.left = before_;
    if (!(flags & (left_before | left_none))) run.left = element();
    if (!(flags & right_none)) run.right = element();
    if (flags & removed) run.removed_by = from_.events();
    if (flags & removed && run.removed_by.empty()) return from_.corrupt();
    read_body(run, flags);
    if (!from_.in.ok()) return;
    std::uint64_t& missing = missing_[run.first.author];
    const std::uint64_t count = sequence_.authors()[run.first.author].count();
    if (run.length == 0 || run.length > missing || run.length > count - run.first.n + 1)
      return from_.corrupt();
    missing -= run.length;
    before_ = run.last();
    runs_.push_back(std::move(run));
  }

  // Brings moved items to their places and everything into the sequence.
  void finish() {
    if (std::any_of(missing_.begin(), missing_.end(), [](std::uint64_t n) { return n > 0; }))
      from_.corrupt();
    for (Run<Content>& run : runs_) {
      Item* const item = items_.find(run.first);
      const bool wanted = run.content.items.empty();
      if (wanted != (item != nullptr)) return from_.corrupt();
      if (!wanted) continue;
      run.content.guest = item;
      items_.set(run.first, nullptr);
      --places_;
    }
    if (places_ > 0) from_.corrupt();
    if (!from_.in.ok()) return;
    for (Run<Content>& run : runs_) {
      VersionVector touched;
      for (const EventId& event : run.removed_by) touched.raise(event.log, event.seq);
      for (std::uint64_t i = 0; i < run.length; ++i) touched.merge(run.content.item(i).fate());
      sequence_.restore_run(std::move(run), touched);
    }
  }

 private:
  void read_body(Run<Content>& run, std::uint8_t flags) {
    run.length = flags & moved_here ? 1 : from_.in.varint();
    if (flags & (removed | moved_away) && run.length != 1) from_.corrupt();
    if (flags & moved_here) {
      if (flags & (removed | moved_away)) from_.corrupt();
      return;
    }
    for (std::uint64_t i = 0; i < run.length && from_.in.ok(); ++i) {
      run.content.items.push_back(std::make_unique<Item>());
      decode_item(from_, *run.content.items.back());
    }
    if (flags & moved_away && from_.in.ok()) read_moves(*run.content.items.front());
  }

  void read_moves(Item& item) {
    const std::uint64_t count = from_.in.varint();
    for (std::uint64_t i = 0; i < count && from_.in.ok(); ++i) {
      Item::Move move;
      move.place = element();
      const std::uint8_t flags = from_.in.u8();
      move.newest = flags == 1;
      move.op = static_cast<std::uint32_t>(from_.in.varint(limits::ops_per_event_max));
      move.lamport = from_.base.lamport - from_.in.varint(from_.base.lamport);
      move.wall = from_.wall();
      if (flags > 1 || (i > 0 && item.moves.back().lamport < move.lamport)) from_.corrupt();
      if (!from_.in.ok()) return;
      move.event = sequence_.event_of(move.place);
      if (items_.find(move.place) != nullptr) return from_.corrupt();
      items_.set(move.place, &item);
      ++places_;
      item.moves.push_back(move);
    }
    if (item.moves.empty() || !item.moves.front().newest) from_.corrupt();
  }

  ElementId element() {
    const std::uint64_t author = from_.in.varint(UINT32_MAX), n = from_.in.varint();
    if (author >= missing_.size() || n == 0 || n > sequence_.authors()[author].count()) {
      from_.corrupt();
      return {};
    }
    return {static_cast<std::uint32_t>(author), n};
  }

  SnapshotReader& from_;
  Sequence<Content>& sequence_;
  std::vector<std::uint64_t> missing_;
  std::vector<Run<Content>> runs_;
  ElementMap<Item> items_;  // where moves have brought them
  std::size_t places_ = 0;  // of those, without their run
  ElementId before_;
};

}  // namespace

template <class Content>
void SnapshotWriter::sequence(const Sequence<Content>& sequence) const {
  std::vector<std::uint32_t> order;
  const auto places = author_places(*this, sequence, order);
  out.varint(order.size());
  for (const std::uint32_t author : order) encode_author(*this, sequence.authors()[author]);
  const auto groups = groups_of(*this, sequence);
  out.varint(groups.size());
  RunWriter<Content> runs(*this, places);
  for (const auto& group : groups) runs.write(group);
}

template <class Content>
void SnapshotReader::sequence(Sequence<Content>& sequence) {
  const std::uint64_t count = in.varint(limits::logs_per_space_max);
  std::vector<typename Sequence<Content>::Author> authors;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    typename Sequence<Content>::Author author;
    author.log = static_cast<LogIndex>(in.varint(UINT32_MAX));
    if (!authors.empty() && authors.back().log >= author.log) corrupt();
    decode_author(*this, author);
    authors.push_back(std::move(author));
  }
  if (!in.ok()) return;
  sequence.restore_authors(std::move(authors));
  const std::uint64_t runs = in.varint();
  RunReader<Content> reader(*this, sequence);
  for (std::uint64_t i = 0; i < runs && in.ok(); ++i) reader.read();
  if (in.ok()) reader.finish();
}

template void SnapshotWriter::sequence(const Sequence<ListContent>&) const;
template void SnapshotReader::sequence(Sequence<ListContent>&);

}  // namespace syncline::crdt
