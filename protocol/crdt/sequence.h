// SPDX-License-Identifier: Apache-2.0
//
// Sequence: the order of a list's items, removed ones included.
//
// Elements that one log put down side by side are one Run. The order is FugueMax: every
// element remembers its neighbours at its author's version, concurrent runs at one place are
// ordered by these and by log id, and so never interleave (Spec C14). Positions of ops are
// translated by counting what is shown at the author's version (Spec C7); at the newest version
// that is a cached walk. A moved item has several elements, one of which shows it (Spec C30).
#pragma once

#include "protocol/crdt/edit.h"
#include "protocol/crdt/element_map.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace syncline::crdt {

template <class Content>
struct Run {
  ElementId first;
  std::uint64_t length = 0;
  // Neighbours of the first element when it was put down. Each further element has the one
  // before as its left neighbour and the same right one.
  ElementId left, right;
  std::vector<EventId> removed_by;
  Content content;

  bool shown() const { return content.shown(first, removed_by); }
  ElementId at(std::uint64_t offset) const { return {first.author, first.n + offset}; }
  ElementId last() const { return at(length - 1); }
  // `next` goes on where this run ends, as if both had been put down together.
  bool continues_with(const Run& next) const {
    return next.first == at(length) && next.left == last() && next.right == right;
  }
};

// Content requires: length(), shown(first, removed_by), shown_in(view, first, removed_by),
// split(offset) -> the part from there, append(Content&&), remove(edit, removed_by, Because),
// is_moved(), and item(0) with guests for such a run, size_bytes().
template <class Content>
class Sequence {
 public:
  using Run = crdt::Run<Content>;
  // One element, valid until the sequence is changed.
  struct Place {
    std::size_t chunk = 0;
    std::size_t run = 0;
    std::uint64_t offset = 0;
  };

  std::uint64_t shown() const { return shown_; }
  // Nothing was ever put down here.
  bool pristine() const { return chunks_.empty(); }

  // The element shown at `index` in this version.
  std::optional<Place> find(const View& view, std::uint64_t index);
  // The element shown at `index` now.
  std::optional<Place> find(std::uint64_t index) const;

  // Puts `length` elements after the one at `left`, or at the front.
  void insert(const Edit& edit, const std::optional<Place>& left, Content content,
              std::uint64_t length);
  // Removes `count` elements from `index` of the author's version on. Requires: they exist.
  // `because` is handed to the content.
  template <class Because>
  void remove(const Edit& edit, std::uint64_t index, std::uint64_t count, Because because);
  // Removes whatever is shown in the author's version.
  template <class Because>
  void clear(const Edit& edit, Because because);
  // Lets `change` alter the content of the run at `place`, which may begin to be shown by it.
  template <class Change>
  void touch(const Edit& edit, const Place& place, Change change);
  // Gives the item at `index` of the author's version a new place after the one at `left`, or at
  // the front. Requires: they exist.
  void move(const Edit& edit, std::uint64_t index, const std::optional<std::uint64_t>& left);

  Run& run_at(const Place& place) { return chunks_[place.chunk]->runs[place.run]; }
  const Run& run_at(const Place& place) const { return chunks_[place.chunk]->runs[place.run]; }
  template <class Visit>
  void for_each_run(Visit visit) const {
    for (const auto& chunk : chunks_)
      for (const Run& run : chunk->runs) visit(run);
  }

  // How many elements of an author were down after its event `seq`.
  struct Batch {
    std::uint64_t seq = 0;
    std::uint64_t end = 0;
  };
  struct Author {
    LogIndex log = 0;
    std::vector<Batch> batches;  // ascending in both
    std::uint64_t count() const { return batches.empty() ? 0 : batches.back().end; }
  };
  const std::vector<Author>& authors() const { return authors_; }

  // For a snapshot: the authors first, then every run in order, with the events that touched it.
  void restore_authors(std::vector<Author> authors);
  void restore_run(Run run, const VersionVector& touched);

  // The event that put it down. Requires: the author has that many.
  EventId event_of(const ElementId& element) const;
  bool has_moves() const { return !moved_.empty(); }

  std::size_t size_estimate_bytes() const;
  std::optional<std::string> check() const;

 private:
  static constexpr std::size_t chunk_runs_max = 64;

  struct Chunk {
    std::vector<Run> runs;
    // At least every event that put down, removed or changed something here: a version that
    // covers it shows in this chunk what is shown now.
    VersionVector touched;
    // At most its place among the chunks: others come before it and none goes.
    mutable std::size_t place = 0;
  };
  // So many chunks are counted together.
  static constexpr std::size_t block_chunks = 64;

  // How far each author's elements are known to a version; parallel to authors_.
  using Reach = std::vector<std::uint64_t>;
  const Reach& reach(const View& view);
  static std::uint64_t known_of(const Run& run, const Reach& reach);
  static std::uint64_t shown_in(const Run& run, const View& view, const Reach& reach);

  std::optional<Place> find_newest(std::uint64_t index) const;
  std::optional<Place> find_in_chunk(std::size_t chunk, std::uint64_t index) const;
  std::optional<Place> find_past(const View& view, std::uint64_t index);

  std::uint32_t author_of(LogIndex log);
  ElementId number(const Edit& edit, std::uint64_t length);

  // Makes `place` the first element of a run; a place one past the end of a run is fine.
  Place split_at(const Place& place);
  // The run of `count` elements from `place` on and nothing else.
  Place isolate(const Place& place, std::uint64_t count);
  // Where the new run belongs between `from` and the first run that the author knew.
  Place integrate(const Edit& edit, const Place& from, Run& fresh);
  bool precedes(const Edit& edit, std::uint32_t author, std::uint32_t other) const;
  void place_run(const Edit& edit, const Place& at, Run fresh);
  void split_chunk(std::size_t chunk);
  void add_shown(std::size_t chunk, std::uint64_t before, std::uint64_t after);
  void mark(std::size_t chunk, const Edit& edit);
  void add_chunk();

  // Of an element of a moved item.
  std::size_t chunk_of(const ElementId& element) const;
  // Every chunk in which the item is shown in some version that has seen all other events.
  template <class Item>
  void mark_places(const Item& item, const Edit& edit);

  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::vector<std::uint64_t> shown_of_;        // per chunk
  std::vector<std::uint64_t> shown_of_block_;  // per block_chunks of them
  std::uint64_t shown_ = 0;
  std::vector<Author> authors_;
  // The runs of moved items, which are of length one: where a change of the item is to be counted.
  ElementMap<Chunk> moved_;
  VersionVector touched_;
  Reach reach_;  // kept for its memory
  // What is shown in each chunk to an author who had not seen everything; unknown where something
  // happened since. Authors write many events in a row.
  struct Past {
    VersionVector past;
    EventId self;
    std::vector<std::uint64_t> shown_of;
  };
  static constexpr std::uint64_t unknown = UINT64_MAX;
  Past past_;
  // A chunk and what is shown before it.
  mutable std::size_t near_chunk_ = 0;
  mutable std::uint64_t near_shown_ = 0;
};

template <class Content>
template <class Because>
void Sequence<Content>::remove(const Edit& edit, std::uint64_t index, std::uint64_t count,
                               Because because) {
  while (count > 0) {
    auto place = find(edit.view, index);
    if (!place) return;
    const Run& whole = run_at(*place);
    const std::uint64_t known = known_of(whole, reach(edit.view));
    const std::uint64_t part = std::min({count, known - place->offset, Content::removable_max});
    *place = isolate(*place, part);
    touch(edit, *place, [&](Run& run) { run.content.remove(edit, run.removed_by, because); });
    if (chunks_[place->chunk]->runs.size() > chunk_runs_max) split_chunk(place->chunk);
    count -= part;
  }
}

template <class Content>
template <class Because>
void Sequence<Content>::clear(const Edit& edit, Because because) {
  remove(edit, 0, UINT64_MAX, because);
}

template <class Content>
template <class Change>
void Sequence<Content>::touch(const Edit& edit, const Place& place, Change change) {
  Run& run = run_at(place);
  if (run.content.is_moved()) {
    // It may be shown at another place than where the author saw it.
    const auto& item = run.content.item(0);
    const std::size_t shown_at = chunk_of(item.moves.front().place);
    const bool before = item.is_used();
    change(run);
    add_shown(shown_at, before ? 1 : 0, item.is_used() ? 1 : 0);
    mark_places(item, edit);
  } else {
    const std::uint64_t before = run.shown() ? run.length : 0;
    change(run);
    add_shown(place.chunk, before, run.shown() ? run.length : 0);
  }
  mark(place.chunk, edit);
}

template <class Content>
template <class Item>
void Sequence<Content>::mark_places(const Item& item, const Edit& edit) {
  for (const auto& move : item.moves)
    if (move.newest) mark(chunk_of(move.place), edit);
}

}  // namespace syncline::crdt
