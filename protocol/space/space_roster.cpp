// SPDX-License-Identifier: Apache-2.0
//
//   space genesis = user key 32 ‖ salt 32
//   log admit     = log key 32 ‖ incarnation u32 ‖ role u8
#include "protocol/space/space_roster.h"

#include "protocol/space/record_set.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace syncline::space {
namespace {

Result<crypto::VerifyKey> authority_of(Bytes body) {
  const auto genesis = decode_space_genesis(body);
  if (!genesis) return pass(genesis);
  return genesis->user_key;
}

}  // namespace

Buffer encode_body(const SpaceGenesis& body) {
  wire::Writer out;
  out.id(body.user_key).fixed(body.salt);
  return out.take();
}

Buffer encode_body(const LogAdmit& body) {
  wire::Writer out;
  out.id(body.log_key).u32(body.incarnation).u8(static_cast<std::uint8_t>(body.role));
  return out.take();
}

Result<SpaceGenesis> decode_space_genesis(Bytes body) {
  wire::Reader in(body);
  SpaceGenesis genesis;
  genesis.user_key = in.id<crypto::VerifyKey>();
  genesis.salt = in.array<32>();
  return in.finish(genesis);
}

Result<LogAdmit> decode_log_admit(Bytes body) {
  wire::Reader in(body);
  LogAdmit admit;
  admit.log_key = in.id<crypto::VerifyKey>();
  admit.incarnation = in.u32();
  admit.role = static_cast<Role>(in.u8());
  if (admit.role != Role::admin && admit.role != Role::writer) in.fail_with(Errc::unsupported);
  return in.finish(admit);
}

Result<SpaceRoster> SpaceRoster::fold(const SpaceId& space, std::span<const Record> records) {
  const auto set = RecordSet::of(space, records, RecordKind::space_genesis, authority_of);
  if (!set) return pass(set);
  SpaceRoster roster;
  roster.id_ = space;
  roster.genesis_id_ = set->genesis;
  roster.tips_ = set->tips;
  roster.genesis_ = *decode_space_genesis(set->records.at(set->genesis)->body);
  for (const auto& [id, record] : set->records) {
    if (record->kind != RecordKind::log_admit) continue;
    const auto admit = decode_log_admit(record->body);
    if (!admit) continue;
    const log::LogOrigin origin{space, admit->log_key, admit->incarnation, id};
    roster.logs_.emplace(log_id_of(origin), AdmittedLog{origin, admit->role});
  }
  return roster;
}

Record make_space_genesis(const crypto::SigningKey& user_key,
                          const std::array<std::uint8_t, 32>& salt) {
  return sign_record(
      {{}, RecordKind::space_genesis, {}, encode_body(SpaceGenesis{user_key.verify_key(), salt})},
      user_key);
}

// Names only the genesis as its predecessor: admitting a log twice gives the same record, so
// its chain cannot start at two places.
Record make_log_admit(const SpaceRoster& roster, const crypto::SigningKey& user_key,
                      const LogAdmit& admit) {
  return sign_record(
      {roster.id(), RecordKind::log_admit, {roster.genesis_id()}, encode_body(admit)}, user_key);
}

}  // namespace syncline::space
