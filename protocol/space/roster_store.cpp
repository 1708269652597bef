// SPDX-License-Identifier: Apache-2.0
//
//   records scope 32 ‖ record id 32    -> record
//   meta "roster/" ‖ scope 32          -> kind u8 ‖ authority 32 ‖ count varint ‖ digest 32
//                                         ‖ change number varint
#include "protocol/space/roster_store.h"

#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace syncline::space {
namespace {

constexpr std::string_view mark_prefix = "roster/";

Buffer mark_key(const SpaceId& scope) {
  Buffer key = to_buffer(as_bytes(mark_prefix));
  append(key, scope.view());
  return key;
}

Buffer record_key(const SpaceId& scope, const RecordId& id) {
  Buffer key = to_buffer(scope.view());
  append(key, id.view());
  return key;
}

Result<RosterMark> decode_mark(Bytes bytes) {
  wire::Reader in(bytes);
  RosterMark mark;
  mark.kind = static_cast<RosterKind>(in.u8());
  if (mark.kind != RosterKind::space && mark.kind != RosterKind::vault) in.fail_with(Errc::corrupt);
  mark.authority = in.id<crypto::VerifyKey>();
  mark.count = static_cast<std::uint32_t>(in.varint(limits::records_per_space_max));
  mark.digest = in.id<Digest>();
  mark.change_no = in.varint();
  return in.finish(mark);
}

Status put_mark(log::Draft& draft, const SpaceId& scope, RosterMark mark) {
  log::FeedEntry entry;
  entry.change_no = mark.change_no;
  entry.kind = log::FeedKind::roster;
  entry.space = scope;
  const auto change = log::move_in_feed(draft, entry);
  if (!change) return pass(change);
  wire::Writer out;
  out.u8(static_cast<std::uint8_t>(mark.kind)).id(mark.authority).varint(mark.count);
  out.id(mark.digest).varint(*change);
  draft.put(Family::meta, mark_key(scope), out.take());
  return {};
}

bool is_genesis(RecordKind kind) {
  return kind == RecordKind::space_genesis || kind == RecordKind::vault_genesis;
}

// A genesis vouches for itself: its hash is the scope's name.
Result<RosterMark> verify_genesis(const SpaceId& scope, const Record& record, Bytes encoded) {
  if (record.scope != SpaceId{} || space_id_of(encoded) != scope)
    return fail(Errc::invalid, "this is the genesis of another roster");
  RosterMark mark;
  if (record.kind == RecordKind::space_genesis) {
    const auto body = decode_space_genesis(record.body);
    if (!body) return pass(body);
    mark.authority = body->user_key;
  } else {
    const auto body = decode_vault_genesis(record.body);
    if (!body) return pass(body);
    mark.kind = RosterKind::vault;
    mark.authority = body->account_key;
  }
  if (const Status verified = verify_record(record, mark.authority); !verified)
    return pass(verified);
  return mark;
}

template <class Body>
Status status_of(const Result<Body>& decoded) {
  if (!decoded) return pass(decoded);
  return {};
}

// The body says what its kind must say, and the kind belongs in this roster.
Status check_body(RosterKind roster, const Record& record) {
  const bool in_space = record.kind == RecordKind::log_admit;
  if (is_genesis(record.kind) || in_space != (roster == RosterKind::space))
    return fail(Errc::invalid, "a record of this kind does not belong in this roster");
  switch (record.kind) {
    case RecordKind::log_admit: return status_of(decode_log_admit(record.body));
    case RecordKind::device_admit: return status_of(decode_device_admit(record.body));
    case RecordKind::recipient_add: return status_of(decode_recipient_add(record.body));
    case RecordKind::recipient_remove: return status_of(decode_recipient_remove(record.body));
    case RecordKind::grant: return status_of(decode_grant(record.body));
    case RecordKind::space_add: return status_of(decode_space_add(record.body));
    case RecordKind::space_genesis:
    case RecordKind::vault_genesis: break;
  }
  return fail(Errc::invalid, "a record of this kind does not belong in this roster");
}

Status store_record(log::Draft& draft, const SpaceId& scope, Bytes encoded, RosterMark mark) {
  const RecordId id = record_id(encoded);
  draft.put(Family::records, record_key(scope, id), to_buffer(encoded));
  ++mark.count;
  mark.digest = log::sum_add(mark.digest, Digest{id.bytes});
  return put_mark(draft, scope, mark);
}

}  // namespace

Result<RecordOutcome> accept_record(log::Draft& draft, const SpaceId& scope, Bytes encoded) {
  const auto record = decode_record(encoded);
  if (!record) return pass(record);
  const RecordId id = record_id(encoded);
  const auto stored = draft.get(Family::records, record_key(scope, id));
  if (!stored) return pass(stored);
  if (*stored) return RecordOutcome::known;

  const auto mark = find_roster(draft, scope);
  if (!mark) return pass(mark);
  if (is_genesis(record->kind)) {
    const auto made = verify_genesis(scope, *record, encoded);
    if (!made) return pass(made);
    if (const Status done = store_record(draft, scope, encoded, *made); !done) return pass(done);
    return RecordOutcome::added;
  }
  if (!*mark) return fail(Errc::not_found, "the genesis of this roster is not here");
  if (record->scope != scope) return fail(Errc::invalid, "the record belongs to another roster");
  const Status verified = verify_record(*record, (*mark)->authority);
  if (!verified) return pass(verified);
  if (const Status checked = check_body((*mark)->kind, *record); !checked) return pass(checked);
  if ((*mark)->count >= limits::records_per_space_max)
    return fail(Errc::limit, "a roster has too many records");
  if (const Status done = store_record(draft, scope, encoded, **mark); !done) return pass(done);
  if (record->kind == RecordKind::log_admit) {
    const auto admit = decode_log_admit(record->body);
    const Status opened = log::open_log(draft, {scope, admit->log_key, admit->incarnation, id});
    if (!opened) return pass(opened);
  }
  return RecordOutcome::added;
}

Result<std::size_t> accept_records(log::Draft& draft, const SpaceId& scope,
                                   std::span<const Buffer> records) {
  std::size_t added = 0;
  for (const bool genesis_pass : {true, false}) {
    for (const Buffer& encoded : records) {
      if ((space_id_of(encoded) == scope) != genesis_pass) continue;
      const auto outcome = accept_record(draft, scope, encoded);
      if (!outcome) return pass(outcome);
      if (*outcome == RecordOutcome::added) ++added;
    }
  }
  return added;
}

Result<std::optional<RosterMark>> find_roster(const StoreReader& reader, const SpaceId& scope) {
  const auto stored = reader.get(Family::meta, mark_key(scope));
  if (!stored) return pass(stored);
  if (!*stored) return std::optional<RosterMark>();
  const auto mark = decode_mark(**stored);
  if (!mark) return fail(Errc::corrupt, "what is stored of a roster is damaged");
  return std::optional<RosterMark>(*mark);
}

Status scan_rosters(const StoreReader& reader, const RosterVisitor& visit) {
  Buffer end = to_buffer(as_bytes(mark_prefix));
  ++end.back();
  Status damaged;
  const Status scanned =
      reader.scan(Family::meta, as_bytes(mark_prefix), end, [&](Bytes key, Bytes value) {
        const auto scope = SpaceId::from(key.subspan(mark_prefix.size()));
        const auto mark = decode_mark(value);
        if (scope && mark) return visit(*scope, *mark);
        damaged = fail(Errc::corrupt, "what is stored of a roster is damaged");
        return false;
      });
  return scanned ? damaged : scanned;
}

Status scan_records(const StoreReader& reader, const SpaceId& scope, const RecordVisitor& visit) {
  Buffer end = to_buffer(scope.view());
  end.insert(end.end(), RecordId::size + 1, 0xff);
  Status damaged;
  const Status scanned =
      reader.scan(Family::records, record_key(scope, {}), end, [&](Bytes key, Bytes value) {
        if (const auto id = RecordId::from(key.subspan(SpaceId::size))) return visit(*id, value);
        damaged = fail(Errc::corrupt, "the key of a stored record is damaged");
        return false;
      });
  return scanned ? damaged : scanned;
}

Result<std::vector<Record>> load_records(const StoreReader& reader, const SpaceId& scope) {
  std::vector<Record> records;
  Status damaged;
  const Status scanned = scan_records(reader, scope, [&](const RecordId&, Bytes encoded) {
    auto record = decode_record(encoded);
    if (record) {
      records.push_back(std::move(*record));
      return true;
    }
    damaged = fail(Errc::corrupt, "a stored record is damaged");
    return false;
  });
  if (!scanned) return pass(scanned);
  if (!damaged) return pass(damaged);
  return records;
}

Result<SpaceRoster> load_space_roster(const StoreReader& reader, const SpaceId& space) {
  const auto records = load_records(reader, space);
  if (!records) return pass(records);
  return SpaceRoster::fold(space, *records);
}

Result<VaultRoster> load_vault_roster(const StoreReader& reader, const SpaceId& vault) {
  const auto records = load_records(reader, vault);
  if (!records) return pass(records);
  return VaultRoster::fold(vault, *records);
}

}  // namespace syncline::space
