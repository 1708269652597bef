// SPDX-License-Identifier: Apache-2.0
#include "protocol/text/rope.h"

#include "protocol/base/check.h"

#include <algorithm>
#include <limits>

namespace syncline::text {

namespace {

constexpr std::uint32_t chunk_max = RopeChunk::max_bytes;
// What long texts are cut into: room for some typing before a chunk has to be split.
constexpr std::uint32_t chunk_filled = chunk_max / 8 * 7;
// A chunk below this is joined with a neighbour, if both together stay well below the maximum.
constexpr std::uint32_t chunk_small = chunk_max / 4;
constexpr std::uint32_t chunk_joined_max = chunk_max / 4 * 3;
// A longer insertion is laid out in chunks of its own.
constexpr std::uint32_t insert_short_max = chunk_max / 4;

// As many whole characters as fit.
std::string_view first_piece(std::string_view utf8, std::size_t bytes) {
  if (utf8.size() <= bytes) return utf8;
  while (bytes > 0 && !begins_character(utf8[bytes])) --bytes;
  return utf8.substr(0, bytes);
}

// What the allocator takes for a block, near enough.
std::size_t block_bytes(std::size_t size) { return size == 0 ? 0 : (size + 8 + 15) / 16 * 16; }

}  // namespace

Rope::Rope(std::string_view utf8) {
  const std::size_t count = count_scalars(utf8);
  if (utf8.size() <= chunk_max) {
    open_ = RopeChunk(utf8, Extent::of(utf8, count));
  } else {
    insert_beyond(0, utf8, count);
  }
}

Rope::Rope(const Rope& other)
    : open_(other.open_),
      rest_(other.rest_),
      start_(other.start_),
      tree_(other.tree_ ? std::make_unique<Tree>(*other.tree_) : nullptr) {}

Rope& Rope::operator=(const Rope& other) {
  if (this != &other) *this = Rope(other);
  return *this;
}

Rope& Rope::operator=(Rope&& other) noexcept {
  if (this != &other) {
    Rope taken(std::move(other));
    swap(taken);
  }
  return *this;
}

void Rope::swap(Rope& other) noexcept {
  std::swap(open_, other.open_);
  std::swap(start_, other.start_);
  std::swap(rest_, other.rest_);
  std::swap(tree_, other.tree_);
}

void Rope::insert(std::uint64_t position, std::string_view utf8, std::uint64_t count) {
  if (count == 0) return;
  // A place before the open chunk gives a huge offset.
  if (position - start_ > open_.extent().scalars) seek(static_cast<std::uint32_t>(position));
  if (open_.extent().bytes + utf8.size() > chunk_max) return insert_beyond(position, utf8, count);
  open_.insert(static_cast<std::uint32_t>(position - start_), utf8,
               static_cast<std::uint32_t>(count));
}

void Rope::insert_beyond(std::uint64_t position, std::string_view utf8, std::uint64_t count) {
  SYNCLINE_CHECK(bytes() + utf8.size() <= std::numeric_limits<std::uint32_t>::max());
  if (!tree_) tree_ = std::make_unique<Tree>(open_.extent());
  const auto offset = static_cast<std::uint32_t>(position - start_);
  if (utf8.size() > insert_short_max) return insert_long(offset, utf8, count);
  if (offset == open_.extent().scalars) return put_behind(RopeChunk(utf8, Extent::of(utf8, count)));
  put_behind(open_.split(open_.extent().scalars / 2));
  insert(position, utf8, count);
}

void Rope::insert_long(std::uint32_t offset, std::string_view utf8, std::uint64_t count) {
  RopeChunk tail = open_.split(offset);
  const bool ascii = utf8.size() == count;
  const auto extent = [ascii](std::string_view piece) {
    return Extent::of(piece, ascii ? piece.size() : count_scalars(piece));
  };
  if (open_.extent().bytes < chunk_filled) {
    const std::string_view piece = first_piece(utf8, chunk_filled - open_.extent().bytes);
    if (!piece.empty()) open_.insert(open_.extent().scalars, piece, extent(piece).scalars);
    utf8.remove_prefix(piece.size());
  }
  while (!utf8.empty()) {
    const std::string_view piece = first_piece(utf8, chunk_filled);
    put_behind(RopeChunk(piece, extent(piece)));
    utf8.remove_prefix(piece.size());
  }
  if (tail.extent().bytes > 0) put_behind(std::move(tail));
}

void Rope::remove(std::uint64_t position, std::uint64_t count) {
  while (count > 0) {
    if (position - start_ >= open_.extent().scalars) seek(static_cast<std::uint32_t>(position + 1));
    const auto offset = static_cast<std::uint32_t>(position - start_);
    const std::uint64_t here = std::min<std::uint64_t>(count, open_.extent().scalars - offset);
    open_.remove(offset, static_cast<std::uint32_t>(here));
    count -= here;
  }
  if (!tree_) open_.fit();
}

// The chunk that is open becomes one of the others, and `chunk`, new behind it, is open.
void Rope::put_behind(RopeChunk chunk) {
  Tree& tree = *tree_;
  open_.fit();
  tree.index.settle(open_.extent());
  std::uint32_t number = 0;
  if (tree.free.empty()) {
    number = static_cast<std::uint32_t>(tree.chunks.size());
    reserve_one(tree.chunks);
    tree.chunks.emplace_back();
  } else {
    number = tree.free.back();
    tree.free.pop_back();
  }
  tree.index.put_behind(number, chunk.extent());
  start_ += open_.extent().scalars;
  rest_ += open_.extent();
  tree.chunks[tree.open] = std::move(open_);
  open_ = std::move(chunk);
  tree.open = number;
  tree.index.go(start_ + open_.extent().scalars);
}

// Opens the first chunk that ends at or behind a place.
void Rope::seek(std::uint32_t scalar) {
  SYNCLINE_CHECK(tree_);
  close();
  Tree& tree = *tree_;
  start_ = tree.index.go(scalar);
  tree.open = tree.index.chunk();
  open_ = std::move(tree.chunks[tree.open]);
  rest_ -= open_.extent();
  if (tree.index.has_one_chunk()) tree_.reset();
}

void Rope::close() {
  Tree& tree = *tree_;
  tree.index.settle(open_.extent());
  rest_ += open_.extent();
  open_.fit();
  if (open_.extent().bytes < chunk_small) return join_or_erase();
  tree.chunks[tree.open] = std::move(open_);
}

void Rope::join_or_erase() {
  Tree& tree = *tree_;
  const auto joins = [&](std::optional<std::uint32_t> number) {
    return number && tree.chunks[*number].extent().bytes + open_.extent().bytes <= chunk_joined_max;
  };
  const auto before = tree.index.chunk_before();
  const auto behind = tree.index.chunk_behind();
  if (open_.extent().bytes == 0 && !tree.index.has_one_chunk()) {
    tree.index.erase();
    tree.free.push_back(tree.open);
  } else if (joins(before)) {
    tree.chunks[*before].append(open_);
    tree.index.erase();
    tree.free.push_back(tree.open);
  } else {
    if (joins(behind)) {
      open_.append(tree.chunks[*behind]);
      tree.chunks[*behind] = RopeChunk();
      tree.index.erase_behind();
      tree.free.push_back(*behind);
    }
    tree.chunks[tree.open] = std::move(open_);
  }
}

Rope::Place Rope::find(RopeIndex::Measure measure, std::uint32_t value) const {
  const auto counted = [measure](const Extent& extent) {
    if (measure == RopeIndex::Measure::scalars) return extent.scalars;
    return measure == RopeIndex::Measure::bytes ? extent.bytes : extent.utf16;
  };
  const Extent start = tree_ ? tree_->index.before() : Extent{};
  const std::uint32_t from = counted(start);
  const std::uint32_t to = from + counted(open_.extent());
  if (!tree_ || (value <= to && (value > from || from == 0))) return {&open_, start};
  // The index has not yet been told what was edited in the open chunk.
  const bool beyond = value > to;
  const Extent untold = beyond ? open_.extent() - tree_->index.noted() : Extent{};
  const RopeIndex::Place place = tree_->index.find(measure, value - counted(untold));
  return {&tree_->chunks[place.chunk], place.before + untold};
}

std::string Rope::text() const {
  std::string out;
  out.reserve(bytes());
  for_each_chunk([&out](std::string_view part) { out.append(part); });
  return out;
}

std::string Rope::slice(std::uint64_t position, std::uint64_t count) const {
  std::string out;
  while (count > 0) {
    const auto at = static_cast<std::uint32_t>(position);
    // The character behind the place, so that the chunk found is one that holds some of it.
    const Place place = find(RopeIndex::Measure::scalars, at + 1);
    const std::uint32_t from = at - place.before.scalars;
    const auto to = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(place.chunk->extent().scalars, from + count));
    place.chunk->append_to(out, from, to);
    position += to - from;
    count -= to - from;
  }
  return out;
}

std::uint64_t Rope::byte_of(std::uint64_t scalar) const {
  const Place place = find(RopeIndex::Measure::scalars, static_cast<std::uint32_t>(scalar));
  const auto offset = static_cast<std::uint32_t>(scalar - place.before.scalars);
  return place.before.bytes + place.chunk->byte_of(offset);
}

std::uint64_t Rope::utf16_of(std::uint64_t scalar) const {
  const Place place = find(RopeIndex::Measure::scalars, static_cast<std::uint32_t>(scalar));
  const auto offset = static_cast<std::uint32_t>(scalar - place.before.scalars);
  return place.before.utf16 + place.chunk->utf16_of(offset);
}

std::optional<std::uint64_t> Rope::scalar_of_byte(std::uint64_t byte) const {
  if (byte > bytes()) return std::nullopt;
  const Place place = find(RopeIndex::Measure::bytes, static_cast<std::uint32_t>(byte));
  const auto scalar =
      place.chunk->scalar_of_byte(static_cast<std::uint32_t>(byte - place.before.bytes));
  if (!scalar) return std::nullopt;
  return place.before.scalars + *scalar;
}

std::optional<std::uint64_t> Rope::scalar_of_utf16(std::uint64_t units) const {
  if (units > utf16_units()) return std::nullopt;
  const Place place = find(RopeIndex::Measure::utf16, static_cast<std::uint32_t>(units));
  const auto scalar =
      place.chunk->scalar_of_utf16(static_cast<std::uint32_t>(units - place.before.utf16));
  if (!scalar) return std::nullopt;
  return place.before.scalars + *scalar;
}

std::size_t Rope::memory_bytes() const {
  std::size_t sum = sizeof *this + block_bytes(open_.heap_bytes());
  if (!tree_) return sum;
  sum += block_bytes(sizeof(Tree)) + tree_->index.heap_bytes();
  sum += block_bytes(tree_->chunks.capacity() * sizeof(RopeChunk));
  sum += block_bytes(tree_->free.capacity() * sizeof(std::uint32_t));
  tree_->index.for_each([&](std::uint32_t number) {
    if (number != tree_->open) sum += block_bytes(tree_->chunks[number].heap_bytes());
  });
  return sum;
}

std::optional<std::string> Rope::check() const {
  if (const auto fault = open_.check()) return fault;
  if (!tree_) {
    if (start_ != 0 || rest_ != Extent{}) return "a text of one chunk counts others";
    return std::nullopt;
  }
  std::vector<Extent> extents(tree_->chunks.size());
  Extent before;
  Extent rest;
  std::size_t used = 0;
  std::optional<std::string> fault;
  tree_->index.for_each([&](std::uint32_t number) {
    ++used;
    const RopeChunk& one = chunk(number);
    const Extent extent = one.extent();
    extents[number] = number == tree_->open ? tree_->index.noted() : extent;
    if (number == tree_->open) before = rest;
    if (number != tree_->open) rest += extent;
    if (!fault) fault = one.check();
    if (!fault && extent.bytes > chunk_max) fault = "a chunk is too long";
    if (!fault && extent.bytes == 0 && number != tree_->open) fault = "a chunk is empty";
  });
  if (fault) return fault;
  if (before.scalars != start_ || before != tree_->index.before() || rest != rest_)
    return "the text is miscounted";
  if (used + tree_->free.size() != tree_->chunks.size()) return "a chunk is lost";
  return tree_->index.check(extents);
}

}  // namespace syncline::text
