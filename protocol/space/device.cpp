// SPDX-License-Identifier: Apache-2.0
//
//   at rest  = version u8 (1) ‖ local key 72, sealed under KDF(S_g, "local" ‖ device id) with
//              "loc1" ‖ vault ‖ device id
//            ‖ secrets 136, sealed under KDF(local key, "device") with "dvs1" ‖ vault ‖ device id:
//              signing seed 32 ‖ root 32 ‖ recipient 32
//   identity = version u8 (1) ‖ vault 32 ‖ device id 16 ‖ box key 32 ‖ discovery key 32
//            ‖ H("tid1" ‖ everything before it) 32
//   introduction = version u8 (1) ‖ device cert ‖ name: length varint ‖ UTF-8
#include "protocol/space/device.h"

#include "protocol/crypto/hash.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace syncline::space {
namespace {

constexpr std::uint8_t layout_version = 1;
constexpr std::size_t sealed_local_size = crypto::sealed_box_overhead + 32;
constexpr std::size_t sealed_secrets_size = crypto::sealed_box_overhead + 96;
constexpr std::string_view device_key = "device";

Buffer owner_of(std::string_view purpose, const SpaceId& vault, const DeviceId& device) {
  wire::Writer out;
  out.fixed(as_bytes(purpose)).id(vault).id(device);
  return out.take();
}

crypto::SubKey local_wrap(const UnlockedKeys& keys, const DeviceId& device) {
  return crypto::derive<crypto::SubKey>(keys.account().expose(), "local", device.view());
}

crypto::SubKey secrets_wrap(const crypto::LocalKey& local) {
  return crypto::derive<crypto::SubKey>(local.expose(), "device");
}

template <class SecretType>
SecretType part_of(const Buffer& plaintext, std::size_t at) {
  return SecretType::copy_of(crypto::KeyView(plaintext.data() + at, 32));
}

}  // namespace

DeviceSecrets DeviceSecrets::random(Random& random) {
  auto seed = crypto::SigningSeed::random(random);
  auto root = crypto::SubKey::random(random);
  auto recipient = crypto::RecipientKey::random(random);
  auto local = crypto::LocalKey::random(random);
  return {crypto::SigningKey::from_seed(std::move(seed)), std::move(root), std::move(recipient),
          std::move(local)};
}

DeviceSecrets DeviceSecrets::clone() const {
  return {sign.clone(), root.clone(), recipient.clone(), local.clone()};
}

crypto::SigningKey DeviceSecrets::log_key(const SpaceId& space, std::uint32_t incarnation) const {
  wire::Writer context;
  context.id(space).u32(incarnation);
  return crypto::SigningKey::from_seed(
      crypto::derive<crypto::SigningSeed>(root.expose(), "log", context.view()));
}

DeviceCert make_cert(const DeviceSecrets& secrets, const crypto::BoxPublicKey& box_key,
                     WallTime created) {
  DeviceCert cert{secrets.sign.verify_key(),
                  box_key,
                  crypto::public_key_of(secrets.recipient.expose()),
                  created,
                  {}};
  cert.signature = secrets.sign.sign(cert_message(cert));
  return cert;
}

Buffer seal_device(const UnlockedKeys& keys, const DeviceId& device, const DeviceSecrets& secrets,
                   Random& random) {
  wire::Writer inner(96);
  inner.fixed(secrets.sign.seed().expose()).fixed(secrets.root.expose());
  inner.fixed(secrets.recipient.expose());
  Buffer plaintext = inner.take();
  wire::Writer out;
  out.u8(layout_version);
  out.fixed(crypto::seal(local_wrap(keys, device).expose(), owner_of("loc1", keys.vault(), device),
                         secrets.local.expose(), random));
  out.fixed(crypto::seal(secrets_wrap(secrets.local).expose(),
                         owner_of("dvs1", keys.vault(), device), plaintext, random));
  crypto::wipe(plaintext);
  return out.take();
}

Result<DeviceSecrets> open_device(const UnlockedKeys& keys, const DeviceId& device, Bytes sealed) {
  wire::Reader in(sealed);
  if (in.u8() != layout_version) in.fail_with(Errc::unsupported);
  const Bytes sealed_local = in.fixed(sealed_local_size);
  const Bytes sealed_secrets = in.fixed(sealed_secrets_size);
  const auto read = in.finish(true);
  if (!read) return pass(read);
  auto local = crypto::open_secret<crypto::LocalKey>(
      local_wrap(keys, device).expose(), owner_of("loc1", keys.vault(), device), sealed_local);
  if (!local) return pass(local);
  auto plaintext = crypto::open(secrets_wrap(*local).expose(),
                                owner_of("dvs1", keys.vault(), device), sealed_secrets);
  if (!plaintext) return pass(plaintext);
  auto seed = part_of<crypto::SigningSeed>(*plaintext, 0);
  auto root = part_of<crypto::SubKey>(*plaintext, 32);
  auto recipient = part_of<crypto::RecipientKey>(*plaintext, 64);
  crypto::wipe(*plaintext);
  DeviceSecrets secrets{crypto::SigningKey::from_seed(std::move(seed)), std::move(root),
                        std::move(recipient), std::move(*local)};
  if (device_id_of(secrets.sign.verify_key()) != device)
    return fail(Errc::invalid, "the stored secrets are another device's");
  return secrets;
}

void put_device(log::Draft& draft, Buffer sealed) {
  draft.put(Family::meta, to_buffer(as_bytes(device_key)), std::move(sealed));
}

Result<std::optional<Buffer>> find_device(const StoreReader& reader) {
  return reader.get(Family::meta, as_bytes(device_key));
}

TransportIdentity TransportIdentity::clone() const {
  return {vault, device, box.clone(), discovery.clone()};
}

Buffer encode_identity(const TransportIdentity& identity) {
  wire::Writer out(1 + 32 + 16 + 32 + 32 + 32);
  out.u8(layout_version).id(identity.vault).id(identity.device);
  out.fixed(identity.box.expose()).fixed(identity.discovery.expose());
  const Digest sum = crypto::hash("tid1", out.view());
  out.id(sum);
  return out.take();
}

Result<TransportIdentity> decode_identity(Bytes bytes) {
  wire::Reader in(bytes);
  if (in.u8() != layout_version) in.fail_with(Errc::unsupported);
  const auto vault = in.id<SpaceId>();
  const auto device = in.id<DeviceId>();
  const Bytes box = in.fixed(32);
  const Bytes discovery = in.fixed(32);
  const auto sum = in.id<Digest>();
  const auto read = in.finish(true);
  if (!read) return pass(read);
  if (crypto::hash("tid1", bytes.first(bytes.size() - Digest::size)) != sum)
    return fail(Errc::corrupt, "the device's transport identity is damaged");
  return TransportIdentity{vault, device, crypto::BoxKey::copy_of(crypto::KeyView(box.data(), 32)),
                           crypto::DiscoveryKey::copy_of(crypto::KeyView(discovery.data(), 32))};
}

Buffer encode_introduction(const Introduction& introduction) {
  wire::Writer out;
  out.u8(layout_version);
  encode_cert(out, introduction.cert);
  out.text(introduction.name);
  return out.take();
}

Result<Introduction> decode_introduction(Bytes bytes) {
  wire::Reader in(bytes);
  if (in.u8() != layout_version) in.fail_with(Errc::unsupported);
  Introduction introduction;
  introduction.cert = decode_cert(in);
  introduction.name = in.text(limits::device_name_size_max);
  auto done = in.finish(std::move(introduction));
  if (!done) return done;
  if (const Status named = check_device_name(done->name); !named) return pass(named);
  if (!verify_cert(done->cert))
    return fail(Errc::bad_signature, "a device did not sign its own keys");
  return done;
}

Status check_device_name(std::string_view name) {
  if (name.empty()) return fail(Errc::invalid, "a device needs a name");
  if (name.size() > limits::device_name_size_max)
    return fail(Errc::oversized, "a device name has at most 64 bytes");
  for (const char c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      return fail(Errc::invalid, "a device name holds no control characters");
  if (!wire::is_utf8(as_bytes(name))) return fail(Errc::invalid, "a device name is UTF-8 text");
  return {};
}

}  // namespace syncline::space
