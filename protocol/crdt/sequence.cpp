// SPDX-License-Identifier: Apache-2.0
#include "protocol/crdt/sequence.h"

#include "protocol/base/check.h"
#include "protocol/crdt/container.h"

#include <algorithm>
#include <numeric>

namespace syncline::crdt {
namespace {

// Concurrent runs at one place, looked up by the elements they hold.
template <class Content>
class Region {
 public:
  void add(const Run<Content>& run) { runs_.push_back(&run); }
  std::size_t size() const { return runs_.size(); }
  const Run<Content>& operator[](std::size_t i) const { return *runs_[i]; }

  bool holds(const ElementId& id) {
    if (sorted_.size() != runs_.size()) {
      sorted_ = runs_;
      std::sort(sorted_.begin(), sorted_.end(),
                [](const auto* a, const auto* b) { return before(a->first, b->first); });
    }
    const auto above = std::upper_bound(
        sorted_.begin(), sorted_.end(), id,
        [](const ElementId& wanted, const auto* run) { return before(wanted, run->first); });
    if (above == sorted_.begin()) return false;
    const Run<Content>& run = **(above - 1);
    return run.first.author == id.author && id.n - run.first.n < run.length;
  }

 private:
  static bool before(const ElementId& a, const ElementId& b) {
    return a.author != b.author ? a.author < b.author : a.n < b.n;
  }
  std::vector<const Run<Content>*> runs_;
  std::vector<const Run<Content>*> sorted_;
};

}  // namespace

template <class Content>
auto Sequence<Content>::reach(const View& view) -> const Reach& {
  reach_.clear();
  for (const Author& author : authors_) {
    const std::uint64_t seq = view.get(author.log);
    const auto& batches = author.batches;
    if (batches.empty() || seq >= batches.back().seq) {
      reach_.push_back(author.count());
      continue;
    }
    const auto above =
        std::upper_bound(batches.begin(), batches.end(), seq,
                         [](std::uint64_t wanted, const Batch& b) { return wanted < b.seq; });
    reach_.push_back(above == batches.begin() ? 0 : (above - 1)->end);
  }
  return reach_;
}

template <class Content>
std::uint64_t Sequence<Content>::known_of(const Run& run, const Reach& reach) {
  const std::uint64_t known = reach[run.first.author];
  return known < run.first.n ? 0 : std::min(run.length, known - run.first.n + 1);
}

template <class Content>
std::uint64_t Sequence<Content>::shown_in(const Run& run, const View& view, const Reach& reach) {
  const std::uint64_t known = known_of(run, reach);
  if (known == 0) return 0;
  return run.content.shown_in(view, run.first, run.removed_by) ? known : 0;
}

template <class Content>
auto Sequence<Content>::find(const View& view, std::uint64_t index) -> std::optional<Place> {
  if (view.covers(touched_)) return find_newest(index);
  return find_past(view, index);
}

template <class Content>
auto Sequence<Content>::find(std::uint64_t index) const -> std::optional<Place> {
  return find_newest(index);
}

template <class Content>
auto Sequence<Content>::find_newest(std::uint64_t index) const -> std::optional<Place> {
  if (index >= shown_) return std::nullopt;
  // From where the last one was, by chunks or whole blocks of them.
  while (index < near_shown_) {
    const std::size_t block = near_chunk_ / block_chunks;
    const bool at_start = near_chunk_ % block_chunks == 0;
    if (at_start && near_shown_ - index > shown_of_block_[block - 1]) {
      near_shown_ -= shown_of_block_[block - 1];
      near_chunk_ -= block_chunks;
    } else {
      near_shown_ -= shown_of_[--near_chunk_];
    }
  }
  while (index - near_shown_ >= shown_of_[near_chunk_]) {
    const std::size_t block = near_chunk_ / block_chunks;
    const bool at_start = near_chunk_ % block_chunks == 0;
    if (at_start && index - near_shown_ >= shown_of_block_[block]) {
      near_shown_ += shown_of_block_[block];
      near_chunk_ += block_chunks;
    } else {
      near_shown_ += shown_of_[near_chunk_++];
    }
  }
  return find_in_chunk(near_chunk_, index - near_shown_);
}

template <class Content>
auto Sequence<Content>::find_in_chunk(std::size_t chunk, std::uint64_t index) const
    -> std::optional<Place> {
  const auto& runs = chunks_[chunk]->runs;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    if (!runs[r].shown()) continue;
    if (index < runs[r].length) return Place{chunk, r, index};
    index -= runs[r].length;
  }
  return std::nullopt;
}

template <class Content>
auto Sequence<Content>::find_past(const View& view, std::uint64_t index) -> std::optional<Place> {
  const Reach& known = reach(view);
  if (past_.shown_of.empty() || !view.continues(past_.past, past_.self)) {
    past_.past = view.past();
    past_.shown_of.assign(chunks_.size(), unknown);
  }
  past_.self = view.self();
  for (std::size_t c = 0; c < chunks_.size(); ++c) {
    const auto& runs = chunks_[c]->runs;
    std::uint64_t& shown = past_.shown_of[c];
    if (shown == unknown && view.covers(chunks_[c]->touched)) {
      shown = shown_of_[c];
    } else if (shown == unknown) {
      shown = 0;
      for (const Run& run : runs) shown += shown_in(run, view, known);
    }
    if (index >= shown) {
      index -= shown;
      continue;
    }
    for (std::size_t r = 0; r < runs.size(); ++r) {
      const std::uint64_t here = shown_in(runs[r], view, known);
      if (index < here) return Place{c, r, index};
      index -= here;
    }
  }
  return std::nullopt;
}

template <class Content>
std::uint32_t Sequence<Content>::author_of(LogIndex log) {
  for (std::size_t i = 0; i < authors_.size(); ++i)
    if (authors_[i].log == log) return static_cast<std::uint32_t>(i);
  authors_.push_back({log, {}});
  return static_cast<std::uint32_t>(authors_.size() - 1);
}

template <class Content>
ElementId Sequence<Content>::number(const Edit& edit, std::uint64_t length) {
  const std::uint32_t index = author_of(edit.self.log);
  Author& author = authors_[index];
  const std::uint64_t count = author.count();
  if (author.batches.empty() || author.batches.back().seq != edit.self.seq)
    author.batches.push_back({edit.self.seq, count});
  author.batches.back().end += length;
  return {index, count + 1};
}

template <class Content>
void Sequence<Content>::insert(const Edit& edit, const std::optional<Place>& left, Content content,
                               std::uint64_t length) {
  Run fresh;
  fresh.length = length;
  fresh.content = std::move(content);
  Place from;
  if (left) {
    fresh.left = run_at(*left).at(left->offset);
    from = split_at({left->chunk, left->run, left->offset + 1});
  }
  fresh.first = number(edit, length);
  const Place at = integrate(edit, from, fresh);
  place_run(edit, at, std::move(fresh));
}

template <class Content>
auto Sequence<Content>::split_at(const Place& place) -> Place {
  Run& run = run_at(place);
  if (place.offset == 0) return place;
  const Place next{place.chunk, place.run + 1, 0};
  if (place.offset == run.length) return next;
  Run rest;
  rest.first = run.at(place.offset);
  rest.length = run.length - place.offset;
  rest.left = run.at(place.offset - 1);
  rest.right = run.right;
  rest.removed_by = run.removed_by;
  rest.content = run.content.split(place.offset);
  run.length = place.offset;
  auto& runs = chunks_[place.chunk]->runs;
  runs.insert(runs.begin() + static_cast<std::ptrdiff_t>(next.run), std::move(rest));
  return next;
}

template <class Content>
auto Sequence<Content>::isolate(const Place& place, std::uint64_t count) -> Place {
  split_at({place.chunk, place.run, place.offset + count});
  return split_at(place);
}

// Spec C14 (FugueMax), as a walk over what the author did not know. Siblings (same left neighbour)
// whose right neighbour lies further right come first; among equals the lower log id does. What
// hangs below a sibling goes with it.
template <class Content>
auto Sequence<Content>::integrate(const Edit& edit, const Place& from, Run& fresh) -> Place {
  const Reach& known = reach(edit.view);
  Region<Content> region;
  std::vector<Place> places;
  for (Place at = from; at.chunk < chunks_.size(); ++at.run) {
    while (at.chunk < chunks_.size() && at.run >= chunks_[at.chunk]->runs.size())
      at = Place{at.chunk + 1, 0, 0};
    if (at.chunk >= chunks_.size()) break;
    const Run& run = run_at(at);
    if (known_of(run, known) > 0) {
      fresh.right = run.first;
      break;
    }
    region.add(run);
    places.push_back(at);
  }

  std::size_t target = 0;
  bool below_a_later_sibling = false;
  for (std::size_t i = 0; i < region.size(); ++i) {
    const Run& other = region[i];
    if (other.left == fresh.left) {
      if (other.right == fresh.right) {
        if (precedes(edit, fresh.first.author, other.first.author)) break;
        below_a_later_sibling = false;
      } else {
        below_a_later_sibling = other.right.n != 0 && region.holds(other.right);
      }
    } else if (other.left.n == 0 || !region.holds(other.left)) {
      break;
    }
    if (!below_a_later_sibling) target = i + 1;
  }
  if (target == 0) return from;
  if (target < places.size()) return places[target];
  return {places.back().chunk, places.back().run + 1, 0};
}

template <class Content>
bool Sequence<Content>::precedes(const Edit& edit, std::uint32_t author,
                                 std::uint32_t other) const {
  return edit.id_of(authors_[author].log) < edit.id_of(authors_[other].log);
}

template <class Content>
void Sequence<Content>::place_run(const Edit& edit, const Place& at, Run fresh) {
  if (chunks_.empty()) add_chunk();
  Chunk& chunk = *chunks_[at.chunk];
  const std::uint64_t length = fresh.length, shown = fresh.shown() ? length : 0;
  if (fresh.content.is_moved()) moved_.set(fresh.first, &chunk);
  Run* before = at.run > 0 ? &chunk.runs[at.run - 1] : nullptr;
  if (before && before->removed_by.empty() && before->continues_with(fresh) &&
      !before->content.is_moved() && !fresh.content.is_moved()) {
    before->length += length;
    before->content.append(std::move(fresh.content));
  } else {
    chunk.runs.insert(chunk.runs.begin() + static_cast<std::ptrdiff_t>(at.run), std::move(fresh));
  }
  mark(at.chunk, edit);
  add_shown(at.chunk, 0, shown);
  if (chunk.runs.size() > chunk_runs_max) split_chunk(at.chunk);
}

template <class Content>
void Sequence<Content>::split_chunk(std::size_t index) {
  Chunk& chunk = *chunks_[index];
  auto second = std::make_unique<Chunk>();
  const auto middle = chunk.runs.begin() + static_cast<std::ptrdiff_t>(chunk.runs.size() / 2);
  second->runs.reserve(chunk_runs_max + 2);
  std::move(middle, chunk.runs.end(), std::back_inserter(second->runs));
  chunk.runs.erase(middle, chunk.runs.end());
  second->touched = chunk.touched;
  std::uint64_t moved = 0;
  for (const Run& run : second->runs) {
    moved += run.shown() ? run.length : 0;
    if (moved_.find(run.first) != nullptr) moved_.set(run.first, second.get());
  }
  const auto next = static_cast<std::ptrdiff_t>(index + 1);
  chunks_.insert(chunks_.begin() + next, std::move(second));
  shown_of_[index] -= moved;
  shown_of_.insert(shown_of_.begin() + next, moved);
  chunks_[index + 1]->place = index + 1;
  if (!past_.shown_of.empty()) {
    past_.shown_of[index] = unknown;
    past_.shown_of.insert(past_.shown_of.begin() + next, unknown);
  }
  // From here on every block begins one chunk earlier.
  shown_of_block_.resize((chunks_.size() + block_chunks - 1) / block_chunks);
  for (std::size_t block = index / block_chunks; block < shown_of_block_.size(); ++block) {
    const std::size_t first = block * block_chunks;
    const std::size_t end = std::min(first + block_chunks, shown_of_.size());
    shown_of_block_[block] =
        std::accumulate(shown_of_.begin() + static_cast<std::ptrdiff_t>(first),
                        shown_of_.begin() + static_cast<std::ptrdiff_t>(end), std::uint64_t{0});
  }
  if (index < near_chunk_) ++near_chunk_;
}

template <class Content>
void Sequence<Content>::add_shown(std::size_t chunk, std::uint64_t before, std::uint64_t after) {
  shown_of_[chunk] = shown_of_[chunk] - before + after;
  std::uint64_t& block = shown_of_block_[chunk / block_chunks];
  block = block - before + after;
  shown_ = shown_ - before + after;
  if (chunk < near_chunk_) near_shown_ = near_shown_ - before + after;
}

template <class Content>
void Sequence<Content>::mark(std::size_t chunk, const Edit& edit) {
  chunks_[chunk]->touched.raise(edit.self.log, edit.self.seq);
  if (!past_.shown_of.empty()) past_.shown_of[chunk] = unknown;
  touched_.raise(edit.self.log, edit.self.seq);
}

template <class Content>
std::size_t Sequence<Content>::chunk_of(const ElementId& element) const {
  const Chunk* wanted = moved_.find(element);
  while (chunks_[wanted->place].get() != wanted) ++wanted->place;
  return wanted->place;
}

template <class Content>
void Sequence<Content>::add_chunk() {
  chunks_.push_back(std::make_unique<Chunk>());
  chunks_.back()->place = chunks_.size() - 1;
  shown_of_.push_back(0);
  if (!past_.shown_of.empty()) past_.shown_of.push_back(unknown);
  shown_of_block_.resize((chunks_.size() + block_chunks - 1) / block_chunks);
}

// The new element is counted as any other; then the item shows at whichever of its places wins.
template <class Content>
void Sequence<Content>::move(const Edit& edit, std::uint64_t index,
                             const std::optional<std::uint64_t>& left) {
  const Place from = isolate(*find(edit.view, index), 1);
  Run& origin = run_at(from);
  auto& item = origin.content.item(0);
  if (!origin.content.is_moved()) moved_.set(origin.first, chunks_[from.chunk].get());
  const ElementId seen_at = origin.first;
  const ElementId was = item.moves.empty() ? origin.first : item.moves.front().place;
  const bool before = origin.content.is_moved() ? item.is_used() : origin.shown();
  if (chunks_[from.chunk]->runs.size() > chunk_runs_max) split_chunk(from.chunk);

  std::optional<Place> beside;
  if (left) beside = find(edit.view, *left);
  Content guest;
  guest.guest = &item;
  insert(edit, beside, std::move(guest), 1);
  const std::uint32_t author = author_of(edit.self.log);
  mark_places(item, edit);
  const ElementId place{author, authors_[author].count()};
  item.move(edit, place);
  mark_places(item, edit);
  mark(chunk_of(seen_at), edit);
  // What the author did not know of may keep it from being shown there.
  moved_.find(place)->touched.merge(item.fate());
  add_shown(chunk_of(was), before ? 1 : 0, 0);
  add_shown(chunk_of(item.moves.front().place), 0, item.is_used() ? 1 : 0);
}

template <class Content>
EventId Sequence<Content>::event_of(const ElementId& element) const {
  const Author& author = authors_[element.author];
  const auto batch =
      std::lower_bound(author.batches.begin(), author.batches.end(), element.n,
                       [](const Batch& b, std::uint64_t wanted) { return b.end < wanted; });
  SYNCLINE_CHECK(batch != author.batches.end());
  return {author.log, batch->seq};
}

template <class Content>
void Sequence<Content>::restore_authors(std::vector<Author> authors) {
  authors_ = std::move(authors);
  for (const Author& author : authors_)
    if (!author.batches.empty()) touched_.raise(author.log, author.batches.back().seq);
}

template <class Content>
void Sequence<Content>::restore_run(Run run, const VersionVector& touched) {
  if (chunks_.empty() || chunks_.back()->runs.size() >= chunk_runs_max / 2) {
    add_chunk();
  }
  Chunk& chunk = *chunks_.back();
  const EventId put_down = event_of(run.last());
  chunk.touched.raise(put_down.log, put_down.seq);
  chunk.touched.merge(touched);
  if (run.content.is_moved()) moved_.set(run.first, &chunk);
  touched_.merge(touched);
  add_shown(chunks_.size() - 1, 0, run.shown() ? run.length : 0);
  chunk.runs.push_back(std::move(run));
}

template <class Content>
std::size_t Sequence<Content>::size_estimate_bytes() const {
  std::size_t size = authors_.size() * sizeof(Author) + chunks_.size() * sizeof(Chunk);
  for (const Author& author : authors_) size += author.batches.size() * sizeof(Batch);
  for_each_run([&size](const Run& run) {
    size += sizeof(Run) + run.removed_by.size() * sizeof(EventId) + run.content.size_bytes();
  });
  return size;
}

template <class Content>
std::optional<std::string> Sequence<Content>::check() const {
  std::uint64_t total = 0;
  std::vector<std::uint64_t> down(authors_.size());
  for (std::size_t c = 0; c < chunks_.size(); ++c) {
    std::uint64_t here = 0;
    for (const Run& run : chunks_[c]->runs) {
      if (run.first.author >= authors_.size()) return "a run of an unknown author";
      if (run.length == 0 || run.first.n == 0) return "an empty run";
      if (run.last().n > authors_[run.first.author].count()) return "a run beyond its author";
      if (run.content.length() != run.length) return "a run that lost items";
      if (run.content.is_moved() && moved_.find(run.first) != chunks_[c].get())
        return "a moved item that is elsewhere";
      down[run.first.author] += run.length;
      here += run.shown() ? run.length : 0;
    }
    if (here != shown_of_[c]) return "a chunk that miscounts what it shows";
    if (!touched_.covers(chunks_[c]->touched)) return "a chunk touched by an unknown event";
    total += here;
  }
  if (total != shown_) return "a sequence that miscounts what it shows";
  for (std::size_t i = 0; i < authors_.size(); ++i)
    if (down[i] != authors_[i].count()) return "an author with missing elements";
  for (std::size_t b = 0; b < shown_of_block_.size(); ++b) {
    std::uint64_t here = 0;
    for (std::size_t c = b * block_chunks; c < std::min((b + 1) * block_chunks, chunks_.size());
         ++c)
      here += shown_of_[c];
    if (here != shown_of_block_[b]) return "a block that miscounts what it shows";
  }
  std::uint64_t before_near = 0;
  for (std::size_t c = 0; c < near_chunk_; ++c) before_near += shown_of_[c];
  if (before_near != near_shown_) return "a cached place that is elsewhere";
  return std::nullopt;
}

template class Sequence<ListContent>;

}  // namespace syncline::crdt
