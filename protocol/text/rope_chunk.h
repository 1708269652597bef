// SPDX-License-Identifier: Apache-2.0
//
// RopeChunk: a few hundred characters of a Rope, with a gap where they were last edited.
//
// Typing and deleting at one place moves nothing but the edges of the gap. Not responsible for
// its size: the rope splits what grows beyond max_bytes and joins what becomes small. A caller
// passes whole characters and places within the chunk.
#pragma once

#include "protocol/text/utf8.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace syncline::text {

// How much text something is, in the three ways of counting. 32 bits: no text comes near 4 GiB,
// and counts that are half as long are found twice as fast.
struct Extent {
  std::uint32_t scalars = 0;
  std::uint32_t bytes = 0;
  std::uint32_t utf16 = 0;

  bool operator==(const Extent&) const = default;
  // Modular, so that a difference may be negative as long as the sum in the end is not.
  Extent& operator+=(const Extent& other) {
    scalars += other.scalars;
    bytes += other.bytes;
    utf16 += other.utf16;
    return *this;
  }
  Extent& operator-=(const Extent& other) {
    scalars -= other.scalars;
    bytes -= other.bytes;
    utf16 -= other.utf16;
    return *this;
  }
  friend Extent operator+(Extent a, const Extent& b) { return a += b; }
  friend Extent operator-(Extent a, const Extent& b) { return a -= b; }

  static Extent of(std::string_view utf8, std::uint64_t scalars);
};

inline Extent Extent::of(std::string_view utf8, std::uint64_t scalars) {
  Extent extent;
  extent.scalars = static_cast<std::uint32_t>(scalars);
  extent.bytes = static_cast<std::uint32_t>(utf8.size());
  extent.utf16 = extent.scalars == extent.bytes ? extent.scalars
                                                : static_cast<std::uint32_t>(count_utf16(utf8));
  return extent;
}

class RopeChunk {
 public:
  static constexpr std::uint32_t max_bytes = 3072;

  RopeChunk() = default;
  RopeChunk(std::string_view utf8, const Extent& extent);
  RopeChunk(const RopeChunk& other);
  RopeChunk& operator=(const RopeChunk& other);
  RopeChunk(RopeChunk&& other) noexcept = default;
  RopeChunk& operator=(RopeChunk&& other) noexcept = default;
  ~RopeChunk() = default;

  const Extent& extent() const { return extent_; }
  // In order, the text is before() and then after().
  std::string_view before() const { return {bytes_.get(), gap_.bytes}; }
  std::string_view after() const {
    const std::uint32_t size = extent_.bytes - gap_.bytes;
    return {bytes_.get() + (capacity_ - size), size};
  }

  void insert(std::uint32_t scalar, std::string_view utf8, std::uint32_t scalars);
  void remove(std::uint32_t scalar, std::uint32_t scalars);
  // Takes away and returns what is at and behind a place.
  RopeChunk split(std::uint32_t scalar);
  void append(const RopeChunk& other);
  void append_to(std::string& out, std::uint32_t from, std::uint32_t to) const;

  std::uint32_t byte_of(std::uint32_t scalar) const;
  std::uint32_t utf16_of(std::uint32_t scalar) const;
  // Nothing inside a character. Requires: not beyond the end.
  std::optional<std::uint32_t> scalar_of_byte(std::uint32_t byte) const;
  std::optional<std::uint32_t> scalar_of_utf16(std::uint32_t units) const;

  // Gives back room that an idle chunk does not need.
  void fit() {
    if (capacity_ > extent_.bytes + extent_.bytes / 8 + 64) shrink();
  }
  std::size_t heap_bytes() const { return capacity_; }
  std::optional<std::string> check() const;

 private:
  // The text between two bytes, in two parts as the gap divides it.
  std::array<std::string_view, 2> parts(std::uint32_t from, std::uint32_t to) const;
  void move_gap(std::uint32_t scalar);
  void resize(std::uint32_t capacity);
  void grow(std::uint32_t size);
  void shrink();
  void remove_range(std::uint32_t from, std::uint32_t to);

  struct Gap {
    std::uint32_t bytes = 0;
    std::uint32_t scalars = 0;
  };

  std::unique_ptr<char[]> bytes_;
  std::uint32_t capacity_ = 0;
  Gap gap_;  // what precedes it
  Extent extent_;
};

inline void RopeChunk::insert(std::uint32_t scalar, std::string_view utf8, std::uint32_t scalars) {
  const auto size = static_cast<std::uint32_t>(utf8.size());
  if (scalar != gap_.scalars) move_gap(scalar);
  if (capacity_ - extent_.bytes < size) grow(size);
  char* to = bytes_.get() + gap_.bytes;
  if (size == 1) {
    *to = utf8[0];
  } else {
    std::memcpy(to, utf8.data(), size);
  }
  gap_.bytes += size;
  gap_.scalars += scalars;
  extent_ += Extent::of(utf8, scalars);
}

inline void RopeChunk::remove(std::uint32_t scalar, std::uint32_t scalars) {
  // Within ASCII all counts are alike, and beside the gap its edges are all that moves.
  if (extent_.bytes == extent_.scalars) {
    if (scalar + scalars == gap_.scalars) {
      gap_ = {scalar, scalar};
      extent_ -= {scalars, scalars, scalars};
      return;
    }
    if (scalar == gap_.scalars) {
      extent_ -= {scalars, scalars, scalars};
      return;
    }
  }
  remove_range(scalar, scalar + scalars);
}

}  // namespace syncline::text
