// SPDX-License-Identifier: Apache-2.0
//
//   record    = version u8 (1) ‖ scope 32 ‖ kind u8 ‖ prev: count varint ‖ record id 32 * count
//             ‖ body: length varint ‖ bytes ‖ by 32 ‖ signature 64
//   signature = over "ros1" ‖ everything before it
//   record id = H("rid1" ‖ record);  space or vault id = H("spc1" ‖ genesis record)
#include "protocol/space/record.h"

#include "protocol/base/check.h"
#include "protocol/crypto/hash.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace syncline::space {
namespace {

constexpr std::uint8_t record_version = 1;

void write_unsigned(wire::Writer& out, const Record& record) {
  out.u8(record_version).id(record.scope).u8(static_cast<std::uint8_t>(record.kind));
  out.varint(record.prev.size());
  for (const RecordId& id : record.prev) out.id(id);
  out.bytes(record.body).id(record.by);
}

Buffer signed_message(const Record& record) {
  wire::Writer out;
  out.fixed(as_bytes("ros1"));
  write_unsigned(out, record);
  return out.take();
}

bool is_known(RecordKind kind) {
  switch (kind) {
    case RecordKind::space_genesis:
    case RecordKind::log_admit:
    case RecordKind::vault_genesis:
    case RecordKind::device_admit:
    case RecordKind::recipient_add:
    case RecordKind::recipient_remove:
    case RecordKind::grant:
    case RecordKind::space_add: return true;
  }
  return false;
}

}  // namespace

Record sign_record(NewRecord unsigned_record, const crypto::SigningKey& key) {
  Record record{
      unsigned_record.scope,           unsigned_record.kind, std::move(unsigned_record.prev),
      std::move(unsigned_record.body), key.verify_key(),     {}};
  record.signature = key.sign(signed_message(record));
  SYNCLINE_CHECK(encode_record(record).size() <= limits::record_size_max);
  return record;
}

Buffer encode_record(const Record& record) {
  wire::Writer out;
  write_unsigned(out, record);
  out.id(record.signature);
  return out.take();
}

Result<Record> decode_record(Bytes bytes) {
  if (bytes.size() > limits::record_size_max) return fail(Errc::oversized, "a record is too large");
  wire::Reader in(bytes);
  if (in.u8() != record_version) in.fail_with(Errc::unsupported);
  Record record;
  record.scope = in.id<SpaceId>();
  record.kind = static_cast<RecordKind>(in.u8());
  if (!is_known(record.kind)) in.fail_with(Errc::unsupported);
  const std::uint64_t count = in.varint(record_prev_max);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    record.prev.push_back(in.id<RecordId>());
    if (i > 0 && !(record.prev[i - 1] < record.prev[i])) in.fail_with(Errc::non_canonical);
  }
  record.body = to_buffer(in.bytes(limits::record_size_max));
  record.by = in.id<crypto::VerifyKey>();
  record.signature = in.id<crypto::Signature>();
  return in.finish(std::move(record));
}

Status verify_record(const Record& record, const crypto::VerifyKey& authority) {
  if (record.by != authority ||
      !crypto::verify(authority, signed_message(record), record.signature))
    return fail(Errc::bad_signature, "a record is not signed by its roster's authority");
  return {};
}

RecordId record_id(Bytes encoded) {
  return crypto::truncated<RecordId>(crypto::hash("rid1", encoded));
}

RecordId record_id(const Record& record) { return record_id(encode_record(record)); }

SpaceId space_id_of(Bytes encoded_genesis) {
  return crypto::truncated<SpaceId>(crypto::hash("spc1", encoded_genesis));
}

}  // namespace syncline::space
