// SPDX-License-Identifier: Apache-2.0
#include "agent/group_commit.h"

#include "storage/memory_store.h"
#include "tests/agent/scripted_core.h"

#include <doctest/doctest.h>

namespace syncline::agent {
namespace {

struct Bench {
  storage::MemoryStore store;
  StagedStore staged{store};
  ScriptedCore core;
  Buffer identity;
  Status identity_saved;
  GroupCommit group{GroupCommit::Parts{core, staged, store,
                                       [this](Bytes bytes) {
                                         identity = to_buffer(bytes);
                                         return identity_saved;
                                       }},
                    GroupCommit::Limits{}};

  GroupCommit::Outcome run() {
    return group.run([] { return Now{Instant{1s}, WallTime{1000}}; });
  }
  std::string stored(std::string_view key) {
    const auto found = store.get(Family::meta, as_bytes(key));
    return found && *found ? to_text(**found) : "";
  }
};

TEST_CASE("all waiting inputs become one commit and one settling") {
  Bench bench;
  int count = 0;
  bench.core.on_input = [&](const step::Input&, step::Step& step) {
    step.writes.push_back(write_of("k" + std::to_string(++count), "v"));
    step.effects.push_back(step::Note{step::NoteLevel::normal, "t", std::to_string(count)});
  };
  for (int i = 0; i < 5; ++i) bench.group.push(step::Tick{});
  const auto outcome = bench.run();
  CHECK(outcome.committed);
  CHECK(bench.store.commits() == 1);
  CHECK(bench.core.settled == 1);
  REQUIRE(outcome.effects.size() == 5);
  CHECK(std::get<step::Note>(outcome.effects[4]).text == "5");
  CHECK(bench.stored("k5") == "v");
  CHECK(bench.group.empty());
}

TEST_CASE("the bytes a link received reach the core unchanged") {
  Bench bench;
  bench.group.push_received(Link{1}, to_buffer(as_bytes("hello ")));
  bench.group.push_received(Link{1}, to_buffer(as_bytes("world")));
  bench.run();
  CHECK(bench.core.received == "hello world");
}

TEST_CASE("a group ends at 256 inputs and the rest waits for the next") {
  Bench bench;
  for (int i = 0; i < 300; ++i) bench.group.push(step::Tick{});
  bench.run();
  CHECK(bench.core.kept.size() == 256);
  CHECK(bench.group.size() == 44);
  bench.run();
  CHECK(bench.core.kept.size() == 300);
}

TEST_CASE("a group ends when four megabytes wait to be committed") {
  Bench bench;
  int count = 0;
  bench.core.on_input = [&](const step::Input&, step::Step& step) {
    step.writes.push_back(write_of("k" + std::to_string(++count), std::string(1 << 20, 'x')));
  };
  for (int i = 0; i < 10; ++i) bench.group.push(step::Tick{});
  bench.run();
  CHECK(count == 4);
}

TEST_CASE("the strictest durability of a group wins") {
  Bench bench;
  bool first = true;
  bench.core.on_input = [&](const step::Input&, step::Step& step) {
    step.writes.push_back(write_of(first ? "a" : "b", "v"));
    step.durability = first ? Durability::synced : Durability::buffered;
    first = false;
  };
  bench.group.push(step::Tick{});
  bench.group.push(step::Tick{});
  bench.run();
  bench.store.lose_unsynced();
  CHECK(bench.stored("a") == "v");
  CHECK(bench.stored("b") == "v");
}

TEST_CASE("asking for durability makes an earlier buffered group durable too") {
  Bench bench;
  bench.core.on_input = [&](const step::Input&, step::Step& step) {
    step.writes.push_back(write_of("a", "v"));
  };
  bench.group.push(step::Tick{});
  bench.run();
  bench.core.on_input = [&](const step::Input&, step::Step& step) {
    step.durability = Durability::synced;
  };
  bench.group.push(step::Tick{});
  CHECK(bench.run().committed);
  bench.store.lose_unsynced();
  CHECK(bench.stored("a") == "v");
}

TEST_CASE("the last word about the next deadline is the one that counts") {
  Bench bench;
  bench.core.wake_at = Instant{5s};
  bench.group.push(step::Tick{});
  bench.core.on_settle = [](step::Step& step) { step.wake_at = Instant{7s}; };
  CHECK(bench.run().wake_at == Instant{7s});
  bench.core.on_settle = [](step::Step& step) { step.wake_at.reset(); };
  CHECK(!bench.run().wake_at);
}

TEST_CASE("a group that the core refuses is dropped whole, and the core hears of it first") {
  Bench bench;
  bool refuse = true;
  bench.core.on_input = [&](const step::Input& input, step::Step& step) {
    if (std::holds_alternative<step::GroupDropped>(input)) return;
    step.writes.push_back(write_of("a", "v"));
    step.effects.push_back(step::Send{Link{1}, to_buffer(as_bytes("promise"))});
    step.effects.push_back(step::Reply{RequestId{3}, step::Answer(step::Done{})});
  };
  bench.core.on_settle = [&](step::Step& step) {
    if (std::exchange(refuse, false)) step.refused = Error{Errc::busy, "try again"};
  };
  bench.group.push(step::Tick{});
  const auto dropped = bench.run();
  CHECK(dropped.committed.has_value());
  REQUIRE(dropped.effects.size() == 1);
  CHECK(std::get<step::Reply>(dropped.effects[0]).answer.error().context == "try again");
  CHECK(bench.staged.empty());
  CHECK(bench.stored("a").empty());
  bench.group.push(step::Tick{});
  CHECK(bench.run().effects.size() == 2);
  REQUIRE(bench.core.kept.size() == 3);
  CHECK(std::holds_alternative<step::GroupDropped>(bench.core.kept[1]));
  CHECK(bench.stored("a") == "v");
}

TEST_CASE("when the commit fails callers are told and nothing else is said") {
  Bench bench;
  bench.store.fail_after(0, Errc::disk_full);
  bench.core.on_input = [&](const step::Input& input, step::Step& step) {
    if (std::holds_alternative<step::StoreFailed>(input)) {
      step.effects.push_back(step::Note{step::NoteLevel::error, "store", "degraded"});
      return;
    }
    step.writes.push_back(write_of("a", "v"));
    step.effects.push_back(step::Send{Link{1}, to_buffer(as_bytes("promise"))});
    step.effects.push_back(step::Reply{RequestId{3}, step::Answer(step::Done{})});
  };
  bench.group.push(step::Tick{});
  const auto outcome = bench.run();
  REQUIRE(!outcome.committed);
  CHECK(outcome.committed.error().code == Errc::disk_full);
  REQUIRE(outcome.effects.size() == 2);
  const auto& reply = std::get<step::Reply>(outcome.effects[0]);
  CHECK(reply.id == RequestId{3});
  REQUIRE(!reply.answer);
  CHECK(reply.answer.error().code == Errc::disk_full);
  CHECK(reply.answer.error().context.find("free some space") != std::string::npos);
  CHECK(std::get<step::Note>(outcome.effects[1]).text == "degraded");
  CHECK(bench.core.all<step::StoreFailed>().size() == 1);
  CHECK(bench.staged.empty());
  CHECK(bench.stored("a").empty());
}

TEST_CASE("an identity is kept before the vault it belongs to is committed") {
  Bench bench;
  bench.core.on_input = [&](const step::Input&, step::Step& step) {
    step.writes.push_back(write_of("vault", "v"));
    step.effects.push_back(step::SaveIdentity{to_buffer(as_bytes("key"))});
    step.effects.push_back(step::Reply{RequestId{1}, step::Answer(step::Done{})});
  };
  bench.group.push(step::Tick{});
  CHECK(bench.run().committed);
  CHECK(to_text(bench.identity) == "key");
  CHECK(bench.stored("vault") == "v");
}

TEST_CASE("a vault whose identity cannot be kept does not come to be") {
  Bench bench;
  bench.identity_saved = fail(Errc::io, "read-only");
  bench.core.on_input = [&](const step::Input& input, step::Step& step) {
    if (!std::holds_alternative<step::Tick>(input)) return;
    step.writes.push_back(write_of("vault", "v"));
    step.effects.push_back(step::SaveIdentity{to_buffer(as_bytes("key"))});
    step.effects.push_back(step::Reply{RequestId{1}, step::Answer(step::Done{})});
  };
  bench.group.push(step::Tick{});
  const auto outcome = bench.run();
  CHECK(!outcome.committed);
  REQUIRE(outcome.effects.size() == 1);
  CHECK(!std::get<step::Reply>(outcome.effects[0]).answer);
  CHECK(bench.stored("vault").empty());
  CHECK(bench.store.commits() == 0);
}

}  // namespace
}  // namespace syncline::agent
