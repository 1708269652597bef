// SPDX-License-Identifier: Apache-2.0
#include "protocol/log/chain_hashes.h"

#include "protocol/base/check.h"

namespace syncline::log {

void ChainHashes::clear() {
  values_.clear();
  order_.clear();
}

void ChainHashes::remember(const Place& place, const Digest& hash) {
  if (values_.contains(place) || entries_max_ == 0) return;
  order_.push_front(place);
  values_.emplace(place, Value{hash, order_.begin()});
  if (values_.size() <= entries_max_) return;
  values_.erase(order_.back());
  order_.pop_back();
}

Result<Digest> ChainHashes::at(const StoreReader& reader, const LogId& log, std::uint64_t seq) {
  const auto record = find_head(reader, log);
  if (!record) return pass(record);
  if (!*record || seq > (*record)->seq())
    return fail(Errc::not_found, "this position of the log is not held");
  if (seq == (*record)->seq()) return (*record)->head.at.hash;
  if (seq == 0) return chain_start((*record)->origin);
  const Place place{log, seq};
  if (const auto found = values_.find(place); found != values_.end()) {
    order_.splice(order_.begin(), order_, found->second.used);
    return found->second.hash;
  }

  const auto stored = read_block(reader, log, seq);
  if (!stored) return fail(Errc::corrupt, "a block below the head is missing");
  const auto block = decode_block(*stored);
  if (!block) return fail(Errc::corrupt, "a stored block is damaged");
  // Go on from the nearest position before it that is remembered.
  std::uint64_t from = block->header.first_seq - 1;
  Digest hash = block->header.hash_before;
  const auto above = values_.upper_bound(place);
  if (above != values_.begin()) {
    const auto& [below, value] = *std::prev(above);
    if (below.log == log && below.seq > from) {
      from = below.seq;
      hash = value.hash;
    }
  }
  const auto start = static_cast<std::size_t>(from + 1 - block->header.first_seq);
  hash = chain_over(hash,
                    std::span(block->events).subspan(start, static_cast<std::size_t>(seq - from)));
  remember(place, hash);
  return hash;
}

Result<Buffer> read_batch(const StoreReader& reader, ChainHashes& hashes, const LogId& log,
                          std::uint64_t from) {
  std::vector<Buffer> stored;
  std::uint64_t first = 0;
  std::size_t size = 0;
  const Status scanned = scan_blocks(reader, log, from, [&](const BlockView& block, Bytes encoded) {
    if (stored.empty()) first = block.header.first_seq;
    size += encoded.size();
    if (!stored.empty() && size > limits::batch_size_max) return false;
    stored.push_back(to_buffer(encoded));
    return !ends_range(block.last_seq());
  });
  if (!scanned) return pass(scanned);
  if (stored.empty() || first > from) return fail(Errc::not_found, "no block holds this event");
  if (stored.size() == 1 && first == from) return std::move(stored.front());

  const std::vector<Bytes> blocks(stored.begin(), stored.end());
  auto merged = merge_blocks(blocks);
  if (!merged) return pass(merged);
  if (first == from) return std::move(merged->block);
  const auto before = hashes.at(reader, log, from - 1);
  if (!before) return pass(before);
  const auto view = decode_block(merged->block);
  if (!view) return pass(view);
  return slice_block(*view, from, *before);
}

}  // namespace syncline::log
