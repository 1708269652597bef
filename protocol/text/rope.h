// SPDX-License-Identifier: Apache-2.0
//
// Rope: the present content of one text, made for being edited anywhere at any size.
//
// Chunks of UTF-8 under an index of counts; the chunk that was edited last is kept at hand, so
// that typing at one place costs a few nanoseconds. Not responsible for validity, history or who
// wrote what. A caller passes valid UTF-8 and places inside the text, in characters (Unicode
// scalars); a text stays below 4 GiB.
#pragma once

#include "protocol/text/rope_chunk.h"
#include "protocol/text/rope_index.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncline::text {

class Rope {
 public:
  Rope() = default;
  explicit Rope(std::string_view utf8);
  Rope(const Rope& other);
  Rope& operator=(const Rope& other);
  Rope(Rope&& other) noexcept : Rope() { swap(other); }
  Rope& operator=(Rope&& other) noexcept;
  ~Rope() = default;

  std::uint64_t scalars() const { return rest_.scalars + open_.extent().scalars; }
  std::size_t bytes() const { return rest_.bytes + open_.extent().bytes; }
  std::uint64_t utf16_units() const { return rest_.utf16 + open_.extent().utf16; }

  // Requires: position <= scalars(), and `count` characters in utf8.
  void insert(std::uint64_t position, std::string_view utf8, std::uint64_t count);
  // Requires: position + count <= scalars().
  void remove(std::uint64_t position, std::uint64_t count);

  std::string text() const;
  // Requires: position + count <= scalars().
  std::string slice(std::uint64_t position, std::uint64_t count) const;
  // Calls visit(std::string_view) with all of the text, in order.
  template <class Visit>
  void for_each_chunk(Visit&& visit) const;

  // Requires: scalar <= scalars().
  std::uint64_t byte_of(std::uint64_t scalar) const;
  std::uint64_t utf16_of(std::uint64_t scalar) const;
  // Nothing beyond the end or inside a character.
  std::optional<std::uint64_t> scalar_of_byte(std::uint64_t byte) const;
  std::optional<std::uint64_t> scalar_of_utf16(std::uint64_t units) const;

  // All memory that this text takes.
  std::size_t memory_bytes() const;
  // What is wrong with it, for tests.
  std::optional<std::string> check() const;
  void swap(Rope& other) noexcept;

 private:
  // Present as soon as there is more than one chunk. The chunk at the index's cursor is open_;
  // what lies at its number in `chunks` is void.
  struct Tree {
    explicit Tree(const Extent& first) : index(0, first), chunks(1) {}

    RopeIndex index;
    std::vector<RopeChunk> chunks;
    std::vector<std::uint32_t> free;
    std::uint32_t open = 0;
  };
  struct Place {
    const RopeChunk* chunk = nullptr;
    Extent before;
  };

  const RopeChunk& chunk(std::uint32_t number) const {
    return number == tree_->open ? open_ : tree_->chunks[number];
  }
  Place find(RopeIndex::Measure measure, std::uint32_t value) const;
  void seek(std::uint32_t scalar);
  void close();
  void join_or_erase();
  void put_behind(RopeChunk chunk);
  void insert_beyond(std::uint64_t position, std::string_view utf8, std::uint64_t count);
  void insert_long(std::uint32_t offset, std::string_view utf8, std::uint64_t count);

  RopeChunk open_;
  Extent rest_;              // all but open_
  std::uint32_t start_ = 0;  // characters before open_
  std::unique_ptr<Tree> tree_;
};

template <class Visit>
void Rope::for_each_chunk(Visit&& visit) const {
  const auto both = [&visit](const RopeChunk& one) {
    if (!one.before().empty()) visit(one.before());
    if (!one.after().empty()) visit(one.after());
  };
  if (!tree_) return both(open_);
  tree_->index.for_each([&](std::uint32_t number) { both(chunk(number)); });
}

}  // namespace syncline::text
