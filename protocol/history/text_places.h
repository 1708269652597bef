// SPDX-License-Identifier: Apache-2.0
//
// TextPlaces: where the texts of a document are in other versions of it.
//
// Keys and nodes lead to the same place in every version. Items of lists are followed from version
// to version: by their names, and where an item was put there anew by how it reads. What `result`
// has is named as in the shape that it was made after, since what it was made of may be another
// item: a text that comes back may be written into one that was put there instead.
#pragma once

#include "protocol/crdt/document.h"

#include <array>
#include <optional>
#include <vector>

namespace syncline::history {

// As in taking_back.h; `result` is the version that the others are asked about.
enum class Sighted : std::uint8_t { before, apart, joined, now, result };
inline constexpr std::size_t sighted_count = 5;

template <class Each>
struct OfVersions {
  std::array<Each, sighted_count> each = {};

  Each& operator[](Sighted version) { return each[static_cast<std::size_t>(version)]; }
  const Each& operator[](Sighted version) const { return each[static_cast<std::size_t>(version)]; }
};

// Nothing: it is not there.
using TextPlaces = OfVersions<std::optional<crdt::Path>>;

// Of every text of `result`, which was to become `goal`. Where an item is there now, it is what it
// was then; what is only in `result` is looked for in `apart`.
std::vector<TextPlaces> places_of_texts(const OfVersions<const crdt::Document*>& versions,
                                        const crdt::Shape& goal);

// Of every text of one document.
std::vector<crdt::Path> paths_of_texts(const crdt::Shape& whole);

}  // namespace syncline::history
