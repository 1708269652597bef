// SPDX-License-Identifier: Apache-2.0
//
// A log of known content in a store: what fault tests write, and how they know what is lost.
//
// Each commit adds event `seq` and moves the head and the feed, so that three families
// always have to agree. Contents follow from seq alone; no oracle has to be kept.
#pragma once

#include "protocol/base/store.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"
#include "storage/anchor.h"
#include "tests/storage/seeded_random.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace syncline::storage {

// Small, so that files are written out and merged all the time.
inline constexpr std::size_t chain_write_buffer_size = 128 * 1024;

inline LogId chain_log() {
  LogId log;
  log.bytes.fill(0x4c);
  return log;
}
inline Buffer chain_key(std::uint64_t seq) {
  return wire::Writer().id(chain_log()).u64(seq).take();
}

// Mostly small, now and then large enough for a blob file.
inline Buffer chain_event(std::uint64_t seq) {
  SeededRandom random(seq);
  const std::size_t size = seq % 16 == 0 ? 20'000 : 100 + random.below(200);
  return random.bytes(size);
}

inline Digest chain_hash(std::uint64_t seq) {
  SeededRandom random(~seq);
  Digest hash;
  random.fill(hash.bytes);
  return hash;
}

inline std::vector<Write> chain_writes(std::uint64_t seq) {
  std::vector<Write> writes;
  writes.push_back({Family::events, chain_key(seq), chain_event(seq)});
  writes.push_back({Family::heads, to_buffer(chain_log().view()),
                    wire::Writer().u64(seq).id(chain_hash(seq)).take()});
  writes.push_back({Family::feed, wire::Writer().u64(seq).take(), to_buffer(chain_log().view())});
  if (seq > 1) writes.push_back({Family::feed, wire::Writer().u64(seq - 1).take(), std::nullopt});
  return writes;
}

// The newest seq, 0 for none. Errc::corrupt if the three families do not agree on a whole chain.
inline Result<std::uint64_t> chain_length(const StoreReader& store) {
  const auto head = store.get(Family::heads, chain_log().view());
  if (!head) return pass(head);
  std::uint64_t length = 0;
  if (*head) {
    wire::Reader in(**head);
    length = in.u64();
    if (in.id<Digest>() != chain_hash(length)) return fail(Errc::corrupt, "the head differs");
  }
  std::uint64_t expected = 1;
  std::string wrong;
  const Status events = store.scan(Family::events, {}, {}, [&](Bytes key, Bytes value) {
    if (!equal(key, chain_key(expected)) || !equal(value, chain_event(expected)))
      wrong = "event " + std::to_string(expected) + " is missing or differs";
    ++expected;
    return wrong.empty();
  });
  if (!events) return pass(events);
  if (!wrong.empty()) return fail(Errc::corrupt, wrong);
  if (expected != length + 1)
    return fail(Errc::corrupt, "head " + std::to_string(length) + ", events up to " +
                                   std::to_string(expected - 1));
  std::vector<std::uint64_t> moved;
  const Status feed = store.scan(Family::feed, {}, {}, [&](Bytes key, Bytes) {
    moved.push_back(wire::Reader(key).u64());
    return true;
  });
  if (!feed) return pass(feed);
  const bool agrees = length == 0 ? moved.empty() : moved == std::vector{length};
  if (!agrees) return fail(Errc::corrupt, "the feed does not end at the head");
  return length;
}

// How compare_with_store looks up this chain in a store of `length` whole events.
inline ChainHashAt chain_lookup(std::uint64_t length) {
  return [length](LogId log, std::uint64_t seq) -> Result<std::optional<Digest>> {
    if (log != chain_log() || seq > length) return std::optional<Digest>();
    return std::optional<Digest>(chain_hash(seq));
  };
}

}  // namespace syncline::storage
