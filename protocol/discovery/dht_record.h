// SPDX-License-Identifier: Apache-2.0
//
// DHT record: where a device can be reached today, as a BEP 44 mutable item.
//
// Sealed for its audience, padded, signed by the day's key and, while the vault is unlocked, by
// the device. What it says are hints: a lie costs a call in vain and no more. Where and when it is
// put and looked for is not known here. Spec F8 to F10.
#pragma once

#include "protocol/base/random.h"
#include "protocol/base/result.h"
#include "protocol/discovery/day_keys.h"
#include "protocol/discovery/dialable.h"

#include <string>
#include <vector>

namespace syncline::discovery {

inline constexpr std::size_t record_addresses_max = 8;
inline constexpr std::size_t record_relays_max = 4;
inline constexpr std::size_t dht_value_size_max = 1000;  // bencoded; BEP 44

struct DhtRecord {
  std::uint32_t minute = 0;  // since 1970; also the sequence number
  std::vector<session::CompactAddress> addresses;
  std::vector<std::string> relays;
};
// For the next record of a day: later than the last one (0: none), also within one minute.
std::uint32_t next_minute(WallTime now, std::uint32_t last);

// A mutable item without salt.
struct DhtItem {
  std::int64_t seq = 0;
  Buffer value;  // a byte string, not bencoded yet
  crypto::Signature signature;
};
// `device`: the device's signing key, nullptr while the vault is locked. Addresses and relays
// beyond the maximum are left out. Requires: IPs of 4 or 16 bytes; is_relay_name().
DhtItem seal_record(const DhtRecord& record, const RecordKeys& keys,
                    const crypto::SigningKey* device, Random& random);

// Who vouches for a record: somebody of the audience, or the device itself.
enum class Voucher : std::uint8_t { audience, device };
struct OpenedRecord {
  DhtRecord record;  // with such addresses only as may be dialled
  Voucher voucher = Voucher::audience;
};
struct OpenOptions {
  crypto::VerifyKey device;  // from the roster
  WallTime now;
  AllowLocal local = AllowLocal::no;
};
// Errors: Errc::bad_signature; Errc::timeout for one that is too old or of the future; others as
// Reader.
Result<OpenedRecord> open_record(const DhtItem& item, const RecordKeys& keys,
                                 const OpenOptions& options);

// What BEP 44 signs, and how the value stands in a message. `salt` may be empty.
Buffer bep44_signed_bytes(Bytes salt, std::int64_t seq, Bytes value);
Buffer bencoded(Bytes value);

}  // namespace syncline::discovery
