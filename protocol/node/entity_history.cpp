// SPDX-License-Identifier: Apache-2.0
//
// history = n:varint n*size:varint recent:bytes
#include "protocol/node/entity_history.h"

#include "protocol/base/check.h"
#include "protocol/base/limits.h"

namespace syncline::node {

namespace {

constexpr std::size_t history_rows_max = 4096;

// Segments that follow each other as one. They begin with the version the first begins with.
Result<Buffer> join(std::span<const Buffer> segments) {
  std::optional<history::SegmentWriter> writer;
  for (const Buffer& segment : segments) {
    auto reader = history::SegmentReader::open(segment);
    if (!reader) return pass(reader);
    if (!writer) writer.emplace(reader->base());
    while (true) {
      const auto event = reader->next();
      if (!event) return pass(event);
      if (*event == nullptr) break;
      writer->add(history::view_of(**event));
    }
  }
  return writer ? writer->take() : Buffer();
}

}  // namespace

void EntityHistory::add(const history::PastEventView& event, const crdt::VersionVector& base) {
  if (!tail_) tail_ = std::make_unique<history::SegmentWriter>(base);
  tail_->add(event);
}

Buffer EntityHistory::recent() {
  if (!tail_) return recent_;
  Buffer fresh = tail_->take();
  tail_.reset();
  if (!recent_.empty()) {
    const Buffer both[] = {std::move(recent_), std::move(fresh)};
    auto joined = join(both);
    SYNCLINE_CHECK(joined);  // the older one is as it was written: rows are sealed
    fresh = std::move(*joined);
  }
  recent_ = std::move(fresh);
  return recent_;
}

std::optional<EntityHistory::Spill> EntityHistory::plan_spill() {
  if (recent().size() <= recent_size_max) return std::nullopt;
  Spill plan;
  std::size_t size = recent_.size();
  while (plan.joined < rows_.size()) {
    const std::size_t before = rows_[rows_.size() - 1 - plan.joined];
    if (before > 2 * size || before + size > joined_size_max) break;
    size += before;
    ++plan.joined;
  }
  return plan;
}

Result<Buffer> EntityHistory::spill(const Spill& plan, std::span<const Buffer> joined) {
  std::vector<Buffer> parts(joined.begin(), joined.end());
  parts.push_back(recent_);
  auto row = parts.size() == 1 ? Result<Buffer>(std::move(parts.front())) : join(parts);
  if (!row) return row;
  recent_.clear();
  rows_.resize(rows_.size() - plan.joined);
  rows_.push_back(static_cast<std::uint32_t>(row->size()));
  return row;
}

void EntityHistory::encode(wire::Writer& out) {
  out.varint(rows_.size());
  for (const std::uint32_t size : rows_) out.varint(size);
  out.bytes(recent());
}

EntityHistory EntityHistory::decode(wire::Reader& in) {
  EntityHistory out;
  const std::uint64_t rows = in.varint(history_rows_max);
  for (std::uint64_t i = 0; i < rows && in.ok(); ++i)
    out.rows_.push_back(static_cast<std::uint32_t>(in.varint(UINT32_MAX)));
  out.recent_ = to_buffer(in.bytes(64 * recent_size_max));
  return out;
}

std::size_t EntityHistory::size_bytes() const {
  return recent_.capacity() + (tail_ ? tail_->size_bytes() + sizeof(*tail_) : 0);
}

}  // namespace syncline::node
