// SPDX-License-Identifier: Apache-2.0
#include "protocol/space/entity_keys.h"

#include "tests/protocol/space/space_fixture.h"

namespace syncline::space {
namespace {

using test::error_of;
using test::TestVault;

struct Known {
  TestVault vault;
  EntityKeys keys{vault.member.secrets.local, 8};

  EntityId add(std::uint32_t epoch, const crypto::EntityKey& key) {
    EntityId entity;
    vault.random.fill(entity.bytes);
    add_to(entity, epoch, key);
    return entity;
  }
  void add_to(const EntityId& entity, std::uint32_t epoch, const crypto::EntityKey& key) {
    log::Draft draft(vault.store);
    REQUIRE(keys.add(draft, {vault.member.home, entity, epoch, key}, vault.random));
    test::commit(vault.store, draft);
  }
};

TEST_CASE("an entity key is found by its tag and by its entity") {
  Known known;
  const auto key = crypto::EntityKey::random(known.vault.random);
  const EntityId entity = known.add(1, key);
  for (int round = 0; round < 2; ++round) {
    const auto by_tag =
        known.keys.by_tag(known.vault.store, log::tag_of(crypto::key_id(key.expose())));
    REQUIRE(*by_tag);
    CHECK((*by_tag)->entity == entity);
    CHECK((*by_tag)->space == known.vault.member.home);
    CHECK(crypto::equal_secret((*by_tag)->key.key.expose(), key.expose()));
    const auto by_entity = known.keys.by_entity(known.vault.store, known.vault.member.home, entity);
    REQUIRE(*by_entity);
    CHECK((*by_entity)->key.id == crypto::key_id(key.expose()));
    known.keys.clear();
  }
  CHECK(*known.keys.by_tag(known.vault.store, {}) == nullptr);
  CHECK(*known.keys.by_entity(known.vault.store, known.vault.id(), entity) == nullptr);
}

TEST_CASE("memory holds a bounded number of entity keys and the store holds all") {
  Known known;
  std::vector<std::pair<EntityId, KeyId>> added;
  for (int i = 0; i < 50; ++i) {
    const auto key = crypto::EntityKey::random(known.vault.random);
    added.emplace_back(known.add(1, key), crypto::key_id(key.expose()));
    CHECK(known.keys.cached() <= 8);
  }
  const std::size_t used = crypto::SecretArena::shared().used();
  for (const auto& [entity, id] : added) {
    const auto found = known.keys.by_entity(known.vault.store, known.vault.member.home, entity);
    REQUIRE(*found);
    CHECK((*found)->key.id == id);
    CHECK(known.keys.cached() <= 8);
  }
  CHECK(crypto::SecretArena::shared().used() <= used);
}

TEST_CASE("the key of the newest epoch is the one to write with in whatever order they came") {
  Known known;
  const auto old_key = crypto::EntityKey::random(known.vault.random);
  const auto new_key = crypto::EntityKey::random(known.vault.random);
  const EntityId first = known.add(1, old_key);
  known.add_to(first, 2, new_key);
  const auto found = known.keys.by_entity(known.vault.store, known.vault.member.home, first);
  CHECK((*found)->key.epoch == 2);
  const auto late_key = crypto::EntityKey::random(known.vault.random);
  known.add_to(first, 1, late_key);
  CHECK((*known.keys.by_entity(known.vault.store, known.vault.member.home, first))->key.epoch == 2);
  // Events under the older keys still open.
  CHECK(*known.keys.by_tag(known.vault.store, log::tag_of(crypto::key_id(late_key.expose()))));
}

TEST_CASE("adding a key again changes nothing and a key has one entity only") {
  Known known;
  const auto key = crypto::EntityKey::random(known.vault.random);
  const EntityId entity = known.add(1, key);
  log::Draft draft(known.vault.store);
  CHECK(known.keys.add(draft, {known.vault.member.home, entity, 1, key}, known.vault.random));
  CHECK(draft.empty());
  EntityId other = entity;
  other.bytes[0] ^= 1;
  CHECK(error_of(known.keys.add(draft, {known.vault.member.home, other, 1, key},
                                known.vault.random)) == Errc::already_exists);
}

TEST_CASE("a damaged row of an entity key is reported") {
  Known known;
  const auto key = crypto::EntityKey::random(known.vault.random);
  known.add(1, key);
  known.keys.clear();
  const EntityTag8 tag = log::tag_of(crypto::key_id(key.expose()));
  Buffer row = **known.vault.store.get(Family::keys, tag.view());
  row[30] ^= 1;
  REQUIRE(
      known.vault.store.commit({{Family::keys, to_buffer(tag.view()), row}}, Durability::synced));
  CHECK(error_of(known.keys.by_tag(known.vault.store, tag)) == Errc::corrupt);
}

TEST_CASE("another device's local key opens no row") {
  Known known;
  const auto key = crypto::EntityKey::random(known.vault.random);
  known.add(1, key);
  EntityKeys stranger(crypto::LocalKey::random(known.vault.random));
  CHECK_FALSE(stranger.by_tag(known.vault.store, log::tag_of(crypto::key_id(key.expose()))));
}

}  // namespace
}  // namespace syncline::space
