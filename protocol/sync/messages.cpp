// SPDX-License-Identifier: Apache-2.0
//
// hello     := 01 | epoch 16 | known_epoch 16 | known_change v | flags u8 | n v | address*n | later
// fields rows      := 01 | n v | (space 32 | records v | roster 8 | m v | row*m)*n row       := log
// 16 | seq v | head 8 rows_end  := 01 | change v | set_digest 32 | row_count v pull      := 01 |
// log 16 | from v | to v            (1 <= from <= to) batch     := 01 | log 16 | block (the rest)
// record_ids:= 01 | space 32 | n v | short id 16 * n
// records   := 01 | space 32 | last u8 | n v | (length v | record)*n
// receipt   := 01 | vault 32 | device 16 | epoch 16 | change v | at zz | set_digest 32 | n v |
// row*n | signature 64 prune, graft := 01 | space 32 head_wanted := 01 | log 16 head      := 01 |
// log 16 | seq v | hash 32 | signature 64 proof     := 01 | proof (the rest) full      := 01 v =
// canonical LEB128, zz = zigzag over it. Spec section 8.
#include "protocol/sync/messages.h"

#include "protocol/base/limits.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <algorithm>

namespace syncline::sync {

namespace {

constexpr std::uint8_t layout_version = 1;
constexpr std::uint8_t flag_receive_paused = 1;
constexpr std::uint8_t flag_send_paused = 2;

wire::Writer started() {
  wire::Writer out;
  out.u8(layout_version);
  return out;
}

void read_version(wire::Reader& in) {
  if (in.u8() != layout_version) in.fail_with(Errc::unsupported);
}

// A count of things that take at least `size_min` bytes each cannot exceed what is left:
// so nothing is reserved that was not sent.
std::size_t read_count(wire::Reader& in, std::size_t max, std::size_t size_min) {
  const std::size_t count = static_cast<std::size_t>(in.varint(max));
  if (count > in.left() / size_min) in.fail_with(Errc::truncated);
  return in.ok() ? count : 0;
}

void write_row(wire::Writer& out, const Row& row) { out.id(row.log).varint(row.seq).id(row.head); }

Row read_row(wire::Reader& in) {
  Row row;
  row.log = in.id<LogId>();
  row.seq = in.varint();
  row.head = in.id<ShortHash>();
  return row;
}

void write_rows(wire::Writer& out, const std::vector<Row>& rows) {
  out.varint(rows.size());
  for (const Row& row : rows) write_row(out, row);
}

std::vector<Row> read_rows(wire::Reader& in, std::size_t max) {
  const std::size_t count = read_count(in, max, 25);
  std::vector<Row> rows;
  rows.reserve(count);
  for (std::size_t i = 0; i < count && in.ok(); ++i) rows.push_back(read_row(in));
  return rows;
}

Buffer encode_space_only(const SpaceId& space) {
  wire::Writer out = started();
  out.id(space);
  return out.take();
}

void write_addresses(wire::Writer& out, const std::vector<std::string>& addresses) {
  out.varint(addresses.size());
  for (const std::string& address : addresses) out.text(address);
}

std::vector<std::string> read_addresses(wire::Reader& in) {
  std::vector<std::string> out;
  const std::size_t count = read_count(in, hello_addresses_max, 1);
  for (std::size_t i = 0; i < count; ++i) out.push_back(in.text(address_size_max));
  return out;
}

}  // namespace

ShortHash short_hash(const Digest& digest) {
  ShortHash out;
  std::copy_n(digest.bytes.begin(), ShortHash::size, out.bytes.begin());
  return out;
}

Buffer encode(const Hello& message) {
  wire::Writer out = started();
  out.id(message.epoch).id(message.known_epoch).varint(message.known_change);
  const unsigned flags = (message.receive_paused ? flag_receive_paused : 0U) |
                         (message.send_paused ? flag_send_paused : 0U);
  out.u8(static_cast<std::uint8_t>(flags));
  write_addresses(out, message.addresses);
  return out.take();
}

Result<Hello> decode_hello(Bytes body) {
  wire::Reader in(body);
  read_version(in);
  Hello message;
  message.epoch = in.id<StoreEpoch>();
  message.known_epoch = in.id<StoreEpoch>();
  message.known_change = in.varint();
  const std::uint8_t flags = in.u8();
  message.receive_paused = (flags & flag_receive_paused) != 0;
  message.send_paused = (flags & flag_send_paused) != 0;
  message.addresses = read_addresses(in);
  in.rest();  // Spec W5: later fields of a newer minor version.
  return in.finish(std::move(message));
}

Buffer encode(const Addresses& message) {
  wire::Writer out = started();
  out.varint(message.devices.size());
  for (const Addresses::Of& of : message.devices) {
    out.id(of.device);
    write_addresses(out, of.addresses);
  }
  return out.take();
}

Result<Addresses> decode_addresses(Bytes body) {
  wire::Reader in(body);
  read_version(in);
  Addresses message;
  const std::size_t count = read_count(in, addresses_devices_max, DeviceId::size + 1);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const auto device = in.id<DeviceId>();
    message.devices.push_back({device, read_addresses(in)});
  }
  return in.finish(std::move(message));
}

Buffer encode(const Rows& message) {
  wire::Writer out = started();
  out.varint(message.spaces.size());
  for (const SpaceRows& space : message.spaces) {
    out.id(space.space).varint(space.records).id(space.roster);
    write_rows(out, space.rows);
  }
  return out.take();
}

Result<Rows> decode_rows(Bytes body) {
  wire::Reader in(body);
  read_version(in);
  Rows message;
  const std::size_t count = read_count(in, spaces_per_message_max, 42);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    SpaceRows space;
    space.space = in.id<SpaceId>();
    space.records = in.varint(limits::records_per_space_max);
    space.roster = in.id<ShortHash>();
    space.rows = read_rows(in, rows_per_message_max);
    message.spaces.push_back(std::move(space));
  }
  return in.finish(std::move(message));
}

Buffer encode(const RowsEnd& message) {
  wire::Writer out = started();
  out.varint(message.change).id(message.set_digest).varint(message.row_count);
  return out.take();
}

Result<RowsEnd> decode_rows_end(Bytes body) {
  wire::Reader in(body);
  read_version(in);
  RowsEnd message;
  message.change = in.varint();
  message.set_digest = in.id<Digest>();
  message.row_count = in.varint();
  return in.finish(std::move(message));
}

Buffer encode(const Pull& message) {
  wire::Writer out = started();
  out.id(message.log).varint(message.from).varint(message.to);
  return out.take();
}

Result<Pull> decode_pull(Bytes body) {
  wire::Reader in(body);
  read_version(in);
  Pull message;
  message.log = in.id<LogId>();
  message.from = in.varint();
  message.to = in.varint();
  if (in.ok() && (message.from == 0 || message.to < message.from)) in.fail_with(Errc::invalid);
  return in.finish(std::move(message));
}

Buffer encode(const Batch& message) {
  wire::Writer out = started();
  out.id(message.log).fixed(message.block);
  return out.take();
}

Result<Batch> decode_batch(Bytes body) {
  wire::Reader in(body);
  read_version(in);
  Batch message;
  message.log = in.id<LogId>();
  message.block = in.rest();
  return in.finish(std::move(message));
}

Buffer encode(const RecordIds& message) {
  wire::Writer out = started();
  out.id(message.space).varint(message.ids.size());
  for (const ShortRecordId& id : message.ids) out.id(id);
  return out.take();
}

Result<RecordIds> decode_record_ids(Bytes body) {
  wire::Reader in(body);
  read_version(in);
  RecordIds message;
  message.space = in.id<SpaceId>();
  const std::size_t count = read_count(in, record_ids_per_message_max, ShortRecordId::size);
  message.ids.reserve(count);
  for (std::size_t i = 0; i < count; ++i) message.ids.push_back(in.id<ShortRecordId>());
  return in.finish(std::move(message));
}

Buffer encode(const Records& message) {
  wire::Writer out = started();
  out.id(message.space).u8(message.last ? 1 : 0).varint(message.records.size());
  for (const Buffer& record : message.records) out.bytes(record);
  return out.take();
}

Result<Records> decode_records(Bytes body) {
  wire::Reader in(body);
  read_version(in);
  Records message;
  message.space = in.id<SpaceId>();
  const std::uint8_t last = in.u8();
  if (last > 1) in.fail_with(Errc::non_canonical);
  message.last = last == 1;
  const std::size_t count = read_count(in, limits::records_per_space_max, 1);
  for (std::size_t i = 0; i < count && in.ok(); ++i)
    message.records.push_back(to_buffer(in.bytes(limits::record_size_max)));
  return in.finish(std::move(message));
}

Buffer signed_part(const Receipt& receipt) {
  wire::Writer out;
  out.fixed(as_bytes("rcpt1")).u8(layout_version);
  out.id(receipt.vault).id(receipt.device).id(receipt.epoch).varint(receipt.change);
  out.zigzag(receipt.at.unix_ms).id(receipt.set_digest);
  write_rows(out, receipt.rows);
  return out.take();
}

Buffer encode(const Receipt& message) {
  wire::Writer out = started();
  out.id(message.vault).id(message.device).id(message.epoch).varint(message.change);
  out.zigzag(message.at.unix_ms).id(message.set_digest);
  write_rows(out, message.rows);
  out.id(message.signature);
  return out.take();
}

Result<Receipt> decode_receipt(Bytes body) {
  wire::Reader in(body);
  read_version(in);
  Receipt message;
  message.vault = in.id<SpaceId>();
  message.device = in.id<DeviceId>();
  message.epoch = in.id<StoreEpoch>();
  message.change = in.varint();
  message.at = WallTime{in.zigzag()};
  message.set_digest = in.id<Digest>();
  message.rows = read_rows(in, receipt_rows_max);
  message.signature = in.id<crypto::Signature>();
  return in.finish(std::move(message));
}

Buffer encode(const Prune& message) { return encode_space_only(message.space); }
Buffer encode(const Graft& message) { return encode_space_only(message.space); }

namespace {
template <class Message>
Result<Message> decode_space_only(Bytes body) {
  wire::Reader in(body);
  read_version(in);
  Message message{in.id<SpaceId>()};
  return in.finish(std::move(message));
}
}  // namespace

Result<Prune> decode_prune(Bytes body) { return decode_space_only<Prune>(body); }
Result<Graft> decode_graft(Bytes body) { return decode_space_only<Graft>(body); }

Buffer encode(const HeadWanted& message) {
  wire::Writer out = started();
  out.id(message.log);
  return out.take();
}

Result<HeadWanted> decode_head_wanted(Bytes body) {
  wire::Reader in(body);
  read_version(in);
  HeadWanted message{in.id<LogId>()};
  return in.finish(std::move(message));
}

Buffer encode(const Head& message) {
  wire::Writer out = started();
  out.id(message.log)
      .varint(message.head.at.seq)
      .id(message.head.at.hash)
      .id(message.head.signature);
  return out.take();
}

Result<Head> decode_head(Bytes body) {
  wire::Reader in(body);
  read_version(in);
  Head message;
  message.log = in.id<LogId>();
  message.head.at.seq = in.varint(log::seq_max);
  message.head.at.hash = in.id<Digest>();
  message.head.signature = in.id<crypto::Signature>();
  return in.finish(std::move(message));
}

Buffer encode(const ProofMessage& message) {
  wire::Writer out = started();
  out.fixed(message.proof);
  return out.take();
}

Result<ProofMessage> decode_proof_message(Bytes body) {
  wire::Reader in(body);
  read_version(in);
  ProofMessage message{in.rest()};
  return in.finish(std::move(message));
}

Buffer encode_full() { return started().take(); }

Status decode_full(Bytes body) {
  wire::Reader in(body);
  read_version(in);
  const auto read = in.finish(0);
  return read ? Status() : pass(read);
}

}  // namespace syncline::sync
