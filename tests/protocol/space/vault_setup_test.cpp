// SPDX-License-Identifier: Apache-2.0
#include "protocol/space/vault_setup.h"

#include "tests/protocol/space/space_fixture.h"

namespace syncline::space {
namespace {

using test::error_of;
using test::TestVault;

TEST_CASE("a new vault can be locked and unlocked again") {
  TestVault vault;
  CHECK(**find_vault(vault.store) == vault.id());
  auto account = test::open_with(vault.roster(), "first");
  REQUIRE(account);
  const auto unlocked = unlock_vault(vault.store, vault.member.identity, std::move(*account));
  REQUIRE(unlocked);
  CHECK(unlocked->secrets.sign.verify_key() == vault.member.cert.sign_key);
  CHECK(unlocked->keys.newest(vault.member.home));
  const VaultRoster roster = vault.roster();
  const SpaceAdd& home = roster.spaces().begin()->second;
  CHECK(home.space == vault.member.home);
  CHECK(*open_name(unlocked->keys, home.space.view(), home.sealed_name) == "home");
  const DeviceAdmit& device = roster.devices().at(vault.member.cert.id());
  CHECK(*open_name(unlocked->keys, vault.member.cert.id().view(), device.sealed_name) == "desk");
}

TEST_CASE("a store has one vault") {
  TestVault vault;
  log::Draft draft(vault.store);
  const auto master = test::master_of("x");
  CHECK(error_of(create_vault(draft, {{master, {}, test::params}, "desk", {}}, vault.random)) ==
        Errc::already_exists);
  CHECK(draft.empty());
  storage::MemoryStore empty;
  log::Draft other(empty);
  CHECK(error_of(create_vault(other, {{master, {}, test::params}, "", {}}, vault.random)) ==
        Errc::invalid);
  CHECK(other.empty());
}

TEST_CASE("two vaults share nothing that an observer could link") {
  TestVault a(1);
  TestVault b(2);
  CHECK(a.id() != b.id());
  CHECK(a.member.home != b.member.home);
  CHECK(a.member.cert.box_key != b.member.cert.box_key);
  // Nor do the rosters of one vault: no key of the vault's records is in the space's.
  const auto user = load_space_roster(a.store, a.member.home)->genesis().user_key;
  CHECK(user != a.roster().genesis().account_key);
}

struct Joined {
  TestVault inviter;
  storage::MemoryStore store;
  test::CounterRandom random{9};

  Buffer invite(const Introduction& introduction) {
    log::Draft draft(inviter.store);
    const auto material = admit_device(draft, inviter.member.keys, introduction, inviter.random);
    REQUIRE(material);
    test::commit(inviter.store, draft);
    return encode_join_material(*material);
  }
};

TEST_CASE("a new device that was admitted can do all that the first one can") {
  Joined joined;
  auto newcomer = make_newcomer("phone", {5}, joined.random);
  const DeviceCert cert = newcomer->introduction.cert;
  const auto material = decode_join_material(joined.invite(newcomer->introduction));
  REQUIRE(material);
  log::Draft draft(joined.store);
  auto member = join_vault(draft, *material, std::move(*newcomer), joined.random);
  REQUIRE(member);
  test::commit(joined.store, draft);
  CHECK(member->home == joined.inviter.member.home);
  CHECK(member->identity.vault == joined.inviter.id());
  CHECK(crypto::equal_secret(member->identity.discovery.expose(),
                             joined.inviter.member.identity.discovery.expose()));
  CHECK(joined.inviter.roster().devices().contains(cert.id()));

  // The same password opens it there, and its own log is admitted once the space is known.
  const auto roster = load_vault_roster(joined.store, joined.inviter.id());
  auto account = test::open_with(*roster, "first");
  REQUIRE(account);
  CHECK(unlock_vault(joined.store, member->identity, std::move(*account)));
  log::Draft later(joined.store);
  const OwnLogContext context{member->keys, member->secrets};
  CHECK(error_of(ensure_own_log(later, context, member->home, joined.random)) == Errc::not_found);
  REQUIRE(accept_records(later, member->home,
                         test::encoded_records_of(joined.inviter.store, member->home)));
  const auto own = ensure_own_log(later, context, member->home, joined.random);
  REQUIRE(own);
  CHECK(load_space_roster(later, member->home)->logs().size() == 2);
}

TEST_CASE("a device that the material does not admit cannot join with it") {
  Joined joined;
  auto invited = make_newcomer("phone", {5}, joined.random);
  auto other = make_newcomer("thief", {5}, joined.random);
  const auto material = decode_join_material(joined.invite(invited->introduction));
  log::Draft draft(joined.store);
  CHECK(error_of(join_vault(draft, *material, std::move(*other), joined.random)) ==
        Errc::unknown_device);
}

TEST_CASE("a device is admitted once") {
  Joined joined;
  auto newcomer = make_newcomer("phone", {5}, joined.random);
  joined.invite(newcomer->introduction);
  log::Draft draft(joined.inviter.store);
  CHECK(error_of(admit_device(draft, joined.inviter.member.keys, newcomer->introduction,
                              joined.inviter.random)) == Errc::already_exists);
}

TEST_CASE("changed join material is refused") {
  Joined joined;
  auto newcomer = make_newcomer("phone", {5}, joined.random);
  const Buffer encoded = joined.invite(newcomer->introduction);
  for (std::size_t i = 0; i < encoded.size(); i += 3) {
    CHECK_FALSE(decode_join_material(Bytes(encoded).first(i)));
    Buffer changed = encoded;
    changed[i] ^= 0x01;
    const auto material = decode_join_material(changed);
    if (!material) continue;
    Newcomer again{newcomer->secrets.clone(), newcomer->box.clone(), newcomer->introduction};
    log::Draft draft(joined.store);
    const auto member = join_vault(draft, *material, std::move(again), joined.random);
    // The generation is also in every grant; alone it decides nothing.
    CHECK_MESSAGE((!member || (i >= 33 && i < 37)), i);
  }
  CHECK(error_of(decode_join_material(Buffer(join_material_size_max + 1))) == Errc::oversized);
}

TEST_CASE("join material stays within one message however many devices there are") {
  Joined joined;
  for (int i = 0; i < 300; ++i) {
    auto device = make_newcomer("device", {i}, joined.random);
    log::Draft draft(joined.inviter.store);
    const auto& keys = joined.inviter.member.keys;
    const DeviceAdmit admit{device->introduction.cert, {}};
    const Record record = sign_record(
        {keys.vault(), RecordKind::device_admit, {}, encode_body(admit)}, keys.account_signing());
    REQUIRE(accept_record(draft, keys.vault(), encode_record(record)));
    test::commit(joined.inviter.store, draft);
  }
  auto newcomer = make_newcomer("phone", {5}, joined.random);
  const Buffer encoded = joined.invite(newcomer->introduction);
  CHECK(encoded.size() <= join_material_size_max);
  const auto material = decode_join_material(encoded);
  REQUIRE(material);
  log::Draft draft(joined.store);
  CHECK(join_vault(draft, *material, std::move(*newcomer), joined.random));
}

}  // namespace
}  // namespace syncline::space
