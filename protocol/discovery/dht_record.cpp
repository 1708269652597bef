// SPDX-License-Identifier: Apache-2.0
//
//   value  = nonce 24 ‖ AEAD(record key, "dht1" ‖ day u32 ‖ key of the item 32, record)
//   record = version u8 (1) ‖ flags u8 (1: signed) ‖ minute u32
//            ‖ n u8 (at most 8) ‖ (length u8 (4 or 16) ‖ ip ‖ port u16)*n
//            ‖ m u8 (at most 4) ‖ (length u8 (1 to 128) ‖ relay)*m ‖ signature 64 if signed ‖ zeros
//   padded to 512 bytes, or to 896 if that is too short
//   signature by the device, over "dhr1" ‖ day u32 ‖ key of the item 32 ‖ record up to here
//   The item is signed over "3:seqi" ‖ minute ‖ "e1:v" ‖ value, bencoded.
#include "protocol/discovery/dht_record.h"

#include "protocol/base/check.h"
#include "protocol/crypto/aead.h"
#include "protocol/discovery/relay_messages.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <algorithm>

namespace syncline::discovery {
namespace {

constexpr std::uint8_t record_version = 1;
constexpr std::uint8_t flag_signed = 1;
constexpr std::size_t size_small = 512;
constexpr std::size_t size_large = 896;
constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t age_max = 3 * 60;  // minutes
constexpr std::int64_t ahead_max = 60;

constexpr std::size_t record_size_max = 1 + 1 + 4 + 1 + record_addresses_max * (1 + 16 + 2) + 1 +
                                        record_relays_max * (1 + relay_name_size_max) + 64;
static_assert(record_size_max <= size_large);
static_assert(size_large + crypto::sealed_box_overhead + 4 <= dht_value_size_max);

Buffer bound_to(std::string_view tag, const RecordKeys& keys) {
  return wire::Writer().fixed(as_bytes(tag)).u32(keys.day.number).id(keys.sign.verify_key()).take();
}

Buffer signed_message(const RecordKeys& keys, Bytes record) {
  Buffer message = bound_to("dhr1", keys);
  append(message, record);
  return message;
}

void write_places(wire::Writer& out, const DhtRecord& record) {
  const std::size_t addresses = std::min(record.addresses.size(), record_addresses_max);
  out.u8(static_cast<std::uint8_t>(addresses));
  for (std::size_t i = 0; i < addresses; ++i) {
    const auto& [ip, port] = record.addresses[i];
    SYNCLINE_CHECK(ip.size() == 4 || ip.size() == 16);
    out.u8(static_cast<std::uint8_t>(ip.size())).fixed(ip).u16(port);
  }
  const std::size_t relays = std::min(record.relays.size(), record_relays_max);
  out.u8(static_cast<std::uint8_t>(relays));
  for (std::size_t i = 0; i < relays; ++i) {
    SYNCLINE_CHECK(is_relay_name(record.relays[i]));
    out.u8(static_cast<std::uint8_t>(record.relays[i].size())).fixed(as_bytes(record.relays[i]));
  }
}

void read_places(wire::Reader& in, DhtRecord& record) {
  const std::uint8_t addresses = in.u8();
  if (addresses > record_addresses_max) in.fail_with(Errc::limit);
  for (std::uint8_t i = 0; i < addresses && in.ok(); ++i) {
    const std::uint8_t size = in.u8();
    if (size != 4 && size != 16) in.fail_with(Errc::invalid);
    session::CompactAddress address{.ip = to_buffer(in.fixed(size)), .port = 0};
    address.port = in.u16();
    record.addresses.push_back(std::move(address));
  }
  const std::uint8_t relays = in.u8();
  if (relays > record_relays_max) in.fail_with(Errc::limit);
  for (std::uint8_t i = 0; i < relays && in.ok(); ++i) {
    std::string relay = to_text(in.fixed(in.u8()));
    if (!is_relay_name(relay)) in.fail_with(Errc::invalid);
    record.relays.push_back(std::move(relay));
  }
}

bool is_zero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

Result<OpenedRecord> read_record(Bytes bytes, const RecordKeys& keys,
                                 const crypto::VerifyKey& device) {
  wire::Reader in(bytes);
  OpenedRecord opened;
  if (in.u8() != record_version) in.fail_with(Errc::unsupported);
  const std::uint8_t flags = in.u8();
  if (flags > flag_signed) in.fail_with(Errc::unsupported);
  opened.record.minute = in.u32();
  read_places(in, opened.record);
  const Bytes to_verify = bytes.first(bytes.size() - in.left());
  crypto::Signature signature;
  if (flags == flag_signed) {
    signature = in.id<crypto::Signature>();
    opened.voucher = Voucher::device;
  }
  const std::size_t used = bytes.size() - in.left();
  const bool is_whole = bytes.size() == (used <= size_small ? size_small : size_large);
  if (!is_zero(in.rest()) || !is_whole) in.fail_with(Errc::non_canonical);
  auto read = in.finish(std::move(opened));
  if (!read || read->voucher == Voucher::audience) return read;
  if (!crypto::verify(device, signed_message(keys, to_verify), signature))
    return fail(Errc::bad_signature, "a record that its device did not sign");
  return read;
}

std::int64_t minute_of(WallTime now) {
  return std::clamp<std::int64_t>(now.unix_ms / minute_ms, 0, UINT32_MAX);
}

}  // namespace

std::uint32_t next_minute(WallTime now, std::uint32_t last) {
  const auto minute = static_cast<std::uint32_t>(minute_of(now));
  return last == UINT32_MAX ? last : std::max(minute, last == 0 ? 0 : last + 1);
}

Buffer bencoded(Bytes value) {
  Buffer out = to_buffer(as_bytes(std::to_string(value.size()) + ":"));
  append(out, value);
  return out;
}

Buffer bep44_signed_bytes(Bytes salt, std::int64_t seq, Bytes value) {
  Buffer out;
  if (!salt.empty()) {
    append(out, as_bytes("4:salt"));
    append(out, bencoded(salt));
  }
  append(out, as_bytes("3:seqi" + std::to_string(seq) + "e1:v"));
  append(out, bencoded(value));
  return out;
}

DhtItem seal_record(const DhtRecord& record, const RecordKeys& keys,
                    const crypto::SigningKey* device, Random& random) {
  wire::Writer out(size_large);
  out.u8(record_version).u8(device != nullptr ? flag_signed : 0).u32(record.minute);
  write_places(out, record);
  if (device != nullptr) out.id(device->sign(signed_message(keys, out.view())));
  Buffer padded = out.take();
  padded.resize(padded.size() <= size_small ? size_small : size_large);
  DhtItem item{
      record.minute, crypto::seal(keys.seal.expose(), bound_to("dht1", keys), padded, random), {}};
  item.signature = keys.sign.sign(bep44_signed_bytes({}, item.seq, item.value));
  return item;
}

Result<OpenedRecord> open_record(const DhtItem& item, const RecordKeys& keys,
                                 const OpenOptions& options) {
  const std::size_t size = item.value.size();
  if (size != size_small + crypto::sealed_box_overhead &&
      size != size_large + crypto::sealed_box_overhead)
    return fail(Errc::invalid, "the size of a record");
  if (!crypto::verify(keys.sign.verify_key(), bep44_signed_bytes({}, item.seq, item.value),
                      item.signature))
    return fail(Errc::bad_signature, "a record that its key did not sign");
  const auto plain = crypto::open(keys.seal.expose(), bound_to("dht1", keys), item.value);
  if (!plain) return pass(plain);
  auto opened = read_record(*plain, keys, options.device);
  if (!opened) return opened;
  const std::int64_t minute = opened->record.minute;
  if (minute != item.seq) return fail(Errc::invalid, "a record under another sequence number");
  const std::int64_t now = minute_of(options.now);
  if (minute < now - age_max) return fail(Errc::timeout, "an old record");
  if (minute > now + ahead_max) return fail(Errc::timeout, "a record of the future");
  std::erase_if(opened->record.addresses, [&](const session::CompactAddress& address) {
    return !is_dialable(address, options.local);
  });
  return opened;
}

}  // namespace syncline::discovery
