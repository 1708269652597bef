// SPDX-License-Identifier: Apache-2.0
//
// Named runs: what people do to their devices, one thing at a time.
#include "tests/sim/checks.h"
#include "tests/sim/faults.h"

#include <doctest/doctest.h>

namespace syncline::sim {

namespace {

constexpr auto day = std::chrono::hours(24);

step::EntityCreate note(const std::string& title) {
  step::EntityCreate create;
  create.type = "note";
  create.ops.push_back(crdt::Op{{}, crdt::MapSet{"title", crdt::Scalar(title)}});
  return create;
}

EntityId make_note(World& world, std::size_t index, const std::string& title) {
  return world.get<step::WrittenAnswer>(index, note(title)).entity;
}

std::string title_of(World& world, std::size_t index, const EntityId& entity) {
  const auto answer = world.call(index, step::EntityGet{entity, false});
  if (!answer) return std::string(name_of(answer.error().code));
  const auto& value = std::get<step::EntityAnswer>(*answer).value;
  return std::get<std::string>(
      std::get<crdt::Scalar>(std::get<crdt::ValueMap>(value.node).at("title").node));
}

step::StatusAnswer status_of(World& world, std::size_t index) {
  return world.get<step::StatusAnswer>(index, step::SystemStatus{});
}

// Devices that can reach each other: those with the same number.
void split(World& world, std::vector<unsigned> groups) {
  world.network().partition(std::move(groups));
  world.run(2min);  // long enough for both ends of a dead stream to notice
}

void join(World& world) {
  world.network().heal();
  for (std::size_t i = 0; i < world.size(); ++i)
    if (world[i].is_up()) world[i].ask(step::SyncNow{}, [](const Result<step::Answer>&) {});
  world.run(1min);
}

bool has_attention(World& world, std::size_t index, const std::string& part) {
  for (const std::string& sentence : status_of(world, index).attention)
    if (sentence.find(part) != std::string::npos) return true;
  return false;
}

std::uint64_t received_by_all(World& world) { return world.network().bytes_carried(); }

void check_good(World& world) {
  INFO(world.verdict().failure().value_or("good"));
  CHECK(world.verdict().is_good());
}

}  // namespace

TEST_CASE("two laptops that edit for a week without each other meet and end level") {
  World world({.seed = 11, .devices = 2});
  world.set_up();
  Workload workload(world, {.pause = std::chrono::minutes(20)});
  workload.begin();
  world.run(10s);
  split(world, {0, 1});
  workload.start();
  world.run(7 * day);
  workload.stop();
  CHECK(workload.acknowledged() > 300);
  world.network().heal();
  CHECK(world.run_until([&] { return all_heads_equal(world); }, 5min));
  world.run(10s);
  if (world.verdict().is_good()) check_end(world, workload);
  check_good(world);
}

TEST_CASE("in a chain of three every event crosses each link once") {
  World world({.seed = 12, .devices = 3});
  world.set_up();
  world.network().refuse_dials(0, 2);
  world.network().refuse_dials(2, 0);
  for (const std::size_t stream : world.network().streams_of(0)) world.network().cut(stream);
  world.run(1min);
  constexpr int events = 200;
  const EntityId entity = make_note(world, 0, "chain");
  world.run(10s);
  const std::uint64_t before = received_by_all(world);
  for (int i = 0; i < events; ++i) {
    step::EntityUpdate update;
    update.entity = entity;
    update.ops.push_back(crdt::Op{
        {}, crdt::MapSet{"title", crdt::Scalar(std::string(512, 'a') + std::to_string(i))}});
    (void)world.get<step::WrittenAnswer>(0, std::move(update));
    world.run(200ms);
  }
  world.run(20s);
  CHECK(all_heads_equal(world));
  CHECK(title_of(world, 2, entity).ends_with("199"));
  // Two links, about 700 bytes an event: a third delivery would show.
  const double per_event = static_cast<double>(received_by_all(world) - before) / events;
  MESSAGE("bytes carried for each event over two links: ", per_event);
  CHECK(per_event < 2.5 * 1000);
  check_good(world);
}

TEST_CASE("a locked device passes ciphertext from one device to another and reads none of it") {
  World world({.seed = 13, .devices = 3});
  world.set_up();
  world.run(10s);
  (void)world.get<step::Done>(1, step::VaultLock{});
  split(world, {0, 0, 1});
  const EntityId entity = make_note(world, 0, std::string(canary) + " through");
  world.run(20s);
  split(world, {1, 0, 0});
  CHECK(title_of(world, 2, entity) == std::string(canary) + " through");
  CHECK(title_of(world, 1, entity) == "locked");
  CHECK(world.call(1, note("no")).error().code == Errc::locked);
  CHECK(world.call(1, step::PairInvite{}).error().code == Errc::locked);
  check_good(world);
}

TEST_CASE("a restored backup goes on in a new log and loses nothing acknowledged later") {
  World world({.seed = 14, .devices = 2});
  world.set_up();
  const EntityId before = make_note(world, 1, "before the backup");
  world.run(10s);
  const Backup backup = world[1].back_up();
  const EntityId after = make_note(world, 1, "after the backup");
  world.run(10s);
  world[1].die(Death::killed);
  world[1].restore(backup, AnchorAfterRestore::newest);
  world[1].start();
  REQUIRE(world.unlock(1));
  // Written before the device has met anybody.
  const EntityId third = make_note(world, 1, "after the restore");
  CHECK(status_of(world, 1).rolled_back);
  world.run(1min);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(title_of(world, i, before) == "before the backup");
    CHECK(title_of(world, i, after) == "after the backup");
    CHECK(title_of(world, i, third) == "after the restore");
  }
  CHECK(all_heads_equal(world));
  check_chains(world, 0);
  check_chains(world, 1);
  std::size_t own = 0;
  for (const step::LogRow& row : world.get<step::LogsAnswer>(1, step::LogList{}).logs) {
    CHECK_FALSE(row.frozen);
    own += row.device == *status_of(world, 1).device;
  }
  CHECK(own == 2);
  CHECK(has_attention(world, 1, "older"));
  check_good(world);
}

TEST_CASE("a backup restored with its anchor goes on in a new log once it has met another device") {
  World world({.seed = 15, .devices = 2});
  world.set_up();
  world.run(10s);
  const Backup backup = world[1].back_up();
  const EntityId after = make_note(world, 1, "after the backup");
  world.run(10s);
  world[1].die(Death::killed);
  world[1].restore(backup, AnchorAfterRestore::of_backup);
  world[1].start();
  REQUIRE(world.unlock(1));
  world.run(1min);
  CHECK(title_of(world, 1, after) == "after the backup");
  const EntityId third = make_note(world, 1, "after the restore");
  world.run(1min);
  CHECK(title_of(world, 0, third) == "after the restore");
  CHECK(status_of(world, 1).rolled_back);
  CHECK(all_heads_equal(world));
  check_good(world);
}

TEST_CASE("Y10: a cloned device is found out, its log is frozen, all are told and can be level") {
  World world({.seed = 16, .devices = 2});
  world.set_up();
  (void)make_note(world, 1, "before the copy");
  world.run(10s);
  Device& clone = world.add_device();
  clone.restore(world[1].back_up(), AnchorAfterRestore::of_backup);
  clone.start();
  REQUIRE(world.unlock(2));
  split(world, {0, 1, 2});
  (void)make_note(world, 1, "one copy");
  (void)make_note(world, 2, "the other copy");
  split(world, {0, 0, 1});
  split(world, {0, 1, 0});
  join(world);
  for (const std::size_t index : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    std::size_t frozen = 0;
    for (const step::LogRow& row : world.get<step::LogsAnswer>(index, step::LogList{}).logs)
      frozen += row.frozen;
    CAPTURE(index);
    CHECK(frozen == 1);
    CHECK(has_attention(world, index, "forked"));
    // The forked log does not keep them from being level.
    const auto status = world.get<step::StatusAnswer>(index, step::SystemStatus{});
    for (const step::DeviceStatus& other : status.devices)
      if (!other.links.empty()) CHECK(other.level);
  }
  // Each goes on in a log of its own, and that reaches the first device.
  const EntityId one = make_note(world, 1, "one goes on");
  world.run(1min);
  const EntityId other = make_note(world, 2, "the other goes on");
  world.run(2min);
  CHECK(title_of(world, 0, one) == "one goes on");
  CHECK(title_of(world, 0, other) == "the other goes on");
  check_good(world);
}

TEST_CASE("a password changed on two devices at once leaves both new ones valid") {
  World world({.seed = 17, .devices = 3});
  world.set_up();
  world.run(10s);
  split(world, {0, 1, 2});
  const std::string old = world.passwords().front();
  std::vector<std::string> chosen;
  for (const std::size_t index : {std::size_t{0}, std::size_t{1}}) {
    step::VaultPasswd change;
    change.old_password = step::SecretText(old);
    change.new_password = world.new_password();
    chosen.push_back(world.passwords().back());
    (void)world.get<step::Done>(index, std::move(change));
  }
  join(world);
  for (std::size_t i = 0; i < 3; ++i) {
    for (const std::string& password : chosen) {
      (void)world.get<step::Done>(i, step::VaultLock{});
      CAPTURE(i);
      CHECK(world.call(i, step::VaultUnlock{step::SecretText(password)}).has_value());
    }
    (void)world.get<step::Done>(i, step::VaultLock{});
    CHECK(world.call(i, step::VaultUnlock{step::SecretText(old)}).error().code ==
          Errc::wrong_password);
    CHECK(world.unlock(i));
  }
  check_good(world);
}

TEST_CASE("pairing survives either device dying at any of its commits") {
  for (const std::size_t victim : {std::size_t{0}, std::size_t{1}}) {
    for (std::uint64_t commits = 1; commits <= 12; ++commits) {
      for (const std::size_t effects : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
        CAPTURE(victim);
        CAPTURE(commits);
        CAPTURE(effects);
        World world({.seed = 1000 + commits, .devices = 2});
        world[0].start();
        world[1].start();
        world.make_vault(0);
        world.run(5s);
        world[victim].die_at(commits, effects, Death::power_cut);
        (void)world.pair(0, 1);
        world[victim].cancel_death();
        for (std::size_t i = 0; i < 2; ++i) {
          if (!world[i].is_up()) world[i].start();
          world.run(1s);
        }
        REQUIRE(world.unlock(0));
        const bool joined = status_of(world, 1).vault != step::VaultState::none;
        if (!joined) REQUIRE(world.pair(0, 1));
        REQUIRE(world.unlock(1));
        const EntityId entity = make_note(world, 0, "paired");
        world.run(2min);
        CHECK(title_of(world, 1, entity) == "paired");
        check_good(world);
      }
    }
  }
}

TEST_CASE("a disk that fills up while receiving loses nothing and goes on when there is room") {
  // What is missing arrives in four commits or a few more.
  for (std::uint64_t commits = 0; commits < 4; ++commits) {
    CAPTURE(commits);
    World world({.seed = 2000 + commits, .devices = 2});
    world.set_up();
    world.run(10s);
    split(world, {0, 1});
    Workload workload(world, {.pause = 2s});
    workload.begin();
    for (int i = 0; i < 60; ++i) {
      workload.act(0);
      world.run(1s);
    }
    world[1].fill_disk(commits);
    world.network().heal();
    world.run(1min);
    CHECK(status_of(world, 1).degraded);
    world[1].empty_disk();
    world.run(3min);
    CHECK_FALSE(status_of(world, 1).degraded);
    if (world.verdict().is_good()) check_end(world, workload);
    check_good(world);
  }
}

TEST_CASE("a buffered write that a power cut takes does not fork the log") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    World world({.seed = 3000 + seed, .devices = 2});
    world.set_up();
    world.run(10s);
    auto buffered = note("buffered");
    buffered.wait = step::Wait::local_buffered;
    (void)world.get<step::WrittenAnswer>(0, std::move(buffered));
    world.run(world.random().between(Duration{}, 500ms));
    world[0].die(Death::power_cut);
    world[0].start();
    REQUIRE(world.unlock(0));
    const EntityId entity = make_note(world, 0, "after the power cut");
    world.run(1min);
    CHECK(title_of(world, 1, entity) == "after the power cut");
    for (const step::LogRow& row : world.get<step::LogsAnswer>(1, step::LogList{}).logs)
      CHECK_FALSE(row.frozen);
    check_good(world);
  }
}

TEST_CASE("clocks that are centuries apart decide nothing") {
  World world({.seed = 18, .devices = 2});
  world.set_up();
  world.run(10s);
  world[1].set_clock(4'294'967'296'000);
  const EntityId entity = make_note(world, 1, "from the future");
  world.run(10s);
  world[0].set_clock(0);
  step::EntityUpdate update;
  update.entity = entity;
  update.ops.push_back(crdt::Op{{}, crdt::MapSet{"title", crdt::Scalar("from the past")}});
  (void)world.get<step::WrittenAnswer>(0, std::move(update));
  world.run(10s);
  CHECK(title_of(world, 0, entity) == "from the past");
  CHECK(title_of(world, 1, entity) == "from the past");
  check_good(world);
}

}  // namespace syncline::sim
