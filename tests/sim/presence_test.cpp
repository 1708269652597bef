// SPDX-License-Identifier: Apache-2.0
//
// Presence while links stall and break, frames come late and in pieces, and devices die.
#include "tests/sim/checks.h"
#include "tests/sim/workload.h"

#include <doctest/doctest.h>

namespace syncline::sim {

namespace {

constexpr CallerId editor{7};

std::string showing(std::size_t device, int number) {
  return "{\"name\":\"" + std::string(canary) + std::to_string(device) +
         "\",\"at\":" + std::to_string(number) + "}";
}

void show(World& world, std::size_t index, const EntityId& entity, int number) {
  if (!world[index].is_up()) return;
  step::PresenceSet set;
  set.entity = entity;
  set.value = showing(index, number);
  set.caller = editor;
  world[index].ask(std::move(set), [](const Result<step::Answer>&) {});
}

// Whose presence a device shows, without its own.
std::vector<std::string> shown_by(World& world, std::size_t index, const EntityId& entity) {
  std::vector<std::string> values;
  const auto answer = world.get<step::PresencesAnswer>(index, step::PresenceList{entity});
  for (const step::PresenceRow& row : answer.rows)
    if (row.value.find(showing(index, 0).substr(0, 18)) == std::string::npos)
      values.push_back(row.value);
  return values;
}

std::vector<std::pair<LogId, Digest>> heads_of(World& world, std::size_t index) {
  std::vector<std::pair<LogId, Digest>> heads;
  for (const auto& log : world.get<step::LogsAnswer>(index, step::LogList{}).logs)
    heads.emplace_back(log.id, log.head);
  return heads;
}

std::string version_of(World& world, std::size_t index, const EntityId& entity) {
  return world.get<step::EntityAnswer>(index, step::EntityGet{entity, false}).version;
}

void disturb(World& world) {
  const auto streams = world.network().streams();
  if (!streams.empty()) {
    const std::size_t stream = streams[world.random().below(streams.size())];
    switch (world.random().below(4)) {
      case 0: world.network().cut(stream); break;
      case 1: world.network().stall(stream); break;
      default: world.network().release(stream); break;
    }
  }
  if (world.random().below(8) != 0) return;
  const std::size_t index = 1 + world.random().below(world.size() - 1);
  if (world[index].is_up())
    world[index].die(world.random().below(2) == 0 ? Death::killed : Death::power_cut);
}

void revive(World& world) {
  for (std::size_t i = 0; i < world.size(); ++i) {
    if (world[i].is_up()) continue;
    world[i].start();
    world.run(100ms);
    CHECK(world.unlock(i));
  }
}

void check_is_good(World& world) {
  INFO(world.verdict().failure().value_or("good"));
  CHECK(world.verdict().is_good());
}

}  // namespace

TEST_CASE("Y11 and Y15: presence comes and goes through faults and changes nothing that is kept") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    World world({.seed = 4000 + seed, .devices = 4});
    world.set_up();
    step::EntityCreate create;
    create.ops.push_back(crdt::Op{{}, crdt::MapSet{"title", crdt::Scalar("a note")}});
    const EntityId entity = world.get<step::WrittenAnswer>(0, std::move(create)).entity;
    world.run(20s);
    REQUIRE(all_heads_equal(world));
    const auto heads = heads_of(world, 0);
    const std::string version = version_of(world, 0, entity);
    world.network().set_weather(
        {.latency_min = 1ms, .latency_max = 800ms, .jitter = 500ms, .pieces_max = 5});

    for (int number = 0; number < 120; ++number) {
      for (std::size_t i = 0; i < world.size(); ++i) show(world, i, entity, number);
      disturb(world);
      if (number % 10 == 9) revive(world);
      world.run(world.random().between(200ms, 2s));
    }

    // Everybody sees what those two steps away showed last, and nothing else.
    world.network().heal();
    revive(world);
    world.run(2min);
    for (std::size_t i = 0; i < world.size(); ++i) show(world, i, entity, 999);
    world.run(15s);
    for (std::size_t i = 0; i < world.size(); ++i) {
      CAPTURE(i);
      const auto values = shown_by(world, i, entity);
      // Each was invited by the one before it and knows no other address: they stand in a row.
      std::size_t near = 0;
      for (std::size_t j = 0; j < world.size(); ++j) near += j != i && j <= i + 2 && i <= j + 2;
      CHECK(values.size() == near);
      for (const std::string& one : values) CHECK(one.find(":999}") != std::string::npos);
    }

    // The one that vanishes without a word is gone within its lifetime.
    world[3].die(Death::power_cut);
    world.run(limits::ephemeral_lifetime_max + 2s);
    for (std::size_t i = 0; i < 3; ++i) {
      CAPTURE(i);
      CHECK(shown_by(world, i, entity).size() == 2);
      CHECK(heads_of(world, i) == heads);
      CHECK(version_of(world, i, entity) == version);
    }
    check_is_good(world);
  }
}

TEST_CASE(
    "Y14: in a chain presence reaches the next but one, through a locked device, and no further") {
  World world({.seed = 4100, .devices = 4});
  world.set_up();
  step::EntityCreate create;
  create.ops.push_back(crdt::Op{{}, crdt::MapSet{"title", crdt::Scalar("a note")}});
  const EntityId entity = world.get<step::WrittenAnswer>(0, std::move(create)).entity;
  world.run(20s);
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = i + 2; j < 4; ++j) {
      world.network().refuse_dials(i, j);
      world.network().refuse_dials(j, i);
    }
  for (const std::size_t stream : world.network().streams()) world.network().cut(stream);
  world.run(1min);
  show(world, 0, entity, 1);
  world.run(12s);
  CHECK(shown_by(world, 1, entity).size() == 1);
  CHECK(shown_by(world, 2, entity).size() == 1);
  CHECK(shown_by(world, 3, entity).empty());
  (void)world.get<step::Done>(1, step::VaultLock{});
  show(world, 0, entity, 2);
  world.run(5s);
  CHECK(shown_by(world, 2, entity) == std::vector<std::string>{showing(0, 2)});
  check_is_good(world);
}

}  // namespace syncline::sim
