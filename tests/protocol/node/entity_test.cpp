// SPDX-License-Identifier: Apache-2.0
//
// What the body of an entity's event is, and what bodies make of an entity.
#include "protocol/node/entity_state.h"

#include <algorithm>

#include <doctest/doctest.h>

namespace syncline::node {
namespace {

const std::vector<crdt::Op> set_title{{{}, crdt::MapSet{"t", crdt::Scalar(true)}}};

crdt::LogTable two_logs() {
  crdt::LogTable table(2);
  table[1].bytes[0] = 1;
  return table;
}

// An event of an entity, with what its author had seen.
struct Made {
  crdt::EventId self;
  crdt::VersionVector past;
  BodyKind kind = BodyKind::edit;
};

crdt::Applied apply(EntityState& state, const Made& made) {
  const crdt::LogTable table = two_logs();
  EntityBody body{made.kind, {}, {}};
  if (made.kind == BodyKind::create) body.type = "note";
  if (made.kind != BodyKind::remove) body.ops = set_title;
  return state.apply({made.self.log, made.self.seq, made.past, WallTime{1}, table}, body);
}

// Log 0 creates and removes; log 1 edits as soon as it knows of the creation.
const Made created{{0, 1}, {}, BodyKind::create};
const Made removed{{0, 2}, crdt::VersionVector({{0, 1}}), BodyKind::remove};
const Made edited{{1, 1}, crdt::VersionVector({{0, 1}}), BodyKind::edit};

}  // namespace

TEST_CASE("C1: a body has the bytes that the specification gives it, and no others") {
  const EntityBody create{BodyKind::create, "note", set_title};
  CHECK(to_hex(encode_body(create)) ==
        "05046e6f74650001"
        "7402");
  CHECK(to_hex(encode_body({BodyKind::edit, {}, set_title})) == "0400017402");
  CHECK(to_hex(encode_body({BodyKind::remove, {}, {}})) == "02");
  const auto again = decode_body(encode_body(create));
  REQUIRE(again);
  CHECK(again->type == "note");
  CHECK(again->ops == set_title);

  CHECK(decode_body(Buffer{}).error().code == Errc::truncated);
  CHECK(decode_body(Buffer{3}).error().code == Errc::unsupported);
  CHECK(decode_body(Buffer{2, 0}).error().code == Errc::non_canonical);
  CHECK(decode_body(Buffer{6, 0, 1, 'a', 0}).error().code == Errc::invalid);
  const std::string long_type(type_size_max + 1, 'x');
  CHECK(decode_body(encode_body({BodyKind::create, long_type, {}})).error().code ==
        Errc::oversized);
}

TEST_CASE("C18: a deletion that has seen every edit hides the entity and keeps its document") {
  EntityState state;
  apply(state, created);
  CHECK(state.type == "note");
  apply(state, removed);
  CHECK(state.is_deleted());
  CHECK_FALSE(state.is_revived());
  CHECK(state.document.read(crdt::Path{std::string("t")}));
}

TEST_CASE("C18: an edit that a deletion had not seen brings the entity back, until settled") {
  EntityState state;
  for (const Made& made : {created, removed, edited}) apply(state, made);
  CHECK_FALSE(state.is_deleted());
  CHECK(state.is_revived());
  CHECK(state.conflict_count() == 1);
  SUBCASE("by an edit that knows of it") {
    apply(state, {{1, 2}, crdt::VersionVector({{0, 2}, {1, 1}}), BodyKind::edit});
    CHECK_FALSE(state.is_deleted());
  }
  SUBCASE("by a deletion that knows of the edit") {
    apply(state, {{0, 3}, crdt::VersionVector({{0, 2}, {1, 1}}), BodyKind::remove});
    CHECK(state.is_deleted());
  }
  CHECK_FALSE(state.is_revived());
  CHECK(state.conflict_count() == 0);
}

TEST_CASE("C19: of several creates the same one counts, whatever the order") {
  struct Create {
    std::string type;
    std::int64_t at;
  };
  const std::vector<Create> creates{{"b", 5}, {"a", 5}, {"c", 7}, {"", 1}, {"", 0}};
  std::vector<std::size_t> order{0, 1, 2, 3, 4};
  do {
    EntityState state;
    std::uint32_t next = 0;
    for (const std::size_t which : order) {
      // Each by an author of its own, who has seen nothing.
      crdt::LogTable logs(5);
      for (std::uint8_t i = 0; i < 5; ++i) logs[i].bytes[0] = i;
      const EntityBody body{BodyKind::create, creates[which].type, {}};
      state.apply({next++, 1, {}, WallTime{creates[which].at}, logs}, body);
    }
    CHECK(state.type == "a");
    CHECK(state.created == WallTime{5});
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("C19: what was applied before changes nothing, also after it was settled") {
  const Made knowing{{1, 2}, crdt::VersionVector({{0, 2}, {1, 1}}), BodyKind::edit};
  EntityState state;
  for (const Made& made : {created, edited, removed, knowing}) apply(state, made);
  const std::string version = state.version(two_logs());
  auto stored = decode_state(encode_state(state));
  REQUIRE(stored);
  for (const Made& made : {created, edited, removed, knowing})
    CHECK(apply(*stored, made).effect == crdt::Effect::duplicate);
  CHECK_FALSE(stored->is_revived());
  CHECK(stored->version(two_logs()) == version);
  CHECK(encode_state(*stored) == encode_state(state));
}

}  // namespace syncline::node
