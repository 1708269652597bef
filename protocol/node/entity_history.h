// SPDX-License-Identifier: Apache-2.0
//
// EntityHistory: where the events of one entity are kept, from the first one on.
//
// New events gather in memory, then in a small segment that is stored with the entity, then in
// rows of their own; neighbouring rows of like size become one, so that there are few. Nobody
// reads them to show the entity. Derived from the log, like all of the view.
#pragma once

#include "protocol/history/segment.h"

#include <memory>
#include <vector>

namespace syncline::node {

class EntityHistory {
 public:
  // `base`: all earlier events of the entity.
  void add(const history::PastEventView& event, const crdt::VersionVector& base);
  bool has_news() const { return tail_ != nullptr; }

  // The segments that follow those with rows of their own; made of what gathered.
  Buffer recent();
  // Sizes in bytes of the segments with rows of their own, the oldest first.
  const std::vector<std::uint32_t>& rows() const { return rows_; }

  // A row that must be written for what gathered, made of the last `joined` rows too.
  struct Spill {
    std::size_t joined = 0;
  };
  std::optional<Spill> plan_spill();
  // The contents of the `joined` rows, in order. Returns the new row, number rows().size() - 1
  // from now on. Errors: Errc::corrupt.
  Result<Buffer> spill(const Spill& plan, std::span<const Buffer> joined);

  void encode(wire::Writer& out);
  // Fails the reader.
  static EntityHistory decode(wire::Reader& in);

  std::size_t size_bytes() const;

 private:
  static constexpr std::size_t recent_size_max = 1024;
  static constexpr std::size_t joined_size_max = 1024 * 1024;

  std::vector<std::uint32_t> rows_;
  Buffer recent_;  // a segment, or nothing
  std::unique_ptr<history::SegmentWriter> tail_;
};

}  // namespace syncline::node
