// SPDX-License-Identifier: Apache-2.0
//
// ChainHashes: the chain value at any held position of any log, with a small memory.
//
// Values are recomputed from the start of a block, at most 1024 steps. After a commit was
// lost (StoreFailed), call clear(): an own position may get another event next time.
#pragma once

#include "protocol/log/log_store.h"

#include <list>
#include <map>

namespace syncline::log {

class ChainHashes {
 public:
  static constexpr std::size_t entries_default = 4096;

  explicit ChainHashes(std::size_t entries_max = entries_default) : entries_max_(entries_max) {}

  // The chain value after event `seq`; for seq 0 where the log starts.
  // Errors: Errc::not_found beyond the head or for an unknown log; Errc::corrupt; Errc::io.
  Result<Digest> at(const StoreReader& reader, const LogId& log, std::uint64_t seq);
  void clear();
  std::size_t size() const { return values_.size(); }

 private:
  struct Place {
    LogId log;
    std::uint64_t seq = 0;
    auto operator<=>(const Place&) const = default;
  };
  struct Value {
    Digest hash;
    std::list<Place>::iterator used;
  };
  void remember(const Place& place, const Digest& hash);

  std::size_t entries_max_;
  std::map<Place, Value> values_;
  std::list<Place> order_;  // most recently used first
};

// A verifiable block for a device that holds the log up to from - 1: the stored blocks from
// there on, merged as far as they fit and cut at the front. Errors: Errc::not_found if
// event `from` is not held.
Result<Buffer> read_batch(const StoreReader& reader, ChainHashes& hashes, const LogId& log,
                          std::uint64_t from);

}  // namespace syncline::log
