// SPDX-License-Identifier: Apache-2.0
//
// What the tests of space/ share: a vault in a memory store, made from a seed.
#pragma once

#include "protocol/space/control.h"
#include "protocol/space/entity_keys.h"
#include "protocol/space/recipient.h"
#include "protocol/space/vault_setup.h"
#include "storage/memory_store.h"
#include "tests/protocol/log/golden.h"

#include <optional>
#include <string>

#include <doctest/doctest.h>

namespace syncline::test {

inline constexpr crypto::ArgonParams params{limits::argon_memory_kib_default,
                                            limits::argon_passes_default};

inline void commit(storage::MemoryStore& store, log::Draft& draft) {
  REQUIRE(store.commit(draft.take(), Durability::synced));
}

template <class T>
std::optional<Errc> error_of(const Result<T>& result) {
  if (result) return std::nullopt;
  return result.error().code;
}

// A password as it is after stretching: which one is all that matters here.
inline crypto::MasterKey master_of(std::string_view password) {
  crypto::MasterKey key = crypto::MasterKey::made_by([](auto) {});
  return crypto::MasterKey::made_by([&](std::span<std::uint8_t, 32> out) {
    crypto::derive_into(out, key.expose(), "test", as_bytes(password));
  });
}

// A device that made a vault with the password "first".
struct TestVault {
  explicit TestVault(std::uint64_t seed = 1)
      : random(seed), member([this] {
          log::Draft draft(store);
          const crypto::MasterKey master = master_of("first");
          auto made = space::create_vault(
              draft, {{master, {}, params}, "desk", {1'700'000'000'000}}, random);
          REQUIRE(made);
          commit(store, draft);
          return std::move(*made);
        }()) {}

  space::VaultRoster roster() const { return *space::load_vault_roster(store, id()); }
  const SpaceId& id() const { return member.identity.vault; }

  CounterRandom random;
  storage::MemoryStore store;
  space::MemberDevice member;
};

inline std::vector<space::Record> records_of(const StoreReader& store, const SpaceId& scope) {
  auto records = space::load_records(store, scope);
  REQUIRE(records);
  return std::move(*records);
}

inline std::vector<Buffer> encoded_records_of(const StoreReader& store, const SpaceId& scope) {
  std::vector<Buffer> encoded;
  for (const space::Record& record : records_of(store, scope))
    encoded.push_back(space::encode_record(record));
  return encoded;
}

// Opens the vault of a store with a password, trying every recipient.
inline Result<crypto::AccountKey> open_with(const space::VaultRoster& roster,
                                            std::string_view password) {
  const crypto::MasterKey master = master_of(password);
  for (const auto& recipient : roster.password_recipients())
    if (auto account = space::open_account(roster, recipient, master)) return account;
  return fail(Errc::wrong_password);
}

}  // namespace syncline::test
