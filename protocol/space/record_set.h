// SPDX-License-Identifier: Apache-2.0
//
// RecordSet: the verified records of one roster, in the order of their ids.
//
// What both kinds of roster fold from. Taking records in id order makes a fold independent
// of the order in which they arrived.
#pragma once

#include "protocol/space/record.h"

#include <map>
#include <span>

namespace syncline::space {

struct RecordSet {
  // Of `records` those that the genesis of `scope` vouches for. `authority_of` reads the
  // signing key out of a genesis body. Errors: Errc::not_found without a genesis of `scope`;
  // Errc::limit beyond limits::records_per_space_max.
  using AuthorityOf = Result<crypto::VerifyKey> (*)(Bytes genesis_body);
  static Result<RecordSet> of(const SpaceId& scope, std::span<const Record> records,
                              RecordKind genesis_kind, AuthorityOf authority_of);

  RecordId genesis;
  std::map<RecordId, const Record*> records;  // the genesis is among them
  std::vector<RecordId> tips;                 // named by no other as a predecessor
};

}  // namespace syncline::space
