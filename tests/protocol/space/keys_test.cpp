// SPDX-License-Identifier: Apache-2.0
#include "protocol/space/keys.h"

#include "tests/protocol/space/space_fixture.h"

namespace syncline::space {
namespace {

using test::error_of;
using test::TestVault;

TEST_CASE("the account key opens the vault's spaces and no other account key does") {
  TestVault vault;
  const VaultRoster roster = vault.roster();
  const auto keys = UnlockedKeys::open(roster, vault.member.keys.account().clone());
  REQUIRE(keys);
  const SpaceKeys* home = keys->newest(vault.member.home);
  REQUIRE(home);
  CHECK(home->epoch == 1);
  CHECK(home->control.id == vault.member.keys.newest(vault.member.home)->control.id);
  CHECK(keys->at(vault.member.home, 2) == nullptr);
  CHECK(keys->newest(vault.id()) == nullptr);
  CHECK(keys->epochs(vault.member.home).size() == 1);
  CHECK(error_of(UnlockedKeys::open(roster, crypto::AccountKey::random(vault.random))) ==
        Errc::bad_signature);
}

TEST_CASE("the newest epoch of a space comes first") {
  TestVault vault;
  auto& keys = vault.member.keys;
  REQUIRE(
      keys.add_space(vault.member.home, SpaceKeys::of(crypto::SpaceKey::random(vault.random), 2)));
  CHECK(keys.newest(vault.member.home)->epoch == 2);
  const auto epochs = keys.epochs(vault.member.home);
  REQUIRE(epochs.size() == 2);
  CHECK(epochs[0]->epoch == 2);
  CHECK(epochs[1]->epoch == 1);
}

TEST_CASE("K2: a wrapped space key opens for its own place only") {
  TestVault vault;
  const auto& keys = vault.member.keys;
  const SpaceKeys made = SpaceKeys::of(crypto::SpaceKey::random(vault.random), 3);
  const SpaceAdd add =
      wrap_space(keys, {vault.member.home, SpaceKind::home, "x"}, made, vault.random);
  CHECK(unwrap_space(keys, add));
  const Buffer body = encode_body(add);
  const std::size_t until_name = body.size() - add.sealed_name.size() - 1;
  for (std::size_t i = 0; i < until_name; ++i) {
    Buffer changed = body;
    changed[i] ^= 0x01;
    const auto decoded = decode_space_add(changed);
    if (decoded) CHECK_MESSAGE(!unwrap_space(keys, *decoded), i);
  }
}

TEST_CASE("names are sealed to what they name and do not show their length") {
  TestVault vault;
  const auto& keys = vault.member.keys;
  const Buffer sealed = seal_name(keys, as_bytes("owner"), "desk", vault.random);
  CHECK(*open_name(keys, as_bytes("owner"), sealed) == "desk");
  CHECK(error_of(open_name(keys, as_bytes("other"), sealed)) == Errc::bad_signature);
  CHECK(seal_name(keys, as_bytes("owner"), "a longer name", vault.random).size() == sealed.size());
}

TEST_CASE("locking leaves no key behind") {
  auto& arena = crypto::SecretArena::shared();
  const std::size_t before = arena.used();
  {
    TestVault vault;
    EntityKeys entities(vault.member.secrets.local);
    CHECK(arena.used() > before);
  }
  CHECK(arena.used() == before);
  CHECK(arena.free_slots_are_zero());
}

}  // namespace
}  // namespace syncline::space
