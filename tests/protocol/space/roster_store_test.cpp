// SPDX-License-Identifier: Apache-2.0
#include "protocol/space/roster_store.h"

#include "tests/protocol/space/space_fixture.h"

namespace syncline::space {
namespace {

using test::error_of;
using test::TestVault;

TEST_CASE("R4: a roster can be taken over record by record and comes out equal") {
  TestVault vault;
  storage::MemoryStore store;
  for (const SpaceId& scope : {vault.id(), vault.member.home}) {
    auto records = test::encoded_records_of(vault.store, scope);
    std::reverse(records.begin(), records.end());
    log::Draft draft(store);
    CHECK(*accept_records(draft, scope, records) == records.size());
    CHECK(*accept_records(draft, scope, records) == 0);
    test::commit(store, draft);
    const auto here = find_roster(vault.store, scope);
    const auto there = find_roster(store, scope);
    REQUIRE(*there);
    CHECK((*there)->digest == (*here)->digest);
    CHECK((*there)->count == records.size());
  }
  // The admitted log is known, so its events can come in, also while locked.
  const auto own = find_own_log(vault.store, vault.member.home);
  REQUIRE(*own);
  const auto head = log::find_head(store, log_id_of(**own));
  REQUIRE(*head);
  CHECK((*head)->origin == **own);
}

TEST_CASE("a record that is known already changes nothing") {
  TestVault vault;
  log::Draft draft(vault.store);
  for (const Buffer& record : test::encoded_records_of(vault.store, vault.id()))
    CHECK(*accept_record(draft, vault.id(), record) == RecordOutcome::known);
  CHECK(draft.empty());
}

TEST_CASE("R2: a record needs its genesis first and a genesis names its roster") {
  TestVault vault;
  storage::MemoryStore store;
  log::Draft draft(store);
  for (const Record& record : test::records_of(vault.store, vault.id())) {
    if (record.kind == RecordKind::vault_genesis) {
      SpaceId other = vault.id();
      other.bytes[0] ^= 1;
      CHECK(error_of(accept_record(draft, other, encode_record(record))) == Errc::invalid);
    } else {
      CHECK(error_of(accept_record(draft, vault.id(), encode_record(record))) == Errc::not_found);
    }
  }
  CHECK(draft.empty());
}

TEST_CASE("R1: a record signed by anybody else is refused and changes nothing") {
  TestVault vault;
  log::Draft draft(vault.store);
  const auto stranger = crypto::SigningKey::from_seed(crypto::SigningSeed::random(vault.random));
  const Record forged = sign_vault_record(vault.roster(), stranger, RecordKind::recipient_remove,
                                          encode_body(RecipientRemove{}));
  CHECK(error_of(accept_record(draft, vault.id(), encode_record(forged))) == Errc::bad_signature);
  CHECK(draft.empty());
}

TEST_CASE("R3: a record that does not belong in the roster is refused") {
  TestVault vault;
  log::Draft draft(vault.store);
  const auto& signing = vault.member.keys.account_signing();
  const auto refused = [&](const SpaceId& scope, RecordKind kind, Buffer body,
                           const crypto::SigningKey& key) {
    const Record record = sign_record({scope, kind, {}, std::move(body)}, key);
    return error_of(accept_record(draft, scope, encode_record(record)));
  };
  CHECK(refused(vault.id(), RecordKind::log_admit, encode_body(LogAdmit{}), signing) ==
        Errc::invalid);
  CHECK(refused(vault.id(), RecordKind::grant, Buffer{1}, signing) == Errc::truncated);
  CHECK(refused(vault.id(), RecordKind::vault_genesis, encode_body(VaultGenesis{}), signing) ==
        Errc::invalid);
  const auto space = load_space_roster(vault.store, vault.member.home);
  const auto user = vault.member.keys.space_user_key(space->genesis().salt);
  CHECK(refused(vault.member.home, RecordKind::recipient_remove, encode_body(RecipientRemove{}),
                user) == Errc::invalid);
  CHECK(refused(vault.member.home, RecordKind::log_admit, Buffer{1, 2}, user) == Errc::truncated);
  // A record of one roster shown in another one.
  const Record moved = sign_record(
      {vault.member.home, RecordKind::recipient_remove, {}, encode_body(RecipientRemove{})},
      signing);
  CHECK(error_of(accept_record(draft, vault.id(), encode_record(moved))) == Errc::invalid);
  CHECK(draft.empty());
}

TEST_CASE("R9: a device whose keys it did not sign itself is refused") {
  TestVault vault;
  log::Draft draft(vault.store);
  auto newcomer = make_newcomer("phone", {}, vault.random);
  DeviceAdmit admit{newcomer->introduction.cert, {}};
  admit.cert.box_key = vault.member.cert.box_key;
  const Record record = sign_vault_record(vault.roster(), vault.member.keys.account_signing(),
                                          RecordKind::device_admit, encode_body(admit));
  CHECK(error_of(accept_record(draft, vault.id(), encode_record(record))) == Errc::bad_signature);
}

TEST_CASE("the feed holds every roster once and every mark can be listed") {
  TestVault vault;
  std::size_t rosters = 0;
  REQUIRE(scan_rosters(vault.store, [&](const SpaceId& scope, const RosterMark& mark) {
    ++rosters;
    CHECK((mark.kind == RosterKind::vault) == (scope == vault.id()));
    return true;
  }));
  CHECK(rosters == 2);
  std::size_t entries = 0;
  REQUIRE(log::scan_feed(vault.store, 0, [&](const log::FeedEntry& entry) {
    CHECK(entry.kind == log::FeedKind::roster);
    CHECK((*find_roster(vault.store, entry.space))->change_no == entry.change_no);
    ++entries;
    return true;
  }));
  CHECK(entries == 2);
}

TEST_CASE("D1: every key a vault is stored under is at most 64 bytes long") {
  TestVault vault;
  std::size_t keys = 0;
  for (std::size_t i = 0; i < family_count; ++i)
    REQUIRE(vault.store.scan(static_cast<Family>(i), {}, {}, [&](Bytes key, Bytes) {
      CHECK(key.size() <= 64);
      ++keys;
      return true;
    }));
  CHECK(keys > 10);
}

}  // namespace
}  // namespace syncline::space
