// SPDX-License-Identifier: Apache-2.0
//
// SpaceRoster: which logs a space accepts, checkable without any key.
//
// Pseudonymous: it names log keys and the space's user key, never a device or a person. A
// fold is a pure function of a set of records: their order and repetition do not matter.
#pragma once

#include "protocol/log/event.h"
#include "protocol/space/record.h"

#include <map>
#include <span>

namespace syncline::space {

enum class Role : std::uint8_t { admin = 1, writer = 2 };

struct SpaceGenesis {
  crypto::VerifyKey user_key;  // KDF(S_g, "spuser" ‖ salt) of the member who made the space
  std::array<std::uint8_t, 32> salt{};  // random
};
struct LogAdmit {
  crypto::VerifyKey log_key;
  std::uint32_t incarnation = 0;
  Role role = Role::writer;
};

Buffer encode_body(const SpaceGenesis& body);
Buffer encode_body(const LogAdmit& body);
Result<SpaceGenesis> decode_space_genesis(Bytes body);
Result<LogAdmit> decode_log_admit(Bytes body);

struct AdmittedLog {
  log::LogOrigin origin;
  Role role = Role::writer;
};

class SpaceRoster {
 public:
  // Skips what is not valid here (a set of stored records holds none). Errors: Errc::not_found
  // if no genesis of `space` is among them; Errc::limit beyond limits::records_per_space_max.
  static Result<SpaceRoster> fold(const SpaceId& space, std::span<const Record> records);

  const SpaceId& id() const { return id_; }
  const SpaceGenesis& genesis() const { return genesis_; }
  const RecordId& genesis_id() const { return genesis_id_; }
  const std::map<LogId, AdmittedLog>& logs() const { return logs_; }
  // The records nobody names as a predecessor: prev of the next record.
  const std::vector<RecordId>& tips() const { return tips_; }

 private:
  SpaceId id_;
  SpaceGenesis genesis_;
  RecordId genesis_id_;
  std::map<LogId, AdmittedLog> logs_;
  std::vector<RecordId> tips_;
};

// A new space: its genesis, signed by the user key that KDF(S_g, "spuser" ‖ salt) gives.
Record make_space_genesis(const crypto::SigningKey& user_key,
                          const std::array<std::uint8_t, 32>& salt);
Record make_log_admit(const SpaceRoster& roster, const crypto::SigningKey& user_key,
                      const LogAdmit& admit);

}  // namespace syncline::space
