// SPDX-License-Identifier: Apache-2.0
//
//   vault genesis    = account key 32 ‖ salt 32
//   device cert      = sign key 32 ‖ box key 32 ‖ recipient key 32 ‖ created zigzag ‖ signature 64
//                      signature over "dcr1" ‖ everything before it
//   device admit     = device cert ‖ sealed name: length varint ‖ bytes
//   recipient add    = kind u8 ‖ key 32 ‖ [kind 1: salt 16 ‖ memory KiB u32 ‖ passes u32
//                      ‖ check 16 ‖ sealed key 72]
//   recipient remove = recipient id 16
//   grant            = generation u32 ‖ recipient id 16 ‖ commitment 32 ‖ sealed 152
//   space add        = space id 32 ‖ kind u8 ‖ epoch u32 ‖ generation u32 ‖ key id 16
//                      ‖ sealed key 72 ‖ sealed name: length varint ‖ bytes
#include "protocol/space/vault_bodies.h"

#include "protocol/crypto/aead.h"
#include "protocol/crypto/hash.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace syncline::space {
namespace {

constexpr std::size_t sealed_name_max = 256;

void write_cert_fields(wire::Writer& out, const DeviceCert& cert) {
  out.id(cert.sign_key).id(cert.box_key).id(cert.recipient_key).zigzag(cert.created.unix_ms);
}

bool is_known(RecipientKind kind) {
  return kind >= RecipientKind::password && kind <= RecipientKind::device;
}

}  // namespace

Buffer cert_message(const DeviceCert& cert) {
  wire::Writer out;
  out.fixed(as_bytes("dcr1"));
  write_cert_fields(out, cert);
  return out.take();
}

DeviceId device_id_of(const crypto::VerifyKey& sign_key) {
  return crypto::truncated<DeviceId>(crypto::hash("dev1", sign_key.view()));
}

DeviceId DeviceCert::id() const { return device_id_of(sign_key); }

bool verify_cert(const DeviceCert& cert) {
  return crypto::verify(cert.sign_key, cert_message(cert), cert.signature);
}

RecipientId RecipientAdd::id() const {
  return crypto::truncated<RecipientId>(
      crypto::Hasher("rcp1").add_u8(static_cast<std::uint8_t>(kind)).add(key).finish());
}

void encode_cert(wire::Writer& out, const DeviceCert& cert) {
  write_cert_fields(out, cert);
  out.id(cert.signature);
}

DeviceCert decode_cert(wire::Reader& in) {
  DeviceCert cert;
  cert.sign_key = in.id<crypto::VerifyKey>();
  cert.box_key = in.id<crypto::BoxPublicKey>();
  cert.recipient_key = in.id<crypto::BoxPublicKey>();
  cert.created.unix_ms = in.zigzag();
  cert.signature = in.id<crypto::Signature>();
  return cert;
}

Buffer encode_body(const VaultGenesis& body) {
  wire::Writer out;
  out.id(body.account_key).fixed(body.salt);
  return out.take();
}

Result<VaultGenesis> decode_vault_genesis(Bytes body) {
  wire::Reader in(body);
  VaultGenesis genesis;
  genesis.account_key = in.id<crypto::VerifyKey>();
  genesis.salt = in.array<32>();
  return in.finish(genesis);
}

Buffer encode_body(const DeviceAdmit& body) {
  wire::Writer out;
  encode_cert(out, body.cert);
  out.bytes(body.sealed_name);
  return out.take();
}

Result<DeviceAdmit> decode_device_admit(Bytes body) {
  wire::Reader in(body);
  DeviceAdmit admit;
  admit.cert = decode_cert(in);
  admit.sealed_name = to_buffer(in.bytes(sealed_name_max));
  auto done = in.finish(std::move(admit));
  if (done && !verify_cert(done->cert))
    return fail(Errc::bad_signature, "a device did not sign its own keys");
  return done;
}

Buffer encode_body(const RecipientAdd& body) {
  wire::Writer out;
  out.u8(static_cast<std::uint8_t>(body.kind)).id(body.key);
  if (body.password) {
    const PasswordSlot& slot = *body.password;
    out.id(slot.salt).u32(slot.params.memory_kib).u32(slot.params.passes);
    out.fixed(slot.check).fixed(slot.sealed_key);
  }
  return out.take();
}

Result<RecipientAdd> decode_recipient_add(Bytes body) {
  wire::Reader in(body);
  RecipientAdd add;
  add.kind = static_cast<RecipientKind>(in.u8());
  if (!is_known(add.kind)) in.fail_with(Errc::unsupported);
  add.key = in.id<crypto::BoxPublicKey>();
  if (add.kind == RecipientKind::password) {
    PasswordSlot slot;
    slot.salt = in.id<crypto::Salt>();
    slot.params.memory_kib = in.u32();
    slot.params.passes = in.u32();
    slot.check = in.array<16>();
    slot.sealed_key = to_buffer(in.fixed(crypto::sealed_box_overhead + 32));
    add.password = std::move(slot);
  }
  auto done = in.finish(std::move(add));
  // Spec R6: before anybody could be made to run them.
  if (done && done->password)
    if (const Status bounded = crypto::check_params(done->password->params); !bounded)
      return pass(bounded);
  return done;
}

Buffer encode_body(const RecipientRemove& body) { return to_buffer(body.id.view()); }

Result<RecipientRemove> decode_recipient_remove(Bytes body) {
  wire::Reader in(body);
  return in.finish(RecipientRemove{in.id<RecipientId>()});
}

Buffer encode_body(const Grant& body) {
  wire::Writer out;
  out.u32(body.generation).id(body.recipient).id(body.commitment).fixed(body.sealed);
  return out.take();
}

Result<Grant> decode_grant(Bytes body) {
  wire::Reader in(body);
  Grant grant;
  grant.generation = in.u32();
  grant.recipient = in.id<RecipientId>();
  grant.commitment = in.id<Digest>();
  grant.sealed = to_buffer(in.fixed(grant_message_size + crypto::sealed_overhead));
  if (grant.generation == 0) in.fail_with(Errc::invalid);
  return in.finish(std::move(grant));
}

Buffer encode_body(const SpaceAdd& body) {
  wire::Writer out;
  out.id(body.space).u8(static_cast<std::uint8_t>(body.kind)).u32(body.epoch);
  out.u32(body.generation).id(body.key_id).fixed(body.sealed_key).bytes(body.sealed_name);
  return out.take();
}

Result<SpaceAdd> decode_space_add(Bytes body) {
  wire::Reader in(body);
  SpaceAdd add;
  add.space = in.id<SpaceId>();
  add.kind = static_cast<SpaceKind>(in.u8());
  if (add.kind != SpaceKind::home) in.fail_with(Errc::unsupported);
  add.epoch = in.u32();
  add.generation = in.u32();
  add.key_id = in.id<KeyId>();
  add.sealed_key = to_buffer(in.fixed(crypto::sealed_box_overhead + 32));
  add.sealed_name = to_buffer(in.bytes(sealed_name_max));
  if (add.epoch == 0 || add.generation == 0) in.fail_with(Errc::invalid);
  return in.finish(std::move(add));
}

}  // namespace syncline::space
