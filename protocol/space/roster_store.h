// SPDX-License-Identifier: Apache-2.0
//
// RosterStore: how rosters lie in the store, and the one door by which records come in.
//
// accept_record verifies against the stored genesis, so a locked agent can do it. A log that
// a record admits becomes known to log/ in the same draft.
#pragma once

#include "protocol/log/log_store.h"
#include "protocol/space/space_roster.h"
#include "protocol/space/vault_roster.h"

namespace syncline::space {

enum class RosterKind : std::uint8_t { space = 1, vault = 2 };

// What is remembered of a roster without folding it.
struct RosterMark {
  RosterKind kind = RosterKind::space;
  crypto::VerifyKey authority;  // from the genesis
  std::uint32_t count = 0;      // records
  Digest digest;                // sum of record ids modulo 2^256: equal iff the sets are
  std::uint64_t change_no = 0;  // where it stands in the feed
};

enum class RecordOutcome : std::uint8_t { added, known };

// Verifies one record for the roster of `scope` and stores it. A genesis comes first.
// Errors: not_found without a genesis; bad_signature; invalid for a body or kind that does not
// belong there, or a genesis of another scope; limit; unsupported; as decode_record.
Result<RecordOutcome> accept_record(log::Draft& draft, const SpaceId& scope, Bytes record);
// All of `records`, genesis first whatever their order. How many were new. Stops at the first
// error.
Result<std::size_t> accept_records(log::Draft& draft, const SpaceId& scope,
                                   std::span<const Buffer> records);

Result<std::optional<RosterMark>> find_roster(const StoreReader& reader, const SpaceId& scope);
using RosterVisitor = std::function<bool(const SpaceId& scope, const RosterMark& mark)>;
Status scan_rosters(const StoreReader& reader, const RosterVisitor& visit);

using RecordVisitor = std::function<bool(const RecordId& id, Bytes record)>;
Status scan_records(const StoreReader& reader, const SpaceId& scope, const RecordVisitor& visit);
Result<std::vector<Record>> load_records(const StoreReader& reader, const SpaceId& scope);
Result<SpaceRoster> load_space_roster(const StoreReader& reader, const SpaceId& space);
Result<VaultRoster> load_vault_roster(const StoreReader& reader, const SpaceId& vault);

}  // namespace syncline::space
