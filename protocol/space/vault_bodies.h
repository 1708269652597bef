// SPDX-License-Identifier: Apache-2.0
//
// VaultBodies: what the records of a vault's roster say, field by field.
//
// Values and their encodings only; sealing and opening is recipient.h and keys.h, folding is
// vault_roster.h. Layouts: Spec section 4.
#pragma once

#include "protocol/base/time.h"
#include "protocol/crypto/agree.h"
#include "protocol/crypto/password.h"
#include "protocol/space/record.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <optional>
#include <string>

namespace syncline::space {

struct VaultGenesis {
  crypto::VerifyKey account_key;  // signs every record of the vault
  std::array<std::uint8_t, 32> salt{};
};

// A device's public keys, signed by the device itself: nobody can admit keys it does not own.
struct DeviceCert {
  crypto::VerifyKey sign_key;
  crypto::BoxPublicKey box_key;        // its static key on links
  crypto::BoxPublicKey recipient_key;  // later account keys are sealed to it
  WallTime created;
  crypto::Signature signature;

  DeviceId id() const;
  bool operator==(const DeviceCert&) const = default;
};
// H("dev1" ‖ signing key), 16 bytes.
DeviceId device_id_of(const crypto::VerifyKey& sign_key);
// What the device signs, and whether it did.
Buffer cert_message(const DeviceCert& cert);
bool verify_cert(const DeviceCert& cert);

struct DeviceAdmit {
  DeviceCert cert;
  Buffer sealed_name;
};

enum class RecipientKind : std::uint8_t { password = 1, recovery = 2, keyring = 3, device = 4 };

// How a password opens a recipient: present iff the kind is password.
struct PasswordSlot {
  crypto::Salt salt;
  crypto::ArgonParams params;
  std::array<std::uint8_t, 16> check{};  // KDF(master, "check"), compared before opening
  Buffer sealed_key;                     // the recipient's X25519 secret

  bool operator==(const PasswordSlot&) const = default;
};
struct RecipientAdd {
  RecipientKind kind = RecipientKind::password;
  crypto::BoxPublicKey key;
  std::optional<PasswordSlot> password;

  RecipientId id() const;  // H("rcp1" ‖ kind ‖ key), 16 bytes
  bool operator==(const RecipientAdd&) const = default;
};
struct RecipientRemove {
  RecipientId id;
};

// "grt1" ‖ vault ‖ generation ‖ recipient ‖ key id ‖ S_g: a sealed box has no associated data.
inline constexpr std::size_t grant_message_size = 4 + 32 + 4 + 16 + 16 + 32;
// S_g sealed to one recipient. The commitment is the full hash of S_g: one grant cannot give
// different keys to different recipients unnoticed.
struct Grant {
  std::uint32_t generation = 1;
  RecipientId recipient;
  Digest commitment;
  Buffer sealed;

  bool operator==(const Grant&) const = default;
};

enum class SpaceKind : std::uint8_t { home = 1 };
struct SpaceAdd {
  SpaceId space;
  SpaceKind kind = SpaceKind::home;
  std::uint32_t epoch = 1;
  std::uint32_t generation = 1;  // of the account key that wraps
  KeyId key_id;                  // of K_space
  Buffer sealed_key;
  Buffer sealed_name;
};

Buffer encode_body(const VaultGenesis& body);
Buffer encode_body(const DeviceAdmit& body);
Buffer encode_body(const RecipientAdd& body);
Buffer encode_body(const RecipientRemove& body);
Buffer encode_body(const Grant& body);
Buffer encode_body(const SpaceAdd& body);
Result<VaultGenesis> decode_vault_genesis(Bytes body);
// Errors: also Errc::bad_signature if the device did not sign its own keys.
Result<DeviceAdmit> decode_device_admit(Bytes body);
// Errors: also Errc::invalid for stretching parameters outside the limits (Spec R6).
Result<RecipientAdd> decode_recipient_add(Bytes body);
Result<RecipientRemove> decode_recipient_remove(Bytes body);
Result<Grant> decode_grant(Bytes body);
Result<SpaceAdd> decode_space_add(Bytes body);

void encode_cert(wire::Writer& out, const DeviceCert& cert);
DeviceCert decode_cert(wire::Reader& in);

}  // namespace syncline::space
