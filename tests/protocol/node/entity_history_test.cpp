// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/entity_history.h"

#include "protocol/crypto/hash.h"
#include "protocol/history/replay.h"

#include <doctest/doctest.h>

namespace syncline::node {

namespace {

// Keeps rows as a view does.
struct Keeper {
  EntityHistory history;
  std::vector<Buffer> rows;
  crdt::VersionVector seen;
  std::uint64_t events = 0;
  std::size_t joins = 0;

  void type(std::size_t characters) {
    const std::uint64_t seq = ++events;
    crdt::VersionVector past = seen;
    std::string text;
    // Letters that do not repeat, or nothing would be left of them.
    while (text.size() < characters)
      text += crypto::Hasher("letters").add_u64(seq).add_u64(text.size()).finish().hex();
    text.resize(characters);
    const crdt::Op op{{std::string("body")}, crdt::TextInsert{0, text}};
    history.add({{0, seq},
                 seq,
                 WallTime{static_cast<std::int64_t>(seq)},
                 past,
                 history::EventKind::edit,
                 {},
                 std::span(&op, 1)},
                seen);
    seen.raise(0, seq);
  }
  void store() {
    if (const auto plan = history.plan_spill()) {
      const std::size_t kept = rows.size() - plan->joined;
      joins += plan->joined;
      const std::vector<Buffer> joined(rows.begin() + static_cast<std::ptrdiff_t>(kept),
                                       rows.end());
      auto row = history.spill(*plan, joined);
      REQUIRE(row);
      rows.resize(kept);
      rows.push_back(std::move(*row));
    }
    wire::Writer out;
    history.encode(out);
    wire::Reader in(out.view());
    history = EntityHistory::decode(in);
    REQUIRE(in.ok());
    CHECK(in.left() == 0);
  }
  std::uint64_t count() {
    std::vector<Buffer> segments = rows;
    segments.push_back(history.recent());
    std::uint64_t expected = 0;
    const Status read = history::for_each_event(segments, [&](const history::PastEvent& event) {
      CHECK(event.id == crdt::EventId{0, ++expected});
      CHECK(event.past.get(0) == expected - 1);
      return true;
    });
    CHECK(read.has_value());
    return expected;
  }
};

}  // namespace

TEST_CASE("a history keeps every event in order, in few rows, whatever is stored in between") {
  Keeper keeper;
  CHECK_FALSE(keeper.history.has_news());
  CHECK(keeper.history.recent().empty());
  for (int round = 0; round < 400; ++round) {
    keeper.type(static_cast<std::size_t>(round % 7) * 60);
    CHECK(keeper.history.has_news());
    if (round % 3 == 0) keeper.type(5);
    keeper.store();
    CHECK_FALSE(keeper.history.has_news());
    REQUIRE(keeper.history.rows().size() == keeper.rows.size());
    for (std::size_t i = 0; i < keeper.rows.size(); ++i)
      CHECK(keeper.history.rows()[i] == keeper.rows[i].size());
    CHECK(keeper.history.recent().size() <= 2048);
    CHECK(keeper.rows.size() <= 12);
    if (round % 50 == 0) CHECK(keeper.count() == keeper.events);
  }
  CHECK(keeper.count() == keeper.events);
  CHECK(keeper.joins > 20);
  CHECK(keeper.rows.size() > 1);
}

TEST_CASE("what gathered and was not stored yet is part of a history") {
  Keeper keeper;
  keeper.type(10);
  CHECK(keeper.count() == 1);
  keeper.type(10);
  keeper.type(10);
  CHECK(keeper.history.size_bytes() > 0);
  CHECK(keeper.count() == 3);
  keeper.type(2000);
  keeper.store();
  CHECK(keeper.rows.size() == 1);
  CHECK(keeper.history.recent().empty());
  CHECK(keeper.count() == 4);
}

TEST_CASE("a history that claims more than it may is refused") {
  for (const Buffer& bad : {Buffer{0xff, 0xff, 0x7f}, Buffer{1}, Buffer{0, 5, 1}}) {
    wire::Reader in(bad);
    EntityHistory::decode(in);
    CHECK_FALSE(in.ok());
  }
  Keeper keeper;
  keeper.type(3000);
  const auto plan = keeper.history.plan_spill();
  REQUIRE(plan);
  const Buffer damaged[] = {Buffer{9, 9}};
  CHECK(keeper.history.spill({1}, damaged).error().code == Errc::corrupt);
}

}  // namespace syncline::node
