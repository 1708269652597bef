// SPDX-License-Identifier: Apache-2.0
#include "protocol/space/recipient.h"

#include "tests/protocol/space/space_fixture.h"

namespace syncline::space {
namespace {

using test::error_of;
using test::master_of;
using test::TestVault;

struct Opened {
  TestVault vault;
  RecipientAdd recipient = vault.roster().password_recipients().front();
  Grant grant = vault.roster().grants().front();
  crypto::MasterKey master = master_of("first");
};

TEST_CASE("the password opens the account key and no other one does") {
  Opened opened;
  const auto account = open_account(opened.vault.roster(), opened.recipient, opened.master);
  REQUIRE(account);
  CHECK(crypto::equal_secret(account->expose(), opened.vault.member.keys.account().expose()));
  CHECK(error_of(open_account(opened.vault.roster(), opened.recipient, master_of("second"))) ==
        Errc::wrong_password);
}

TEST_CASE("R7: every single changed byte of a recipient keeps it closed") {
  Opened opened;
  const Buffer body = encode_body(opened.recipient);
  for (std::size_t i = 0; i < body.size(); ++i) {
    Buffer changed = body;
    changed[i] ^= 0x01;
    const auto recipient = decode_recipient_add(changed);
    if (!recipient) continue;
    // Salt and parameters are what the master key is stretched with: the key would differ.
    const bool stretching =
        recipient->password && (recipient->password->salt != opened.recipient.password->salt ||
                                recipient->password->params != opened.recipient.password->params);
    if (stretching) continue;
    CHECK_MESSAGE(!open_password(opened.vault.id(), *recipient, opened.master), i);
  }
}

TEST_CASE("R7: the check is compared before anything is opened") {
  Opened opened;
  // The body ends with the sealed key, before it the check.
  Buffer body = encode_body(opened.recipient);
  body.back() ^= 1;
  const RecipientAdd damaged = *decode_recipient_add(body);
  CHECK(error_of(open_password(opened.vault.id(), damaged, master_of("wrong"))) ==
        Errc::wrong_password);
  CHECK(error_of(open_password(opened.vault.id(), damaged, opened.master)) == Errc::corrupt);
  body = encode_body(opened.recipient);
  body[body.size() - 72 - 1] ^= 1;
  const RecipientAdd other_check = *decode_recipient_add(body);
  CHECK(error_of(open_password(opened.vault.id(), other_check, opened.master)) ==
        Errc::wrong_password);
}

TEST_CASE("R6: stretching parameters outside the limits are refused before they run") {
  Opened opened;
  const auto with = [&](std::uint32_t memory_kib, std::uint32_t passes) {
    RecipientAdd changed = opened.recipient;
    changed.password->params = {memory_kib, passes};
    return error_of(decode_recipient_add(encode_body(changed)));
  };
  const std::uint32_t memory = limits::argon_memory_kib_default;
  const std::uint32_t passes = limits::argon_passes_default;
  CHECK(with(memory, passes) == std::nullopt);
  CHECK(with(limits::argon_memory_kib_min, passes) == std::nullopt);
  CHECK(with(limits::argon_memory_kib_max, passes) == std::nullopt);
  for (const std::uint32_t bad : {0u, 8u, limits::argon_memory_kib_min - 1,
                                  limits::argon_memory_kib_max + 1, 0x80000000u, UINT32_MAX})
    CHECK(with(bad, passes) == Errc::invalid);
  for (const std::uint32_t bad : {0u, 1u, limits::argon_passes_max + 1, 0x80000000u, UINT32_MAX})
    CHECK(with(memory, bad) == Errc::invalid);
}

TEST_CASE("R7: a recipient of another vault does not open here") {
  Opened opened;
  TestVault other(2);
  CHECK(error_of(open_password(other.id(), opened.recipient, opened.master)) ==
        Errc::wrong_password);
}

TEST_CASE("R8: every single changed byte of a grant keeps it closed") {
  Opened opened;
  const auto key = open_password(opened.vault.id(), opened.recipient, opened.master);
  REQUIRE(key);
  CHECK(open_grant(opened.vault.id(), opened.grant, *key));
  const Buffer body = encode_body(opened.grant);
  for (std::size_t i = 0; i < body.size(); ++i) {
    Buffer changed = body;
    changed[i] ^= 0x01;
    const auto grant = decode_grant(changed);
    if (grant) CHECK_MESSAGE(!open_grant(opened.vault.id(), *grant, *key), i);
  }
}

TEST_CASE("R8: a grant for another vault or generation or recipient is refused") {
  Opened opened;
  const auto key = open_password(opened.vault.id(), opened.recipient, opened.master);
  TestVault other(2);
  CHECK(error_of(open_grant(other.id(), opened.grant, *key)) == Errc::bad_signature);
  Grant moved = opened.grant;
  moved.generation = 2;
  CHECK(error_of(open_grant(opened.vault.id(), moved, *key)) == Errc::bad_signature);
  moved = opened.grant;
  moved.recipient.bytes[0] ^= 1;
  CHECK(error_of(open_grant(opened.vault.id(), moved, *key)) == Errc::bad_signature);
  // A signer who names one key and seals another.
  const Grant honest =
      make_grant(opened.vault.id(), 1, crypto::AccountKey::random(opened.vault.random),
                 opened.recipient, opened.vault.random);
  moved = opened.grant;
  moved.sealed = honest.sealed;
  CHECK(error_of(open_grant(opened.vault.id(), moved, *key)) == Errc::bad_signature);
}

TEST_CASE("a recovery key opens the vault without any password") {
  Opened opened;
  const auto secret = crypto::RecipientKey::random(opened.vault.random);
  const RecipientAdd recovery = make_plain_recipient(RecipientKind::recovery, secret);
  CHECK_FALSE(recovery.password);
  const Grant grant = make_grant(opened.vault.id(), 1, opened.vault.member.keys.account(), recovery,
                                 opened.vault.random);
  log::Draft draft(opened.vault.store);
  const auto& signing = opened.vault.member.keys.account_signing();
  const VaultRoster before = opened.vault.roster();
  for (const Record& record :
       {sign_vault_record(before, signing, RecordKind::recipient_add, encode_body(recovery)),
        sign_vault_record(before, signing, RecordKind::grant, encode_body(grant))})
    REQUIRE(accept_record(draft, opened.vault.id(), encode_record(record)));
  test::commit(opened.vault.store, draft);
  const VaultRoster roster = opened.vault.roster();
  const auto account = open_newest_grant(roster, recovery.id(), secret);
  REQUIRE(account);
  CHECK(crypto::equal_secret(account->expose(), opened.vault.member.keys.account().expose()));
  CHECK(roster.password_recipients().size() == 1);
  CHECK(error_of(open_password(opened.vault.id(), recovery, opened.master)) == Errc::invalid);
}

TEST_CASE("a password change touches one recipient whatever the vault holds") {
  Opened opened;
  const auto master = master_of("second");
  const auto records = change_password(opened.vault.roster(), opened.vault.member.keys,
                                       {master, {}, test::params}, opened.vault.random);
  REQUIRE(records.size() == 3);
  std::size_t bytes = 0;
  log::Draft draft(opened.vault.store);
  for (const Record& record : records) {
    bytes += encode_record(record).size();
    REQUIRE(accept_record(draft, opened.vault.id(), encode_record(record)));
  }
  CHECK(bytes < 1200);
  test::commit(opened.vault.store, draft);
  CHECK(test::open_with(opened.vault.roster(), "second"));
  CHECK_FALSE(test::open_with(opened.vault.roster(), "first"));
}

}  // namespace
}  // namespace syncline::space
