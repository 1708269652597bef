// SPDX-License-Identifier: Apache-2.0
#include "protocol/space/vault_roster.h"

#include "protocol/space/record_set.h"

#include <algorithm>

namespace syncline::space {
namespace {

Result<crypto::VerifyKey> authority_of(Bytes body) {
  const auto genesis = decode_vault_genesis(body);
  if (!genesis) return pass(genesis);
  return genesis->account_key;
}

}  // namespace

// Records come in the order of their ids and the first of two that say the same counts, so
// every order of arrival folds to the same state.
Result<VaultRoster> VaultRoster::fold(const SpaceId& vault, std::span<const Record> records) {
  const auto set = RecordSet::of(vault, records, RecordKind::vault_genesis, authority_of);
  if (!set) return pass(set);
  VaultRoster roster;
  roster.id_ = vault;
  roster.tips_ = set->tips;
  roster.genesis_ = *decode_vault_genesis(set->records.at(set->genesis)->body);
  std::set<RecipientId> removed;
  for (const auto& [id, record] : set->records) roster.take(*record, removed);
  roster.drop_removed(removed);
  return roster;
}

void VaultRoster::take(const Record& record, std::set<RecipientId>& removed) {
  switch (record.kind) {
    case RecordKind::device_admit: take_device(record); break;
    case RecordKind::recipient_add:
      if (auto add = decode_recipient_add(record.body)) recipients_.emplace(add->id(), *add);
      break;
    case RecordKind::recipient_remove:
      if (const auto remove = decode_recipient_remove(record.body)) removed.insert(remove->id);
      break;
    case RecordKind::grant:
      if (auto grant = decode_grant(record.body)) grants_.push_back(std::move(*grant));
      break;
    case RecordKind::space_add:
      if (auto add = decode_space_add(record.body))
        spaces_.emplace(std::pair(add->space, add->epoch), *add);
      break;
    case RecordKind::space_genesis:
    case RecordKind::log_admit:
    case RecordKind::vault_genesis: break;
  }
}

void VaultRoster::take_device(const Record& record) {
  auto admit = decode_device_admit(record.body);
  if (!admit) return;
  const DeviceId id = admit->cert.id();
  by_box_key_.emplace(admit->cert.box_key, id);
  devices_.emplace(id, std::move(*admit));
}

// Removing wins, whatever came first: a retired password never opens the vault again.
void VaultRoster::drop_removed(const std::set<RecipientId>& removed) {
  for (const RecipientId& id : removed) recipients_.erase(id);
  std::erase_if(grants_,
                [&](const Grant& grant) { return !recipients_.contains(grant.recipient); });
  for (const Grant& grant : grants_) generation_ = std::max(generation_, grant.generation);
}

const DeviceAdmit* VaultRoster::device_by_box_key(const crypto::BoxPublicKey& key) const {
  const auto found = by_box_key_.find(key);
  return found == by_box_key_.end() ? nullptr : &devices_.at(found->second);
}

std::vector<RecipientAdd> VaultRoster::password_recipients() const {
  std::vector<std::pair<std::uint32_t, const RecipientAdd*>> found;
  for (const auto& [id, recipient] : recipients_) {
    std::uint32_t newest = 0;
    for (const Grant& grant : grants_)
      if (grant.recipient == id) newest = std::max(newest, grant.generation);
    if (recipient.kind == RecipientKind::password && newest > 0)
      found.emplace_back(newest, &recipient);
  }
  std::ranges::stable_sort(found, std::greater<>(), [](const auto& entry) { return entry.first; });
  std::vector<RecipientAdd> recipients;
  for (const auto& [generation, recipient] : found) recipients.push_back(*recipient);
  return recipients;
}

Record sign_vault_record(const VaultRoster& roster, const crypto::SigningKey& account_signing,
                         RecordKind kind, Buffer body) {
  std::vector<RecordId> prev = roster.tips();
  if (prev.size() > record_prev_max) prev.resize(record_prev_max);
  return sign_record({roster.id(), kind, std::move(prev), std::move(body)}, account_signing);
}

}  // namespace syncline::space
