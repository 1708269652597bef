// SPDX-License-Identifier: Apache-2.0
//
// Control: the bodies of control events, which only holders of the space key can read.
//
// entity.create hands out entity keys: being sealed under K_ctl is the wrap.
// log.certificate says which device a pseudonymous log belongs to, signed by that device.
#pragma once

#include "protocol/space/device.h"

#include <variant>
#include <vector>

namespace syncline::space {

inline constexpr std::size_t entities_per_create_max = 256;

struct EntityGrant {
  EntityId entity;
  crypto::EntityKey key;
};
struct EntityCreate {
  std::vector<EntityGrant> entities;  // 1 to 256
};
struct LogCertificate {
  DeviceId device;
  crypto::Signature signature;  // by the device's signing key over the log id
};
using ControlBody = std::variant<EntityCreate, LogCertificate>;

// The caller wipes the bytes: they hold keys.
Buffer encode_control(const ControlBody& body);
// Errors: Errc::unsupported for a newer kind; as Reader.
Result<ControlBody> decode_control(Bytes body);

LogCertificate certify_log(const DeviceSecrets& secrets, const LogId& log);
// `cert` is the device's record in the vault roster.
bool verify_certificate(const LogCertificate& certificate, const DeviceCert& cert,
                        const LogId& log);

}  // namespace syncline::space
