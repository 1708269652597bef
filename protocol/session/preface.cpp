// SPDX-License-Identifier: Apache-2.0
//
//   preface = version u8 (1) ‖ kind u8 ‖
//     device, pair_secret:  hint (8)
//     pair_code:            nameplate u16 ‖ nonce (16) ‖ share (32)
#include "protocol/session/preface.h"

#include "protocol/base/limits.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <algorithm>

namespace syncline::session {

Arrival::Arrival(Instant now) : deadline_(now + limits::handshake_timeout) {}

Result<std::optional<LinkKind>> Arrival::receive(Bytes bytes) {
  append(bytes_, bytes);
  if (!bytes_.empty() && bytes_[0] != preface_version) return fail(Errc::unsupported, "preface");
  if (bytes_.size() < 2) return std::optional<LinkKind>();
  const auto kind = static_cast<LinkKind>(bytes_[1]);
  switch (kind) {
    case LinkKind::device:
    case LinkKind::pair_code:
    case LinkKind::pair_secret: return std::optional(kind);
  }
  return fail(Errc::unsupported, "preface");
}

Status PrefaceCollector::collect(Bytes& input) {
  const std::size_t taken = std::min(input.size(), size_ - bytes_.size());
  append(bytes_, input.first(taken));
  input = input.subspan(taken);
  if (!bytes_.empty() && bytes_[0] != preface_version) return fail(Errc::unsupported, "preface");
  if (bytes_.size() > 1 && bytes_[1] != static_cast<std::uint8_t>(kind_)) {
    return fail(Errc::unsupported, "preface");
  }
  return {};
}

Buffer hint_preface(LinkKind kind, const Hint& hint) {
  return wire::Writer()
      .u8(preface_version)
      .u8(static_cast<std::uint8_t>(kind))
      .fixed(hint.view())
      .take();
}

HintedCall read_hinted_call(Bytes bytes) {
  wire::Reader reader(bytes.subspan(2));
  HintedCall call;
  call.hint = reader.id<Hint>();
  call.ephemeral = reader.id<crypto::BoxPublicKey>();
  return call;
}

}  // namespace syncline::session
