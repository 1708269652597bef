// SPDX-License-Identifier: Apache-2.0
//
//   message    := 01 | author 16 | counter u64 | slot u32 | space 32 | nonce 24 | tag 8
//               | size v | ciphertext | signature 64
//   signature  over "eps1" | vault 32 | everything before it
//   tag        = key id[0:8] XOR header_mask(K_hdr, nonce)
//   ciphertext = AEAD under KDF(entity key, "eph"), bound to
//                "eph1" | author 16 | counter u64 | slot u32 | space 32 | key id 16
//   plaintext  := 01 | kind u8 | lifetime v (ms) | since zz (ms) | size v | body | zeros
//                 padded as an event is
#include "protocol/sync/ephemeral.h"

#include "protocol/crypto/hash.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace syncline::sync {
namespace {

constexpr std::uint8_t content_version = 1;
constexpr std::size_t ciphertext_size_max = limits::ephemeral_message_size_max - 256;

wire::Writer before_signature(const EphemeralMessage& message) {
  wire::Writer out(256 + message.ciphertext.size());
  out.u8(content_version).id(message.author).u64(message.counter).u32(message.slot);
  out.id(message.space).id(message.nonce).id(message.tag).bytes(message.ciphertext);
  return out;
}

Buffer signed_part(const EphemeralMessage& message, const SpaceId& vault) {
  wire::Writer out;
  out.fixed(as_bytes("eps1")).id(vault).fixed(before_signature(message).view());
  return out.take();
}

Buffer associated(const EphemeralMessage& message, const KeyId& key) {
  wire::Writer out;
  out.fixed(as_bytes("eph1")).id(message.author).u64(message.counter).u32(message.slot);
  out.id(message.space).id(key);
  return out.take();
}

crypto::SubKey sealing_key(const log::EventKey& key) {
  return crypto::derive<crypto::SubKey>(key.key.expose(), "eph");
}

EntityTag8 masked(EntityTag8 tag, const crypto::SubKey& header_key, const crypto::Nonce& nonce) {
  const EntityTag8 mask = crypto::header_mask(header_key.expose(), nonce);
  for (std::size_t i = 0; i < EntityTag8::size; ++i) tag.bytes[i] ^= mask.bytes[i];
  return tag;
}

Buffer plaintext_of(const EphemeralContent& content) {
  wire::Writer out(log::padded_size(64 + content.body.size()));
  out.u8(content_version).u8(static_cast<std::uint8_t>(content.kind));
  out.varint(static_cast<std::uint64_t>(content.lifetime.count())).zigzag(content.since.unix_ms);
  out.bytes(content.body);
  Buffer plaintext = out.take();
  plaintext.resize(log::padded_size(plaintext.size()));
  return plaintext;
}

Result<EphemeralContent> read_plaintext(Bytes plaintext) {
  constexpr std::chrono::milliseconds lifetime_max = limits::ephemeral_lifetime_max;
  wire::Reader in(plaintext);
  EphemeralContent content;
  if (in.u8() != content_version) in.fail_with(Errc::unsupported);
  const std::uint8_t kind = in.u8();
  if (kind > static_cast<std::uint8_t>(EphemeralKind::preview)) in.fail_with(Errc::unsupported);
  content.kind = static_cast<EphemeralKind>(kind);
  content.lifetime =
      std::chrono::milliseconds(in.varint(static_cast<std::uint64_t>(lifetime_max.count())));
  content.since = WallTime{in.zigzag()};
  content.body = to_buffer(in.bytes(ephemeral_body_size_max));
  if (in.ok() && log::padded_size(plaintext.size() - in.left()) != plaintext.size())
    in.fail_with(Errc::non_canonical);
  for (const std::uint8_t b : in.rest())
    if (b != 0) in.fail_with(Errc::non_canonical);
  return in.finish(std::move(content));
}

}  // namespace

Buffer encode(const EphemeralMessage& message) {
  wire::Writer out = before_signature(message);
  out.id(message.signature);
  return out.take();
}

Result<EphemeralMessage> decode_ephemeral(Bytes body) {
  wire::Reader in(body);
  if (in.u8() != content_version) in.fail_with(Errc::unsupported);
  EphemeralMessage message;
  message.author = in.id<DeviceId>();
  message.counter = in.u64();
  message.slot = in.u32();
  message.space = in.id<SpaceId>();
  message.nonce = in.id<crypto::Nonce>();
  message.tag = in.id<EntityTag8>();
  message.ciphertext = to_buffer(in.bytes(ciphertext_size_max));
  message.signature = in.id<crypto::Signature>();
  return in.finish(std::move(message));
}

EphemeralMessage seal_ephemeral(const EphemeralPlace& place, const EphemeralKeys& keys,
                                const EphemeralContent& content, Random& random) {
  SYNCLINE_CHECK(content.body.size() <= ephemeral_body_size_max);
  SYNCLINE_CHECK(content.lifetime <= limits::ephemeral_lifetime_max);
  EphemeralMessage message;
  message.author = place.author;
  message.counter = place.counter;
  message.slot = place.slot;
  message.space = place.space;
  const crypto::SubKey key = sealing_key(keys.entity);
  const Buffer bound_to = associated(message, keys.entity.id);
  Buffer plaintext = plaintext_of(content);
  message.nonce =
      crypto::hedged_nonce(crypto::nonce_key_of(key.expose()), bound_to, plaintext, random);
  message.tag = masked(keys.entity.tag(), keys.header, message.nonce);
  crypto::encrypt(message.ciphertext, key.expose(), message.nonce, bound_to, plaintext);
  crypto::wipe(plaintext);
  message.signature = keys.device.sign(signed_part(message, place.vault));
  return message;
}

bool verify_ephemeral(const EphemeralMessage& message, const SpaceId& vault,
                      const crypto::VerifyKey& key) {
  return crypto::verify(key, signed_part(message, vault), message.signature);
}

EntityTag8 unmask(const EphemeralMessage& message, const crypto::SubKey& header_key) {
  return masked(message.tag, header_key, message.nonce);
}

Result<EphemeralContent> open_ephemeral(const EphemeralMessage& message, const log::EventKey& key) {
  auto plaintext = crypto::decrypt(sealing_key(key).expose(), message.nonce,
                                   associated(message, key.id), message.ciphertext);
  if (!plaintext) return pass(plaintext);
  auto content = read_plaintext(*plaintext);
  crypto::wipe(*plaintext);
  return content;
}

}  // namespace syncline::sync
