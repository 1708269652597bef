// SPDX-License-Identifier: Apache-2.0
//
// VaultRoster: the devices, recipients, grants and spaces of one vault.
//
// A fold is a pure function of a set of records, whatever their order. Recipients are an
// add/remove set: what is removed stays removed, what two devices add at once both lives,
// so two concurrent password changes lock nobody out.
#pragma once

#include "protocol/space/vault_bodies.h"

#include <map>
#include <set>
#include <span>

namespace syncline::space {

class VaultRoster {
 public:
  // Skips what is not valid here. Errors: Errc::not_found if no genesis of `vault` is among
  // them; Errc::limit beyond limits::records_per_space_max. Two devices may exceed a bound on
  // devices or recipients together without knowing: those bounds are for whoever adds.
  static Result<VaultRoster> fold(const SpaceId& vault, std::span<const Record> records);

  const SpaceId& id() const { return id_; }
  const VaultGenesis& genesis() const { return genesis_; }
  // The newest generation that any grant gives; 0 without grants.
  std::uint32_t generation() const { return generation_; }

  const std::map<DeviceId, DeviceAdmit>& devices() const { return devices_; }
  // The device with this static key on a link: how a link is authenticated.
  const DeviceAdmit* device_by_box_key(const crypto::BoxPublicKey& key) const;

  // Recipients that were not removed.
  const std::map<RecipientId, RecipientAdd>& recipients() const { return recipients_; }
  // Grants to live recipients.
  const std::vector<Grant>& grants() const { return grants_; }
  // The passwords to try: live and holding a grant, those with the newest grant first.
  std::vector<RecipientAdd> password_recipients() const;

  // Every epoch of every space, ascending by (space, epoch).
  const std::map<std::pair<SpaceId, std::uint32_t>, SpaceAdd>& spaces() const { return spaces_; }
  const std::vector<RecordId>& tips() const { return tips_; }

 private:
  void take(const Record& record, std::set<RecipientId>& removed);
  void take_device(const Record& record);
  void drop_removed(const std::set<RecipientId>& removed);

  SpaceId id_;
  VaultGenesis genesis_;
  std::uint32_t generation_ = 0;
  std::map<DeviceId, DeviceAdmit> devices_;
  std::map<crypto::BoxPublicKey, DeviceId> by_box_key_;
  std::map<RecipientId, RecipientAdd> recipients_;
  std::vector<Grant> grants_;
  std::map<std::pair<SpaceId, std::uint32_t>, SpaceAdd> spaces_;
  std::vector<RecordId> tips_;
};

// Signs a record of this vault that follows everything the roster holds.
Record sign_vault_record(const VaultRoster& roster, const crypto::SigningKey& account_signing,
                         RecordKind kind, Buffer body);

}  // namespace syncline::space
