// SPDX-License-Identifier: Apache-2.0
//
// VaultSetup: making a vault, and making a device part of one.
//
// Both end in the same shape, a MemberDevice: keys in memory, and a draft that holds all that
// must be committed before anything is told to anybody.
#pragma once

#include "protocol/space/device.h"
#include "protocol/space/own_log.h"
#include "protocol/space/recipient.h"
#include "protocol/space/roster_store.h"

namespace syncline::space {

struct MemberDevice {
  UnlockedKeys keys;
  DeviceSecrets secrets;
  TransportIdentity identity;
  DeviceCert cert;
  SpaceId home;
};

struct VaultPlan {
  PasswordChoice password;
  std::string_view device_name;
  WallTime now;
};
// Writes vault roster, home space, the device at rest and the own log of the home space.
// Errors: Errc::already_exists if the store has a vault; Errc::invalid for the device name.
Result<MemberDevice> create_vault(log::Draft& draft, const VaultPlan& plan, Random& random);

// A space of this account: its genesis, its keys and its record in the vault.
struct SpacePlan {
  SpaceKind kind = SpaceKind::home;
  std::string_view name;
};
Result<SpaceId> create_space(log::Draft& draft, UnlockedKeys& keys, const SpacePlan& plan,
                             Random& random);

// ---- joining ---------------------------------------------------------------------------------

// What an inviter hands to a new device over their link, beside what ordinary sync brings.
struct JoinMaterial {
  SpaceId vault;
  std::uint32_t generation = 1;
  crypto::AccountKey account;
  std::vector<Buffer> vault_records;  // genesis first; at least what opens the vault
};
inline constexpr std::size_t join_material_size_max = limits::control_message_size_max - 1024;

// The inviter: admits the device and packs. The draft gets the new device_admit record.
Result<JoinMaterial> admit_device(log::Draft& draft, const UnlockedKeys& keys,
                                  const Introduction& introduction, Random& random);
// At most join_material_size_max bytes; devices beyond that come by sync. The caller wipes it.
Buffer encode_join_material(const JoinMaterial& material);
Result<JoinMaterial> decode_join_material(Bytes bytes);

// The new device, before it dials: its secrets and what it will show.
struct Newcomer {
  DeviceSecrets secrets;
  crypto::BoxKey box;
  Introduction introduction;
};
// Errors: Errc::invalid for the device name.
Result<Newcomer> make_newcomer(std::string_view device_name, WallTime now, Random& random);
// The new device, afterwards: verifies and stores everything. Spaces whose genesis is not
// here yet get their own log later (own_log.h). Errors: Errc::already_exists;
// Errc::unknown_device if the material does not admit this device; as accept_record.
Result<MemberDevice> join_vault(log::Draft& draft, const JoinMaterial& material, Newcomer newcomer,
                                Random& random);

// Shared by both ways in: stores the device at rest and the name of its vault.
MemberDevice settle(log::Draft& draft, UnlockedKeys keys, Newcomer newcomer, Random& random);
// Adds a device to the vault's roster. Errors: Errc::limit, Errc::already_exists.
Status admit_introduced(log::Draft& draft, const UnlockedKeys& keys,
                        const Introduction& introduction, Random& random);

// ---- starting ----------------------------------------------------------------------------------

// The vault of this store, if it has one.
Result<std::optional<SpaceId>> find_vault(const StoreReader& reader);
struct Unlocked {
  UnlockedKeys keys;
  DeviceSecrets secrets;
};
// After open_account: everything an unlocked agent holds. Errors: Errc::corrupt,
// Errc::not_found for a store without a device.
Result<Unlocked> unlock_vault(const StoreReader& reader, const TransportIdentity& identity,
                              crypto::AccountKey account);

}  // namespace syncline::space
