// SPDX-License-Identifier: Apache-2.0
#include "protocol/space/record_set.h"

#include <set>

namespace syncline::space {

Result<RecordSet> RecordSet::of(const SpaceId& scope, std::span<const Record> records,
                                RecordKind genesis_kind, AuthorityOf authority_of) {
  if (records.size() > limits::records_per_space_max)
    return fail(Errc::limit, "a roster has too many records");
  RecordSet set;
  std::optional<crypto::VerifyKey> authority;
  for (const Record& record : records) {
    if (record.kind != genesis_kind || record.scope != SpaceId{}) continue;
    const Buffer encoded = encode_record(record);
    if (space_id_of(encoded) != scope) continue;
    const auto key = authority_of(record.body);
    if (!key || !verify_record(record, *key)) continue;
    authority = *key;
    set.genesis = record_id(encoded);
    set.records.emplace(set.genesis, &record);
  }
  if (!authority) return fail(Errc::not_found, "the genesis of this roster is not here");

  std::set<RecordId> named;
  for (const Record& record : records)
    if (record.scope == scope && verify_record(record, *authority))
      set.records.emplace(record_id(record), &record);
  for (const auto& [id, record] : set.records)
    named.insert(record->prev.begin(), record->prev.end());
  for (const auto& [id, record] : set.records)
    if (!named.contains(id)) set.tips.push_back(id);
  return set;
}

}  // namespace syncline::space
