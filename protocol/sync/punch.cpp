// SPDX-License-Identifier: Apache-2.0
//
// punch   := 01 | kind u8 (1 ask, 2 answer, 3 go) | attempt u32 | n v | address*n
// address := length u8 (4 or 16) | ip | port u16 (1 to 65535)      n is at most 4, and 0 in a go
#include "protocol/sync/punch.h"

#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace syncline::sync {

namespace {

constexpr std::uint8_t punch_version = 1;

session::CompactAddress read_place(wire::Reader& in) {
  session::CompactAddress address;
  const std::uint8_t length = in.u8();
  if (length != 4 && length != 16) in.fail_with(Errc::invalid);
  if (!in.ok()) return address;
  address.ip = to_buffer(in.fixed(length));
  address.port = in.u16();
  if (address.port == 0) in.fail_with(Errc::invalid);
  return address;
}

}  // namespace

Buffer encode(const Punch& message) {
  wire::Writer out;
  out.u8(punch_version).u8(static_cast<std::uint8_t>(message.kind)).u32(message.attempt);
  out.varint(message.addresses.size());
  for (const session::CompactAddress& address : message.addresses) {
    out.u8(static_cast<std::uint8_t>(address.ip.size())).fixed(address.ip);
    out.u16(address.port);
  }
  return out.take();
}

Result<Punch> decode_punch(Bytes body) {
  wire::Reader in(body);
  if (in.u8() != punch_version) in.fail_with(Errc::unsupported);
  Punch message;
  const std::uint8_t kind = in.u8();
  if (kind < 1 || kind > 3) in.fail_with(Errc::invalid);
  message.kind = static_cast<PunchKind>(kind);
  message.attempt = in.u32();
  const std::uint64_t count = in.varint(punch_addresses_max);
  if (message.kind == PunchKind::go && count != 0) in.fail_with(Errc::invalid);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) message.addresses.push_back(read_place(in));
  return in.finish(std::move(message));
}

}  // namespace syncline::sync
