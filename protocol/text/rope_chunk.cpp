// SPDX-License-Identifier: Apache-2.0
#include "protocol/text/rope_chunk.h"

#include <algorithm>

namespace syncline::text {

namespace {

// Where character `scalar` of `part` begins, found from the nearer end.
std::uint32_t byte_in(std::string_view part, std::uint32_t scalars, std::uint32_t scalar) {
  constexpr std::uint32_t near = 32;
  if (part.size() == scalars) return scalar;  // ASCII
  if (scalars - scalar >= near) return static_cast<std::uint32_t>(byte_of_scalar(part, scalar));
  std::size_t at = part.size();
  for (std::uint32_t left = scalars - scalar; left > 0; --left) {
    do --at;
    while (!begins_character(part[at]));
  }
  return static_cast<std::uint32_t>(at);
}

}  // namespace

RopeChunk::RopeChunk(std::string_view utf8, const Extent& extent) : extent_(extent) {
  resize(extent.bytes);
  if (extent.bytes > 0) std::memcpy(bytes_.get(), utf8.data(), extent.bytes);
  gap_ = {extent.bytes, extent.scalars};
}

RopeChunk::RopeChunk(const RopeChunk& other) : gap_(other.gap_), extent_(other.extent_) {
  if (!other.bytes_) return;
  bytes_ = std::make_unique_for_overwrite<char[]>(other.capacity_);
  capacity_ = other.capacity_;
  const std::size_t behind = extent_.bytes - gap_.bytes;
  if (gap_.bytes > 0) std::memcpy(bytes_.get(), other.bytes_.get(), gap_.bytes);
  if (behind > 0) std::memcpy(bytes_.get() + (capacity_ - behind), other.after().data(), behind);
}

RopeChunk& RopeChunk::operator=(const RopeChunk& other) {
  if (this != &other) *this = RopeChunk(other);
  return *this;
}

void RopeChunk::resize(std::uint32_t capacity) {
  if (capacity == capacity_) return;
  auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
  const std::size_t behind = bytes_ ? extent_.bytes - gap_.bytes : 0;
  if (gap_.bytes > 0) std::memcpy(bytes.get(), bytes_.get(), gap_.bytes);
  if (behind > 0) std::memcpy(bytes.get() + (capacity - behind), after().data(), behind);
  bytes_ = std::move(bytes);
  capacity_ = capacity;
}

void RopeChunk::grow(std::uint32_t size) {
  const std::uint32_t needed = extent_.bytes + size;
  resize(needed + needed / 16 + 16);
}

void RopeChunk::shrink() { resize(extent_.bytes + extent_.bytes / 32); }

std::uint32_t RopeChunk::byte_of(std::uint32_t scalar) const {
  if (scalar <= gap_.scalars) return byte_in(before(), gap_.scalars, scalar);
  return gap_.bytes + byte_in(after(), extent_.scalars - gap_.scalars, scalar - gap_.scalars);
}

void RopeChunk::move_gap(std::uint32_t scalar) {
  const std::uint32_t to = byte_of(scalar);
  char* const edge = bytes_.get() + (capacity_ - (extent_.bytes - gap_.bytes));
  if (to < gap_.bytes) {
    const std::uint32_t moved = gap_.bytes - to;
    std::memmove(edge - moved, bytes_.get() + to, moved);
  } else if (to > gap_.bytes) {
    std::memmove(bytes_.get() + gap_.bytes, edge, to - gap_.bytes);
  }
  gap_ = {to, scalar};
}

void RopeChunk::remove_range(std::uint32_t from, std::uint32_t to) {
  if (to < gap_.scalars) move_gap(to);
  if (from > gap_.scalars) move_gap(from);
  // Now the gap lies within the range or at one of its edges, and swallows both parts.
  const std::uint32_t first = byte_of(from);
  const std::uint32_t last = byte_of(to);
  const std::string_view left = before().substr(first);
  const std::string_view right = after().substr(0, last - gap_.bytes);
  const Extent removed =
      Extent::of(left, gap_.scalars - from) + Extent::of(right, to - gap_.scalars);
  gap_ = {first, from};
  extent_ -= removed;
}

RopeChunk RopeChunk::split(std::uint32_t scalar) {
  if (scalar != gap_.scalars) move_gap(scalar);
  const std::string_view tail = after();
  RopeChunk behind(tail, Extent::of(tail, extent_.scalars - scalar));
  extent_ -= behind.extent_;
  fit();
  return behind;
}

void RopeChunk::append(const RopeChunk& other) {
  const Extent extent = extent_ + other.extent_;
  if (gap_.scalars != extent_.scalars) move_gap(extent_.scalars);
  if (capacity_ < extent.bytes) resize(extent.bytes);
  for (const std::string_view part : {other.before(), other.after()}) {
    if (part.empty()) continue;
    std::memcpy(bytes_.get() + gap_.bytes, part.data(), part.size());
    gap_.bytes += static_cast<std::uint32_t>(part.size());
  }
  gap_.scalars = extent.scalars;
  extent_ = extent;
}

std::array<std::string_view, 2> RopeChunk::parts(std::uint32_t from, std::uint32_t to) const {
  const std::uint32_t edge = gap_.bytes;
  std::array<std::string_view, 2> both;
  if (from < edge) both[0] = before().substr(from, std::min(to, edge) - from);
  if (to > edge) both[1] = after().substr(std::max(from, edge) - edge, to - std::max(from, edge));
  return both;
}

void RopeChunk::append_to(std::string& out, std::uint32_t from, std::uint32_t to) const {
  for (const std::string_view part : parts(byte_of(from), byte_of(to))) out.append(part);
}

std::uint32_t RopeChunk::utf16_of(std::uint32_t scalar) const {
  if (extent_.utf16 == extent_.scalars) return scalar;
  const auto [left, right] = parts(0, byte_of(scalar));
  return static_cast<std::uint32_t>(count_utf16(left) + count_utf16(right));
}

std::optional<std::uint32_t> RopeChunk::scalar_of_byte(std::uint32_t byte) const {
  if (extent_.bytes == extent_.scalars || byte == extent_.bytes)
    return byte - (extent_.bytes - extent_.scalars);  // ASCII, or the end
  const auto [left, right] = parts(0, byte);
  const char next = byte < gap_.bytes ? before()[byte] : after()[byte - gap_.bytes];
  if (!begins_character(next)) return std::nullopt;
  return static_cast<std::uint32_t>(count_scalars(left) + count_scalars(right));
}

std::optional<std::uint32_t> RopeChunk::scalar_of_utf16(std::uint32_t units) const {
  if (extent_.utf16 == extent_.scalars) return units;
  const auto left = static_cast<std::uint32_t>(count_utf16(before()));
  const bool behind = units > left;
  const std::string_view part = behind ? after() : before();
  const auto byte = byte_of_utf16(part, units - (behind ? left : 0));
  if (!byte) return std::nullopt;
  return static_cast<std::uint32_t>((behind ? gap_.scalars : 0) +
                                    count_scalars(part.substr(0, *byte)));
}

std::optional<std::string> RopeChunk::check() const {
  if (extent_.bytes > capacity_ || gap_.bytes > extent_.bytes) return "a chunk's gap is misplaced";
  if (capacity_ > 0 && !bytes_) return "a chunk lost its bytes";
  if (count_scalars(before()) != gap_.scalars) return "a chunk's gap is miscounted";
  const auto counts = [](std::string_view part) { return Extent::of(part, count_scalars(part)); };
  if (counts(before()) + counts(after()) != extent_) return "a chunk is miscounted";
  for (const std::string_view part : {before(), after()})
    if (!part.empty() && !begins_character(part.front())) return "a chunk cuts a character";
  return std::nullopt;
}

}  // namespace syncline::text
