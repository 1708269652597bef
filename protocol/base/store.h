// SPDX-License-Identifier: Apache-2.0
//
// Store: what the core needs of a disk: ordered keys, atomic durable writes.
//
// Reads are synchronous. Writes are data: the core returns them, the shell commits a
// whole group atomically and only then performs the effects. The layout of keys and
// values of each family is in storage/FORMAT.md.
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/base/result.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace syncline {

// One keyspace each. The numbers are part of no format; the names are those on disk.
enum class Family : std::uint8_t {
  meta,     // schema, store epoch, counters, local device, one key each
  events,   // log id, first seq -> block of events as received
  heads,    // log id -> head, base, change number
  feed,     // change number -> what changed last at that number
  records,  // space id, record id -> signed record
  devices,  // device id -> what is known of another device: watermarks, receipts, addresses
  keys,     // key id -> sealed entity key
  view,     // sealed materialised state of entities, sealed merge cursors
  proofs,   // log id -> equivocation proof
};
inline constexpr std::size_t family_count = 9;
std::string_view name_of(Family family);

struct Write {
  Family family{};
  Buffer key;
  std::optional<Buffer> value;  // nothing: the key is removed
};

enum class Durability : std::uint8_t {
  synced,    // on disk when commit returns
  buffered,  // survives the process, not a power cut
};

class StoreReader {
 public:
  virtual ~StoreReader() = default;

  // An error is a failed or damaged disk; a missing key is an empty optional.
  virtual Result<std::optional<Buffer>> get(Family family, Bytes key) const = 0;

  // Visits keys in [from, to) in ascending order until the visitor says false.
  // An empty `to` means the end of the family. The spans are valid during the call only.
  using Visitor = std::function<bool(Bytes key, Bytes value)>;
  virtual Status scan(Family family, Bytes from, Bytes to, const Visitor& visit) const = 0;

  // The greatest key <= `at` and >= `floor`, with its value.
  struct Entry {
    Buffer key;
    Buffer value;
  };
  virtual Result<std::optional<Entry>> find_last(Family family, Bytes floor, Bytes at) const = 0;
};

class Store : public StoreReader {
 public:
  // All of `writes` or none, later ones winning. After an error the store accepts no
  // further write until it has been reopened (Errc::degraded).
  virtual Status commit(const std::vector<Write>& writes, Durability durability) = 0;
};

}  // namespace syncline
