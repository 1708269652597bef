// SPDX-License-Identifier: Apache-2.0
#include "protocol/space/space_roster.h"

#include "tests/protocol/space/space_fixture.h"

#include <algorithm>

namespace syncline::space {
namespace {

using test::error_of;

struct TestRoster {
  test::CounterRandom random{1};
  crypto::SigningKey user = crypto::SigningKey::from_seed(crypto::SigningSeed::random(random));
  Record genesis = make_space_genesis(user, {});
  SpaceId id = space_id_of(encode_record(genesis));
  SpaceRoster roster = *SpaceRoster::fold(id, std::vector<Record>{genesis});

  Record admit(std::uint32_t incarnation) {
    const auto key = crypto::SigningKey::from_seed(crypto::SigningSeed::random(random));
    return make_log_admit(roster, user, {key.verify_key(), incarnation, Role::writer});
  }
};

TEST_CASE("R4: every order of the records of a space folds to the same logs") {
  TestRoster test;
  std::vector<Record> records{test.genesis, test.admit(1), test.admit(2), test.admit(3)};
  std::vector<std::size_t> order{0, 1, 2, 3};
  std::vector<LogId> expected;
  do {
    std::vector<Record> shuffled;
    for (const std::size_t i : order) shuffled.push_back(records[i]);
    const auto roster = SpaceRoster::fold(test.id, shuffled);
    REQUIRE(roster);
    std::vector<LogId> logs;
    for (const auto& [id, admitted] : roster->logs()) {
      logs.push_back(id);
      CHECK(id == log_id_of(admitted.origin));
    }
    CHECK(logs.size() == 3);
    if (expected.empty()) expected = logs;
    CHECK(logs == expected);
    CHECK(roster->tips().size() == 3);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("R1: only the space's user key admits logs") {
  TestRoster test;
  const auto stranger = crypto::SigningKey::from_seed(crypto::SigningSeed::random(test.random));
  const Record forged =
      make_log_admit(test.roster, stranger, {stranger.verify_key(), 1, Role::admin});
  const auto roster = SpaceRoster::fold(test.id, std::vector<Record>{test.genesis, forged});
  REQUIRE(roster);
  CHECK(roster->logs().empty());
}

TEST_CASE("R10: admitting a log twice gives the same record") {
  TestRoster test;
  const auto key = crypto::SigningKey::from_seed(crypto::SigningSeed::random(test.random));
  const LogAdmit admit{key.verify_key(), 4, Role::writer};
  const Record first = make_log_admit(test.roster, test.user, admit);
  const auto grown =
      SpaceRoster::fold(test.id, std::vector<Record>{test.genesis, first, test.admit(1)});
  CHECK(make_log_admit(*grown, test.user, admit) == first);
}

TEST_CASE("R3: a role of a newer Syncline is refused as unsupported") {
  Buffer body = encode_body(LogAdmit{{}, 1, Role::writer});
  CHECK(decode_log_admit(body));
  body.back() = 9;
  CHECK(error_of(decode_log_admit(body)) == Errc::unsupported);
}

}  // namespace
}  // namespace syncline::space
