// SPDX-License-Identifier: Apache-2.0
#include "protocol/crypto/secret.h"

#include "tests/protocol/crypto/vectors.h"

#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

namespace syncline::crypto {

static_assert(!std::is_copy_constructible_v<SpaceKey> && !std::is_copy_assignable_v<SpaceKey>);
static_assert(std::is_nothrow_move_constructible_v<SpaceKey>);
static_assert(!std::is_default_constructible_v<SpaceKey>, "a key is made, never empty by accident");
static_assert(!std::is_convertible_v<SpaceKey, EntityKey>, "kinds of keys do not mix");
static_assert(!std::is_constructible_v<EntityKey, SpaceKey>);

TEST_CASE("a secret takes one slot, and moving it takes none") {
  testing::SeededRandom random(2);
  REQUIRE(SecretArena::shared().used() == 0);
  {
    SpaceKey first = SpaceKey::random(random);
    const Buffer bytes = to_buffer(first.expose());
    const std::uint8_t* const place = first.expose().data();
    SpaceKey second = std::move(first);
    CHECK(SecretArena::shared().used() == 1);
    CHECK(second.expose().data() == place);
    CHECK(equal(second.expose(), bytes));
  }
  CHECK(SecretArena::shared().used() == 0);
  CHECK(SecretArena::shared().free_slots_are_zero());
}

TEST_CASE("assigning over a secret wipes the old one at once") {
  testing::SeededRandom random(3);
  SpaceKey kept = SpaceKey::random(random);
  SpaceKey other = SpaceKey::random(random);
  const Buffer wanted = to_buffer(other.expose());
  const std::uint8_t* const old_place = kept.expose().data();
  kept = std::move(other);
  CHECK(SecretArena::shared().used() == 1);
  CHECK(equal(kept.expose(), wanted));
  for (std::size_t i = 0; i < SecretArena::slot_size; ++i) CHECK(old_place[i] == 0);
  SpaceKey& alias = kept;
  kept = std::move(alias);
  CHECK(equal(kept.expose(), wanted));
}

TEST_CASE("clone and copy_of have the same bytes in another place") {
  testing::SeededRandom random(4);
  const EntityKey key = EntityKey::random(random);
  const EntityKey twin = key.clone();
  CHECK(twin.expose().data() != key.expose().data());
  CHECK(equal_secret(twin.expose(), key.expose()));
}

TEST_CASE("after thousands of secrets came and went nothing of them is left") {
  testing::SeededRandom random(5);
  std::vector<EntityKey> keys;
  for (int i = 0; i < 4000; ++i) keys.push_back(EntityKey::random(random));
  CHECK(SecretArena::shared().used() == 4000);
  for (std::size_t i = 0; i < keys.size(); i += 2) keys[i] = EntityKey::random(random);
  keys.erase(keys.begin() + 100, keys.begin() + 3000);
  CHECK(SecretArena::shared().used() == 1100);
  CHECK(SecretArena::shared().free_slots_are_zero());
  keys.clear();
  CHECK(SecretArena::shared().used() == 0);
  CHECK(SecretArena::shared().free_slots_are_zero());
}

TEST_CASE("equal_secret compares content and length") {
  const Buffer a{1, 2, 3};
  const Buffer b{1, 2, 4};
  const Buffer longer{1, 2, 3, 4};
  CHECK(equal_secret(a, Buffer{1, 2, 3}));
  CHECK_FALSE(equal_secret(a, b));
  CHECK_FALSE(equal_secret(a, longer));
  CHECK(equal_secret(Bytes(), Bytes()));
}

TEST_CASE("wipe leaves zeros") {
  Buffer bytes{9, 9, 9};
  wipe(bytes);
  CHECK(bytes == Buffer{0, 0, 0});
  wipe({});
}

}  // namespace syncline::crypto
