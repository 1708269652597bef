// SPDX-License-Identifier: Apache-2.0
//
// Messages: what two devices of one vault say to each other on a link. Spec section 8.
//
// One struct a message, encode and decode. Decoding bounds every list and every length
// before it allocates; what the content means, and whether it is true, is decided by
// link_sync and replicator.
#pragma once

#include "protocol/base/ids.h"
#include "protocol/base/result.h"
#include "protocol/base/time.h"
#include "protocol/crypto/sign.h"
#include "protocol/log/chain.h"

#include <string>
#include <vector>

namespace syncline::sync {

enum class MessageType : std::uint8_t {
  hello = 0x10,  // below that: session/channel.h
  rows = 0x11,
  rows_end = 0x12,
  pull = 0x13,
  batch = 0x14,
  record_ids = 0x15,
  records = 0x16,
  receipt = 0x17,
  prune = 0x18,
  graft = 0x19,
  proof = 0x1a,
  full = 0x1b,         // send every row again
  head_wanted = 0x1c,  // show the signed head of a log
  head = 0x1d,
  addresses = 0x1e,
};

// The first 8 bytes of a hash: a hint that two sides differ, never a reason to accept.
using ShortHash = Id<struct ShortHashTag, 8>;
ShortHash short_hash(const Digest& digest);

struct Hello {
  StoreEpoch epoch;        // of the sender's store
  StoreEpoch known_epoch;  // the receiver's epoch as the sender remembers it; zero: never met
  std::uint64_t known_change = 0;  // of the receiver's store, everything up to here is stored
  bool receive_paused = false;
  bool send_paused = false;            // nothing is served: pull elsewhere
  std::vector<std::string> addresses;  // where the sender listens, "host:port"; host may be empty
};

struct Row {
  LogId log;
  std::uint64_t seq = 0;
  ShortHash head;

  bool operator==(const Row&) const = default;
};
struct SpaceRows {
  SpaceId space;
  std::uint64_t records = 0;  // number of roster records, and a hash over their ids
  ShortHash roster;
  std::vector<Row> rows;
};
struct Rows {
  std::vector<SpaceRows> spaces;
};
// Ends an exchange: with the rows before it the receiver knows the sender's store up to `change`.
struct RowsEnd {
  std::uint64_t change = 0;
  Digest set_digest;  // over every row the sender holds
  std::uint64_t row_count = 0;
};

struct Pull {
  LogId log;
  std::uint64_t from = 0;  // first seq wanted
  std::uint64_t to = 0;    // last seq wanted
};
struct Batch {
  LogId log;
  Bytes block;  // as log::Block encodes it; aliases the message
};

// Everything the sender has of a roster, named by the first 16 bytes of each id; the
// answer is the records it lacks.
using ShortRecordId = Id<struct ShortRecordTag, 16>;
struct RecordIds {
  SpaceId space;
  std::vector<ShortRecordId> ids;
};
struct Records {
  SpaceId space;
  bool last = false;  // no more follow for this question
  std::vector<Buffer> records;
};

// A device's signed statement of what it durably holds.
struct Receipt {
  SpaceId vault;
  DeviceId device;
  StoreEpoch epoch;
  std::uint64_t change = 0;
  WallTime at;
  Digest set_digest;
  std::vector<Row> rows;
  crypto::Signature signature;
};

// A log's head with its signature: evidence about forks and rollbacks.
struct HeadWanted {
  LogId log;
};
struct Head {
  LogId log;
  log::SignedHead head;
};
struct ProofMessage {
  Bytes proof;  // as log::encode_proof; aliases the message
};

// Where devices of the vault can be reached, the sender among them.
struct Addresses {
  struct Of {
    DeviceId device;
    std::vector<std::string> addresses;  // as in a hello
  };
  std::vector<Of> devices;
};

struct Prune {
  SpaceId space;
};
struct Graft {
  SpaceId space;
};

Buffer encode(const Hello& message);
Buffer encode(const Rows& message);
Buffer encode(const RowsEnd& message);
Buffer encode(const Pull& message);
Buffer encode(const Batch& message);
Buffer encode(const RecordIds& message);
Buffer encode(const Records& message);
Buffer encode(const Receipt& message);
Buffer encode(const Prune& message);
Buffer encode(const Graft& message);
Buffer encode(const HeadWanted& message);
Buffer encode(const Head& message);
Buffer encode(const ProofMessage& message);
Buffer encode(const Addresses& message);
Buffer encode_full();

// Errors: Errc::truncated, oversized, non_canonical, invalid: the sender broke the protocol.
Result<Hello> decode_hello(Bytes body);
Result<Rows> decode_rows(Bytes body);
Result<RowsEnd> decode_rows_end(Bytes body);
Result<Pull> decode_pull(Bytes body);
Result<Batch> decode_batch(Bytes body);
Result<RecordIds> decode_record_ids(Bytes body);
Result<Records> decode_records(Bytes body);
Result<Receipt> decode_receipt(Bytes body);
Result<Prune> decode_prune(Bytes body);
Result<Graft> decode_graft(Bytes body);
Result<HeadWanted> decode_head_wanted(Bytes body);
Result<Head> decode_head(Bytes body);
Result<ProofMessage> decode_proof_message(Bytes body);
Result<Addresses> decode_addresses(Bytes body);
Status decode_full(Bytes body);

// What a receipt's signature covers.
Buffer signed_part(const Receipt& receipt);

// Bounds that only these messages have.
inline constexpr std::size_t hello_addresses_max = 8;
inline constexpr std::size_t address_size_max = 128;
inline constexpr std::size_t addresses_devices_max = 32;
inline constexpr std::size_t rows_per_message_max = 1800;  // 32 bytes each, within 60 KiB
inline constexpr std::size_t spaces_per_message_max = 1024;
inline constexpr std::size_t record_ids_per_message_max = 4096;  // 64 KiB of short ids
inline constexpr std::size_t receipt_rows_max = 1800;

}  // namespace syncline::sync
