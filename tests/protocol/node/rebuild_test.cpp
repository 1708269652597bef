// SPDX-License-Identifier: Apache-2.0
//
// The view made anew from the log: it reads as before, and tells if it does not.
#include "protocol/node/entity_hash.h"
#include "tests/protocol/node/devices.h"

#include <doctest/doctest.h>

namespace syncline::node {

namespace {

struct Workshop {
  Devices devices;

  explicit Workshop(std::size_t count) : devices(count) {
    devices.make_vault(0);
    if (count > 1) devices.pair(0, 1);
  }

  EntityId create(const char* title) {
    step::EntityCreate create;
    create.type = "note";
    create.ops.push_back(entitle(title));
    create.ops.push_back(
        crdt::Op{{std::string("body")}, crdt::TextInsert{0, std::string("about ") + title}});
    return devices.get<step::WrittenAnswer>(0, std::move(create)).entity;
  }
  static crdt::Op entitle(const char* title) {
    return {{}, crdt::MapSet{"title", crdt::Scalar(std::string(title))}};
  }
  void rename(const EntityId& entity, const char* title, std::size_t index = 0) {
    step::EntityUpdate update;
    update.entity = entity;
    update.ops.push_back(entitle(title));
    devices.get<step::WrittenAnswer>(index, std::move(update));
  }
  std::string title(const EntityId& entity) {
    step::EntityGet command;
    command.entity = entity;
    const auto answer = devices.get<step::EntityAnswer>(0, command);
    const crdt::Value& value = std::get<crdt::ValueMap>(answer.value.node).at("title");
    return std::get<std::string>(std::get<crdt::Scalar>(value.node));
  }
  step::RebuildAnswer rebuild() {
    return devices.get<step::RebuildAnswer>(0, step::SystemRebuild{});
  }
  void unlock() {
    REQUIRE(devices.call(0, step::VaultUnlock{step::SecretText("correct horse")}).has_value());
  }
  std::map<Buffer, Buffer> rows() {
    std::map<Buffer, Buffer> found;
    CHECK(devices[0]
              .store
              .scan(Family::view, Buffer{'e'}, Buffer{'e' + 1},
                    [&](Bytes key, Bytes value) {
                      found.emplace(to_buffer(key), to_buffer(value));
                      return true;
                    })
              .has_value());
    return found;
  }
  void put_row(const Buffer& key, const Buffer& value) {
    CHECK(devices[0].store.commit({{Family::view, key, value}}, Durability::synced).has_value());
  }
};

}  // namespace

TEST_CASE("a view made anew reads as before: documents, conflicts, deletions, rules and names") {
  Workshop shop(2);
  std::vector<EntityId> entities;
  for (const char* title : {"one", "two", "three", "four"}) entities.push_back(shop.create(title));
  step::TypeDeclare declare;
  declare.type = "note";
  declare.rules["/rank"] = crdt::Rule::max;
  shop.devices.get<step::WrittenAnswer>(0, declare);
  shop.devices.run();
  shop.devices.isolate(1);
  shop.devices.run();
  shop.rename(entities[0], "here", 0);
  shop.rename(entities[0], "there", 1);
  shop.devices.get<step::WrittenAnswer>(0, step::EntityDelete{entities[1], {}, {}});
  shop.devices.get<step::WrittenAnswer>(0, step::EntityDelete{entities[2], {}, {}});
  shop.rename(entities[2], "back", 1);
  shop.devices.get<step::WrittenAnswer>(1, step::VersionName{entities[3], "draft", {}, {}});
  shop.devices.reconnect(1);
  shop.devices.run();
  const auto conflicts =
      shop.devices.get<step::ConflictsAnswer>(0, step::ConflictList{}).conflicts.size();
  CHECK(conflicts == 2);
  const std::string shown = shop.title(entities[0]);
  const auto status = shop.devices.get<step::StatusAnswer>(0, step::SystemStatus{});

  const step::RebuildAnswer rebuilt = shop.rebuild();
  CHECK(rebuilt.entities == 6);  // and a declaration, and names
  CHECK(rebuilt.unequal_count == 0);
  CHECK(rebuilt.changed == 0);
  CHECK_FALSE(rebuilt.damaged);
  CHECK(shop.title(entities[0]) == shown);
  CHECK(shop.devices.get<step::ConflictsAnswer>(0, step::ConflictList{}).conflicts.size() ==
        conflicts);
  CHECK(shop.devices.get<step::TypesAnswer>(0, step::TypeList{}).types.size() == 1);
  CHECK(
      shop.devices.get<step::NamedVersionsAnswer>(0, step::VersionList{entities[3]}).rows.size() ==
      1);
  const auto after = shop.devices.get<step::StatusAnswer>(0, step::SystemStatus{});
  CHECK(after.entities == status.entities);
  CHECK(after.conflicts == status.conflicts);
  // It goes on from there.
  shop.rename(entities[3], "five");
  shop.devices.run();
  CHECK(shop.title(entities[3]) == "five");
  CHECK(shop.rebuild().unequal_count == 0);
}

TEST_CASE("a row that does not say what the log says is found, named and mended") {
  Workshop shop(1);
  const EntityId right = shop.create("right");
  const EntityId wrong = shop.create("wrong");
  shop.devices.run();
  const auto before = shop.rows();
  shop.rename(wrong, "renamed");
  shop.devices.run();
  const auto after = shop.rows();
  REQUIRE(before.size() == after.size());
  shop.devices.restart(0);
  for (const auto& [key, row] : before)
    if (after.at(key) != row) shop.put_row(key, row);
  shop.unlock();
  CHECK(shop.title(wrong) == "wrong");
  const step::RebuildAnswer rebuilt = shop.rebuild();
  CHECK(rebuilt.unequal == std::vector<EntityId>{wrong});
  CHECK(rebuilt.unequal_count == 1);
  CHECK(shop.title(wrong) == "renamed");
  CHECK(shop.title(right) == "right");
  CHECK(shop.rebuild().unequal_count == 0);
}

TEST_CASE("a view with a damaged row is made anew too, and says so") {
  Workshop shop(1);
  const EntityId entity = shop.create("kept");
  shop.devices.run();
  shop.devices.restart(0);
  auto [key, row] = *shop.rows().begin();
  row.back() ^= 1;
  shop.put_row(key, row);
  shop.unlock();
  const step::RebuildAnswer rebuilt = shop.rebuild();
  CHECK(rebuilt.damaged);
  CHECK(rebuilt.unequal_count == 0);
  CHECK(shop.title(entity) == "kept");
}

TEST_CASE("what is in no log outlives a rebuild: what can be undone, and idempotency keys") {
  Workshop shop(1);
  const EntityId entity = shop.create("one");
  shop.rename(entity, "two");
  shop.rename(entity, "three");
  shop.devices.get<step::WrittenAnswer>(0, step::EntityUndo{entity, {}, {}, {}});
  step::EntityCreate once;
  once.idempotency_key = "k";
  const EntityId made = shop.devices.get<step::WrittenAnswer>(0, std::move(once)).entity;
  CHECK(shop.rebuild().unequal_count == 0);
  CHECK(shop.title(entity) == "two");
  shop.devices.get<step::WrittenAnswer>(
      0, step::EntityUndo{entity, step::UndoDirection::again, {}, {}});
  CHECK(shop.title(entity) == "three");
  shop.devices.get<step::WrittenAnswer>(0, step::EntityUndo{entity, {}, {}, {}});
  shop.devices.get<step::WrittenAnswer>(0, step::EntityUndo{entity, {}, {}, {}});
  CHECK(shop.title(entity) == "one");
  step::EntityCreate again;
  again.idempotency_key = "k";
  CHECK(shop.devices.get<step::WrittenAnswer>(0, std::move(again)).entity == made);
}

TEST_CASE("a rebuild of more entities than one slice, with changes arriving meanwhile") {
  Workshop shop(2);
  std::vector<EntityId> entities;
  for (int i = 0; i < 1100; ++i) entities.push_back(shop.create("x"));
  shop.devices.run();
  shop.devices.isolate(1);
  shop.devices.run();
  shop.rename(entities[7], "changed", 1);
  shop.devices.reconnect(1);
  // Both are under way at once.
  const step::RebuildAnswer rebuilt = shop.rebuild();
  CHECK(rebuilt.entities == 1100);
  CHECK(rebuilt.unequal_count == 0);
  CHECK(rebuilt.changed <= 1);
  shop.devices.run();
  CHECK(shop.title(entities[7]) == "changed");
  CHECK(shop.rebuild().changed == 0);
}

TEST_CASE(
    "while all is made anew, calls about entities wait for another time, and locking ends it") {
  Workshop shop(1);
  const EntityId entity = shop.create("one");
  shop.devices.run();
  Device& device = shop.devices[0];
  // Nothing: no answer yet; nothing in it: no error.
  using Said = std::optional<Errc>;
  const auto ask = [&](std::uint64_t id, step::Command command) {
    std::optional<Said> said;
    const step::Step step =
        device.node->handle(step::Request{RequestId{id}, std::move(command)}, shop.devices.now());
    for (const step::Effect& effect : step.effects)
      if (const auto* reply = std::get_if<step::Reply>(&effect))
        said = reply->answer ? Said() : Said(reply->answer.error().code);
    return said;
  };
  CHECK_FALSE(ask(900, step::SystemRebuild{}));
  step::EntityGet get;
  get.entity = entity;
  CHECK(ask(901, get) == Said(Errc::busy));
  CHECK(ask(902, step::SystemRebuild{}) == Said(Errc::busy));
  CHECK(ask(903, step::VaultLock{}) == std::make_optional(Said()));
  const step::Step settled = device.node->settle(shop.devices.now());
  bool ended = false;
  for (const step::Effect& effect : settled.effects)
    if (const auto* reply = std::get_if<step::Reply>(&effect))
      ended = reply->id == RequestId{900} && reply->answer.error().code == Errc::locked;
  CHECK(ended);
}

}  // namespace syncline::node
