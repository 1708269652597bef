// SPDX-License-Identifier: Apache-2.0
#include "protocol/space/own_log.h"

#include "tests/protocol/space/space_fixture.h"

namespace syncline::space {
namespace {

using test::error_of;
using test::TestVault;

TEST_CASE("a device writes one log of a space until it gives it up") {
  TestVault vault;
  const OwnLogContext context{vault.member.keys, vault.member.secrets};
  const auto current = find_own_log(vault.store, vault.member.home);
  REQUIRE(*current);
  CHECK((*current)->incarnation == 1);
  log::Draft draft(vault.store);
  CHECK(*ensure_own_log(draft, context, vault.member.home, vault.random) == **current);
  CHECK(draft.empty());
  CHECK(open_appender(vault.store, vault.member.secrets, **current));
}

TEST_CASE("L9: the next incarnation is another log and is admitted at once") {
  TestVault vault;
  const OwnLogContext context{vault.member.keys, vault.member.secrets};
  const auto first = **find_own_log(vault.store, vault.member.home);
  log::Draft draft(vault.store);
  const auto next = next_incarnation(draft, context, vault.member.home, vault.random);
  REQUIRE(next);
  test::commit(vault.store, draft);
  CHECK(next->incarnation > first.incarnation);
  CHECK(next->key != first.key);
  CHECK(log_id_of(*next) != log_id_of(first));
  CHECK(**find_own_log(vault.store, vault.member.home) == *next);
  const auto roster = load_space_roster(vault.store, vault.member.home);
  CHECK(roster->logs().size() == 2);
  CHECK(roster->logs().at(log_id_of(*next)).origin == *next);
  CHECK(open_appender(vault.store, vault.member.secrets, *next)->next_seq() == 1);
}

TEST_CASE("L9: a store restored twice does not come to the same incarnation twice") {
  TestVault vault;
  const OwnLogContext context{vault.member.keys, vault.member.secrets};
  std::vector<LogId> seen;
  for (int i = 0; i < 3; ++i) {
    log::Draft forgotten(vault.store);
    const auto next = next_incarnation(forgotten, context, vault.member.home, vault.random);
    REQUIRE(next);
    for (const LogId& id : seen) CHECK(id != log_id_of(*next));
    seen.push_back(log_id_of(*next));
  }
}

TEST_CASE("R1: an account that is no member admits no log") {
  TestVault vault;
  TestVault stranger(2);
  log::Draft draft(stranger.store);
  REQUIRE(accept_records(draft, vault.member.home,
                         test::encoded_records_of(vault.store, vault.member.home)));
  const OwnLogContext context{stranger.member.keys, stranger.member.secrets};
  CHECK(error_of(ensure_own_log(draft, context, vault.member.home, stranger.random)) ==
        Errc::forbidden);
  SpaceId unknown = vault.id();
  unknown.bytes[0] ^= 1;
  CHECK(error_of(ensure_own_log(draft, context, unknown, stranger.random)) == Errc::not_found);
}

}  // namespace
}  // namespace syncline::space
