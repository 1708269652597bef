// SPDX-License-Identifier: Apache-2.0
//
// Device: the secrets one installation has for itself, and what it keeps of them at rest.
//
// The signing key, the secret that log keys derive from and the recipient key are sealed
// under the local key, the local key under the account key. Only the transport identity is
// usable while locked; the shell keeps it in a file of mode 0600.
#pragma once

#include "protocol/log/draft.h"
#include "protocol/space/keys.h"

#include <string>

namespace syncline::space {

struct DeviceSecrets {
  static DeviceSecrets random(Random& random);
  DeviceSecrets clone() const;

  crypto::SigningKey sign;
  crypto::SubKey root;  // log keys derive from it
  crypto::RecipientKey recipient;
  crypto::LocalKey local;  // seals what never leaves this device

  // KDF(root, "log" ‖ space ‖ incarnation).
  crypto::SigningKey log_key(const SpaceId& space, std::uint32_t incarnation) const;
};

// Signs the device's own public keys.
DeviceCert make_cert(const DeviceSecrets& secrets, const crypto::BoxPublicKey& box_key,
                     WallTime created);

// Family::meta, one row: the device's secrets at rest.
Buffer seal_device(const UnlockedKeys& keys, const DeviceId& device, const DeviceSecrets& secrets,
                   Random& random);
// Errors: Errc::bad_signature, Errc::corrupt; Errc::invalid if it is not `device`.
Result<DeviceSecrets> open_device(const UnlockedKeys& keys, const DeviceId& device, Bytes sealed);
void put_device(log::Draft& draft, Buffer sealed);
Result<std::optional<Buffer>> find_device(const StoreReader& reader);

// What a link needs, also while the vault is locked.
struct TransportIdentity {
  SpaceId vault;
  DeviceId device;
  crypto::BoxKey box;
  crypto::DiscoveryKey discovery;

  TransportIdentity clone() const;
};
// The caller wipes the bytes.
Buffer encode_identity(const TransportIdentity& identity);
Result<TransportIdentity> decode_identity(Bytes bytes);

// At most limits::device_name_size_max bytes of UTF-8 without control characters.
Status check_device_name(std::string_view name);

// What a new device shows to its inviter.
struct Introduction {
  DeviceCert cert;
  std::string name;
};
Buffer encode_introduction(const Introduction& introduction);
// Errors: as Reader and check_device_name; Errc::bad_signature for keys the device did not sign.
Result<Introduction> decode_introduction(Bytes bytes);

}  // namespace syncline::space
