// SPDX-License-Identifier: Apache-2.0
//
//   entity.create   = 1 u8 ‖ count varint ‖ (entity id 16 ‖ key 32) * count
//   log.certificate = 2 u8 ‖ device id 16 ‖ signature 64 over "lgc1" ‖ log id
#include "protocol/space/control.h"

#include "protocol/base/check.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace syncline::space {
namespace {

constexpr std::uint8_t entity_create = 1;
constexpr std::uint8_t log_certificate = 2;

Buffer certificate_message(const LogId& log) {
  wire::Writer out;
  out.fixed(as_bytes("lgc1")).id(log);
  return out.take();
}

}  // namespace

Buffer encode_control(const ControlBody& body) {
  const auto* const keys = std::get_if<EntityCreate>(&body);
  wire::Writer out(keys ? 3 + keys->entities.size() * (EntityId::size + crypto::EntityKey::size)
                        : 1 + DeviceId::size + crypto::Signature::size);
  if (const auto* create = std::get_if<EntityCreate>(&body)) {
    SYNCLINE_CHECK(!create->entities.empty() && create->entities.size() <= entities_per_create_max);
    out.u8(entity_create).varint(create->entities.size());
    for (const EntityGrant& grant : create->entities)
      out.id(grant.entity).fixed(grant.key.expose());
  } else {
    const auto& certificate = std::get<LogCertificate>(body);
    out.u8(log_certificate).id(certificate.device).id(certificate.signature);
  }
  return out.take();
}

Result<ControlBody> decode_control(Bytes body) {
  wire::Reader in(body);
  switch (in.u8()) {
    case entity_create: {
      EntityCreate create;
      const std::uint64_t count = in.varint(entities_per_create_max);
      if (count == 0) in.fail_with(Errc::invalid);
      for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
        const auto entity = in.id<EntityId>();
        const Bytes key = in.fixed(crypto::EntityKey::size);
        if (!in.ok()) break;
        create.entities.push_back(
            {entity, crypto::EntityKey::copy_of(crypto::KeyView(key.data(), key.size()))});
      }
      if (const auto read = in.finish(true); !read) return pass(read);
      return ControlBody(std::move(create));
    }
    case log_certificate: {
      LogCertificate certificate{in.id<DeviceId>(), in.id<crypto::Signature>()};
      if (const auto read = in.finish(true); !read) return pass(read);
      return ControlBody(certificate);
    }
    default: return fail(Errc::unsupported, "a control event of an unknown kind");
  }
}

LogCertificate certify_log(const DeviceSecrets& secrets, const LogId& log) {
  return {device_id_of(secrets.sign.verify_key()), secrets.sign.sign(certificate_message(log))};
}

bool verify_certificate(const LogCertificate& certificate, const DeviceCert& cert,
                        const LogId& log) {
  return certificate.device == cert.id() &&
         crypto::verify(cert.sign_key, certificate_message(log), certificate.signature);
}

}  // namespace syncline::space
