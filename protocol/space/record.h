// SPDX-License-Identifier: Apache-2.0
//
// Record: one signed statement in a roster, in clear: who may write, who may open.
//
// A roster is the union of its records, in any order. This file knows their form and their
// signature; what a kind means is space_roster.h and vault_roster.h. Whose signature counts
// comes from the roster's genesis, never from the record. Spec section 4.
#pragma once

#include "protocol/base/limits.h"
#include "protocol/crypto/sign.h"

#include <vector>

namespace syncline::space {

// Numbers are frozen; gaps are reserved.
enum class RecordKind : std::uint8_t {
  space_genesis = 1,
  log_admit = 2,
  vault_genesis = 16,
  device_admit = 17,
  recipient_add = 18,
  recipient_remove = 19,
  grant = 20,
  space_add = 21,
};

struct Record {
  SpaceId scope;  // the space or vault it belongs to; all zero in a genesis
  RecordKind kind{};
  std::vector<RecordId> prev;  // the newest records its author knew, ascending, at most 16
  Buffer body;
  crypto::VerifyKey by;
  crypto::Signature signature;

  bool operator==(const Record&) const = default;
};

inline constexpr std::size_t record_prev_max = 16;

struct NewRecord {
  SpaceId scope;
  RecordKind kind{};
  std::vector<RecordId> prev;
  Buffer body;
};
// Signs. Requires: it encodes to at most limits::record_size_max bytes.
Record sign_record(NewRecord record, const crypto::SigningKey& key);

Buffer encode_record(const Record& record);
// Form only. Errors: Errc::unsupported for a kind or version of a newer Syncline; as Reader.
Result<Record> decode_record(Bytes record);
// Errors: Errc::bad_signature; also if it is signed by another key than `authority`.
Status verify_record(const Record& record, const crypto::VerifyKey& authority);

// H("rid1" ‖ encoded record).
RecordId record_id(Bytes encoded);
RecordId record_id(const Record& record);
// H("spc1" ‖ encoded genesis): the name of a space or vault.
SpaceId space_id_of(Bytes encoded_genesis);

}  // namespace syncline::space
