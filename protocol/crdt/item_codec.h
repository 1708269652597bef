// SPDX-License-Identifier: Apache-2.0
//
// The encoding of a slot's value, shared by ops and snapshots: a scalar, or one byte that
// names a kind of container. Grammar: op.cpp.
#pragma once

#include "protocol/crdt/op.h"

#include <algorithm>

namespace syncline::crdt {

inline constexpr std::uint8_t container_tag = 0x10;

inline void encode_kind(wire::Writer& out, Kind kind) { out.u8(static_cast<std::uint8_t>(kind)); }

inline Kind decode_kind(wire::Reader& in) {
  const std::uint8_t raw = in.u8();
  if (raw >= kind_count) in.fail_with(Errc::unsupported);
  return in.ok() ? static_cast<Kind>(raw) : Kind::map;
}

inline void encode_item(wire::Writer& out, const ItemValue& value) {
  if (const Kind* kind = std::get_if<Kind>(&value)) {
    out.u8(static_cast<std::uint8_t>(container_tag + static_cast<std::uint8_t>(*kind)));
  } else {
    encode_scalar(out, std::get<Scalar>(value));
  }
}

inline ItemValue decode_item(wire::Reader& in) {
  wire::Reader ahead = in;
  const std::uint8_t tag = ahead.u8();
  if (tag < container_tag || tag >= container_tag + kind_count) return decode_scalar(in);
  in = ahead;
  return static_cast<Kind>(tag - container_tag);
}

// Well-formed UTF-8 without NUL: what may be a key or a text.
inline bool is_text(Bytes bytes) {
  return wire::is_utf8(bytes) && std::find(bytes.begin(), bytes.end(), 0) == bytes.end();
}

}  // namespace syncline::crdt
