// SPDX-License-Identifier: Apache-2.0
//
//   check      = KDF(master, "check", vault ‖ recipient id), its first 16 bytes
//   sealed key = sealed under KDF(master, "open") with "rsk1" ‖ vault ‖ recipient id
//   grant      = sealed to the recipient:
//                "grt1" ‖ vault 32 ‖ generation u32 ‖ recipient id 16 ‖ key id 16 ‖ S_g 32
#include "protocol/space/recipient.h"

#include "protocol/base/check.h"
#include "protocol/crypto/hash.h"
#include "protocol/space/keys.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <algorithm>

namespace syncline::space {
namespace {

Buffer owner_of(const SpaceId& vault, const RecipientId& recipient) {
  wire::Writer out;
  out.id(vault).id(recipient);
  return out.take();
}

Buffer associated_with(const SpaceId& vault, const RecipientId& recipient) {
  wire::Writer out;
  out.fixed(as_bytes("rsk1")).id(vault).id(recipient);
  return out.take();
}

std::array<std::uint8_t, 16> check_of(const crypto::MasterKey& master, Bytes owner) {
  const auto full = crypto::derive<crypto::SubKey>(master.expose(), "check", owner);
  std::array<std::uint8_t, 16> check{};
  std::copy_n(full.expose().begin(), check.size(), check.begin());
  return check;
}

crypto::SubKey opening_key(const crypto::MasterKey& master) {
  return crypto::derive<crypto::SubKey>(master.expose(), "open");
}

}  // namespace

RecipientAdd make_password_recipient(const SpaceId& vault, const PasswordChoice& choice,
                                     Random& random) {
  const auto secret = crypto::RecipientKey::random(random);
  RecipientAdd add = make_plain_recipient(RecipientKind::password, secret);
  PasswordSlot slot;
  slot.salt = choice.salt;
  slot.params = choice.params;
  slot.check = check_of(choice.master, owner_of(vault, add.id()));
  slot.sealed_key = crypto::seal(opening_key(choice.master).expose(),
                                 associated_with(vault, add.id()), secret.expose(), random);
  add.password = std::move(slot);
  return add;
}

RecipientAdd make_plain_recipient(RecipientKind kind, const crypto::RecipientKey& key) {
  return {kind, crypto::public_key_of(key.expose()), std::nullopt};
}

Result<crypto::RecipientKey> open_password(const SpaceId& vault, const RecipientAdd& recipient,
                                           const crypto::MasterKey& master) {
  if (!recipient.password) return fail(Errc::invalid, "this recipient has no password");
  const PasswordSlot& slot = *recipient.password;
  // Spec R7: what was sealed is not even tried under a key that is not the one it was sealed
  // with, so that no crafted slot can test many passwords at once.
  if (!crypto::equal_secret(check_of(master, owner_of(vault, recipient.id())), slot.check))
    return fail(Errc::wrong_password, "the password does not open the vault");
  auto key = crypto::open_secret<crypto::RecipientKey>(
      opening_key(master).expose(), associated_with(vault, recipient.id()), slot.sealed_key);
  if (!key || crypto::public_key_of(key->expose()) != recipient.key)
    return fail(Errc::corrupt, "the recipient's sealed key is damaged");
  return key;
}

Grant make_grant(const SpaceId& vault, std::uint32_t generation, const crypto::AccountKey& account,
                 const RecipientAdd& recipient, Random& random) {
  wire::Writer out(grant_message_size);
  out.fixed(as_bytes("grt1")).id(vault).u32(generation).id(recipient.id());
  out.id(crypto::key_id(account.expose())).fixed(account.expose());
  Buffer message = out.take();
  SYNCLINE_CHECK(message.size() == grant_message_size);
  Grant grant{generation, recipient.id(), crypto::key_commitment(account.expose()), {}};
  grant.sealed = crypto::seal_to(recipient.key, message, random);
  crypto::wipe(message);
  return grant;
}

Result<crypto::AccountKey> open_grant(const SpaceId& vault, const Grant& grant,
                                      const crypto::RecipientKey& key) {
  auto message = crypto::open_sealed(key.expose(), grant.sealed);
  if (!message) return pass(message);
  wire::Writer expected;
  expected.fixed(as_bytes("grt1")).id(vault).u32(grant.generation).id(grant.recipient);
  const std::size_t start = expected.size() + KeyId::size;
  if (message->size() != grant_message_size ||
      !equal(Bytes(*message).first(expected.size()), expected.view())) {
    crypto::wipe(*message);
    return fail(Errc::bad_signature, "a grant was made for another place");
  }
  auto account = crypto::AccountKey::copy_of(crypto::KeyView(message->data() + start, 32));
  const auto named = KeyId::from(Bytes(*message).subspan(expected.size(), KeyId::size));
  crypto::wipe(*message);
  if (named != crypto::key_id(account.expose()) ||
      grant.commitment != crypto::key_commitment(account.expose()))
    return fail(Errc::bad_signature, "a grant does not hold the key it names");
  return account;
}

Result<crypto::AccountKey> open_account(const VaultRoster& roster, const RecipientAdd& recipient,
                                        const crypto::MasterKey& master) {
  const auto key = open_password(roster.id(), recipient, master);
  if (!key) return pass(key);
  return open_newest_grant(roster, recipient.id(), *key);
}

Result<crypto::AccountKey> open_newest_grant(const VaultRoster& roster,
                                             const RecipientId& recipient,
                                             const crypto::RecipientKey& key) {
  const Grant* newest = nullptr;
  for (const Grant& grant : roster.grants())
    if (grant.recipient == recipient && (!newest || grant.generation > newest->generation))
      newest = &grant;
  if (!newest) return fail(Errc::not_found, "nothing was granted to this recipient");
  return open_grant(roster.id(), *newest, key);
}

std::vector<Record> change_password(const VaultRoster& roster, const UnlockedKeys& keys,
                                    const PasswordChoice& choice, Random& random) {
  const RecipientAdd made = make_password_recipient(roster.id(), choice, random);
  const Grant grant = make_grant(roster.id(), keys.generation(), keys.account(), made, random);
  const crypto::SigningKey& key = keys.account_signing();
  std::vector<Record> records;
  records.push_back(sign_vault_record(roster, key, RecordKind::recipient_add, encode_body(made)));
  const auto follow = [&](RecordKind kind, Buffer body) {
    records.push_back(
        sign_record({roster.id(), kind, {record_id(records.back())}, std::move(body)}, key));
  };
  follow(RecordKind::grant, encode_body(grant));
  for (const auto& [id, recipient] : roster.recipients())
    if (recipient.kind == RecipientKind::password)
      follow(RecordKind::recipient_remove, encode_body(RecipientRemove{id}));
  return records;
}

}  // namespace syncline::space
