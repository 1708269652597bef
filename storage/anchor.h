// SPDX-License-Identifier: Apache-2.0
//
// Anchor: what this device remembers of its own logs outside the store.
//
// A store that was cut short, or put back from a backup, cannot tell by itself; the
// anchor can. This file is the pure part: layout and comparison. Files: anchor_file.h.
// What follows from a mismatch (stop authoring, new incarnation) is the caller's.
#pragma once

#include "protocol/base/ids.h"
#include "protocol/base/result.h"
#include "protocol/crypto/secret.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace syncline::storage {

// One entry per own log: 65,536 spaces' worth, 3.5 MiB at most.
inline constexpr std::size_t anchor_logs_max = 65536;

struct AnchoredLog {
  LogId log;
  std::uint64_t seq = 0;
  Digest head;  // chain hash at `seq`

  auto operator<=>(const AnchoredLog&) const = default;
};

struct Anchor {
  StoreEpoch epoch;
  std::uint64_t generation = 0;   // grows by one with every writing; the higher copy counts
  std::vector<AnchoredLog> logs;  // ascending by log, each log once

  bool operator==(const Anchor&) const = default;
};

std::size_t anchor_size(std::size_t log_count);

// Requires: at most anchor_logs_max logs, ascending.
Buffer encode_anchor(const Anchor& anchor, crypto::KeyView key);
// Errc::bad_signature if the key does not fit, Errc::unsupported for a newer format.
Result<Anchor> decode_anchor(Bytes bytes, crypto::KeyView key);

// The chain hash of `log` at `seq`; nothing if the store does not reach that far.
using ChainHashAt = std::function<Result<std::optional<Digest>>(LogId log, std::uint64_t seq)>;

// Errc::rolled_back, naming the first difference, if the store holds less than the anchor or
// something else. Own events after the anchored ones are no difference.
Status compare_with_store(const Anchor& anchor, StoreEpoch store_epoch, const ChainHashAt& hash_at);

}  // namespace syncline::storage
