// SPDX-License-Identifier: Apache-2.0
//
// Typing as it happens: when it becomes an event, what others see of it before, what is kept.
#include "protocol/text/rope.h"
#include "tests/protocol/node/devices.h"

#include <algorithm>

#include <doctest/doctest.h>

namespace syncline::node {

namespace {

const crdt::Path page{std::string("body")};
constexpr std::chrono::milliseconds moment{300};

struct Typist {
  Devices devices{2};
  EntityId entity;

  Typist() {
    devices.make_vault(0);
    devices.pair(0, 1);
    step::EntityCreate create;
    create.ops.push_back(crdt::Op{page, crdt::TextInsert{0, "one two"}});
    entity = devices.get<step::WrittenAnswer>(0, std::move(create)).entity;
    devices.run();
  }

  step::TypedAnswer type(std::uint64_t at, std::uint64_t cut, const std::string& inserted,
                         crdt::Positions unit = crdt::Positions::scalars) {
    return devices.get<step::TypedAnswer>(0, step::TextType{entity, page, at, cut, inserted, unit});
  }
  std::string text(std::size_t index) {
    step::EntityGet get;
    get.entity = entity;
    const auto answer = devices.get<step::EntityAnswer>(index, get);
    return std::get<std::string>(
        std::get<crdt::Scalar>(std::get<crdt::ValueMap>(answer.value.node).at("body").node));
  }
  std::size_t events() {
    step::EntityHistory history;
    history.entity = entity;
    return devices.get<step::HistoryAnswer>(1, history).versions.size();
  }
};

}  // namespace

TEST_CASE("what is typed becomes one event after a pause, and is read at once by whoever asks") {
  Typist desk;
  const std::size_t before = desk.events();
  for (int i = 0; i < 5; ++i) {
    CHECK(desk.type(7 + static_cast<std::uint64_t>(i), 0, "x").waiting);
    desk.devices.run(moment);
  }
  CHECK(desk.text(1) == "one two");
  CHECK(desk.type(0, 4, "").length == 8);
  desk.devices.run();
  CHECK(desk.text(1) == "twoxxxxx");
  CHECK(desk.events() == before + 1);
  desk.type(0, 0, ">");
  CHECK(desk.text(0) == ">twoxxxxx");
  desk.devices.run(moment);
  CHECK(desk.text(1) == ">twoxxxxx");
}

TEST_CASE("who types without a pause makes an event every few seconds") {
  Typist desk;
  const std::size_t before = desk.events();
  for (int i = 0; i < 40; ++i) {
    desk.type(0, 0, "x");
    desk.devices.run(moment);
  }
  desk.devices.run();
  CHECK(desk.text(1) == std::string(40, 'x') + "one two");
  CHECK(desk.events() > before + 1);
  CHECK(desk.events() < before + 10);
}

TEST_CASE("typing that waits is asked for by text.flush, and by locking") {
  Typist desk;
  desk.type(3, 0, "!");
  const auto written =
      desk.devices.get<step::WrittenAnswer>(0, step::TextFlush{desk.entity, step::Wait::local});
  CHECK(written.ops_applied == 1);
  desk.devices.run(moment);
  CHECK(desk.text(1) == "one! two");
  CHECK(desk.devices.get<step::WrittenAnswer>(0, step::TextFlush{desk.entity, step::Wait::local})
            .ops_applied == 0);
  desk.type(0, 0, "?");
  CHECK(desk.devices.call(0, step::VaultLock{}));
  desk.devices.run(moment);
  CHECK(desk.text(1) == "?one! two");
}

TEST_CASE("typing meets what another device wrote meanwhile") {
  Typist desk;
  desk.type(7, 0, " three");
  step::EntityUpdate update;
  update.entity = desk.entity;
  update.ops.push_back(crdt::Op{page, crdt::TextInsert{0, "zero "}});
  desk.devices.get<step::WrittenAnswer>(1, std::move(update));
  desk.devices.run(moment);
  // The program has not read it yet: its places are those of what it sees.
  desk.type(13, 0, "!");
  desk.devices.run();
  CHECK(desk.text(0) == "zero one two three!");
  CHECK(desk.text(1) == "zero one two three!");
}

TEST_CASE("typing goes where it was meant when its list changes, and is kept when its text goes") {
  Typist desk;
  const auto other_device = [&](crdt::Op op) {
    step::EntityUpdate update;
    update.entity = desk.entity;
    update.ops.push_back(std::move(op));
    desk.devices.get<step::WrittenAnswer>(1, std::move(update));
    desk.devices.run(moment);
  };
  const auto read = [&](std::size_t index, crdt::Path path) {
    step::EntityGet get;
    get.entity = desk.entity;
    get.path = std::move(path);
    const auto answer = desk.devices.get<step::EntityAnswer>(index, get);
    return std::get<std::string>(std::get<crdt::Scalar>(answer.value.node));
  };
  const crdt::Path list{std::string("list")};
  const auto item = [&](std::uint64_t index) {
    return crdt::Path{std::string("list"), index, std::string("t")};
  };
  other_device({list, crdt::ListInsert{0, {crdt::Kind::map, crdt::Kind::map}}});
  other_device({item(0), crdt::TextInsert{0, "one"}});
  other_device({item(1), crdt::TextInsert{0, "two"}});
  desk.devices.get<step::TypedAnswer>(0, step::TextType{desk.entity, item(1), 3, 0, "!"});
  other_device({list, crdt::ListMove{1, 0}});
  for (std::size_t index = 0; index < 2; ++index) {
    CHECK(read(index, item(0)) == "two!");
    CHECK(read(index, item(1)) == "one");
  }
  desk.devices.get<step::TypedAnswer>(0, step::TextType{desk.entity, item(1), 3, 0, "?"});
  other_device({list, crdt::ListRemove{1, 1}});
  for (std::size_t index = 0; index < 2; ++index) CHECK(read(index, item(1)) == "one?");
  step::ConflictList conflicts;
  conflicts.entity = desk.entity;
  const auto told = desk.devices.get<step::ConflictsAnswer>(0, conflicts).conflicts;
  REQUIRE(told.size() == 1);
  CHECK(told[0].kind == crdt::ConflictKind::edited_and_deleted);
}

TEST_CASE("what was typed into a text that another device replaced is kept beside that") {
  Typist desk;
  desk.type(7, 0, "!");
  step::EntityUpdate update;
  update.entity = desk.entity;
  update.ops.push_back(crdt::Op{{}, crdt::MapSet{"body", crdt::Scalar(std::int64_t{7})}});
  desk.devices.get<step::WrittenAnswer>(1, std::move(update));
  desk.devices.run(moment);
  CHECK(desk.type(8, 0, "?").waiting);
  desk.devices.run();
  CHECK(desk.devices.call(0, step::TextFlush{desk.entity, step::Wait::local}));
  step::ConflictList list;
  list.entity = desk.entity;
  for (std::size_t index = 0; index < 2; ++index) {
    const auto told = desk.devices.get<step::ConflictsAnswer>(index, list).conflicts;
    REQUIRE(told.size() == 1);
    const auto& values = told[0].values;
    CHECK(std::ranges::any_of(values, [](const step::ConflictValue& value) {
      return value.value == crdt::Value{crdt::Scalar(std::string("!?"))};
    }));
  }
}

TEST_CASE("a crash loses nothing of what was typed") {
  Typist desk;
  desk.type(0, 0, "so: ");
  desk.devices.restart(0);
  REQUIRE(desk.devices.call(0, step::VaultUnlock{step::SecretText("correct horse")}));
  desk.devices.run();
  CHECK(desk.text(1) == "so: one two");
}

TEST_CASE("what was typed into what the view did not have yet is written after a crash") {
  Devices devices(1);
  devices.make_vault(0);
  for (const int changes : {1, 6000}) {
    step::EntityCreate create;
    create.ops.push_back(crdt::Op{page, crdt::TextInsert{0, "abc"}});
    const EntityId entity = devices.get<step::WrittenAnswer>(0, std::move(create)).entity;
    for (int i = 0; i < changes; ++i) {
      step::EntityUpdate update;
      update.entity = entity;
      update.ops.push_back(crdt::Op{{}, crdt::MapSet{"n", crdt::Scalar(std::int64_t{i})}});
      devices.get<step::WrittenAnswer>(0, std::move(update));
    }
    devices.get<step::TypedAnswer>(0, step::TextType{entity, page, 3, 0, "Z"});
    devices.restart(0);
    REQUIRE(devices.call(0, step::VaultUnlock{step::SecretText("correct horse")}));
    CHECK(devices.get<step::StatusAnswer>(0, step::SystemStatus{}).attention.empty());
    devices.run();
    CHECK(devices.get<step::StatusAnswer>(0, step::SystemStatus{}).attention.empty());
    step::EntityHistory history;
    history.entity = entity;
    CHECK(devices.get<step::HistoryAnswer>(0, history).versions.front().inserted == 1);
    CHECK(devices.get<step::WrittenAnswer>(0, step::TextFlush{entity, step::Wait::local})
              .ops_applied == 0);
  }
}

TEST_CASE("typing that could not be written is kept over crashes, of any number of entities") {
  constexpr std::size_t at_once = 4;
  const crdt::Path list{std::string("list")};
  const crdt::Path item{std::string("list"), std::uint64_t{0}};
  for (const std::size_t count : {std::size_t{8}, std::size_t{100}}) {
    Devices devices(2);
    devices.make_vault(0);
    devices.pair(0, 1);
    std::vector<EntityId> entities;
    const auto edit = [&](std::size_t device, const EntityId& entity, crdt::Op op) {
      step::EntityUpdate update;
      update.entity = entity;
      update.ops.push_back(std::move(op));
      devices.get<step::WrittenAnswer>(device, std::move(update));
    };
    const auto restart = [&] {
      devices.restart(0);
      devices.run();
      REQUIRE(devices.call(0, step::VaultUnlock{step::SecretText("correct horse")}));
      devices.run();
    };
    while (entities.size() < count) {
      const std::size_t before = entities.size();
      for (std::size_t i = 0; i < at_once; ++i) {
        step::EntityCreate create;
        create.ops.push_back(crdt::Op{list, crdt::ListInsert{0, {crdt::Kind::text}}});
        entities.push_back(devices.get<step::WrittenAnswer>(0, std::move(create)).entity);
      }
      devices.run();
      for (std::size_t i = before; i < entities.size(); ++i)
        devices.get<step::TypedAnswer>(0, step::TextType{entities[i], item, 0, 0, "typed"});
      // It cannot be written once the text is gone, which arrives before it is read again.
      devices.restart(0);
      for (std::size_t i = before; i < entities.size(); ++i)
        edit(1, entities[i], {list, crdt::ListRemove{0, 1}});
      devices.run();
      REQUIRE(devices.call(0, step::VaultUnlock{step::SecretText("correct horse")}));
      devices.run();
    }
    restart();
    for (const EntityId& entity : entities) {
      CHECK_FALSE(devices.call(0, step::TextFlush{entity, step::Wait::local}));
      edit(0, entity, {list, crdt::ListInsert{0, {crdt::Kind::text}}});
    }
    restart();
    for (const EntityId& entity : entities) {
      step::EntityGet get;
      get.entity = entity;
      get.path = item;
      const auto answer = devices.get<step::EntityAnswer>(0, get);
      CHECK(std::get<std::string>(std::get<crdt::Scalar>(answer.value.node)) == "typed");
    }
  }
}

TEST_CASE("connected devices are shown what is typed before it is an event") {
  Typist desk;
  step::SubOpen open;
  open.entity = desk.entity;
  open.ephemeral = true;
  const auto sub = desk.devices.get<step::SubAnswer>(1, open);
  desk.type(3, 0, "!");
  desk.type(4, 1, "?");
  desk.devices.run(moment);
  const auto seen = desk.devices.get<step::EventsAnswer>(1, step::EventsPoll{sub.sub});
  REQUIRE(seen.ephemeral.size() == 1);
  CHECK_FALSE(seen.ephemeral[0].gone);
  CHECK_FALSE(seen.ephemeral[0].ops.empty());
  CHECK(desk.text(1) == "one two");
  desk.devices.run();
  const auto over = desk.devices.get<step::EventsAnswer>(1, step::EventsPoll{sub.sub});
  REQUIRE(over.ephemeral.size() == 1);
  CHECK(over.ephemeral[0].gone);
  CHECK(desk.text(1) == "one!?two");
}

TEST_CASE("what a follower sees of typing never goes backwards, while it becomes events") {
  Typist desk;
  step::SubOpen open;
  open.entity = desk.entity;
  open.ephemeral = true;
  const auto sub = desk.devices.get<step::SubAnswer>(1, open);
  // As an editor does: the text of the version that the preview is of, with the preview.
  std::map<std::uint32_t, step::PresenceRow> previews;
  std::string written = desk.text(1);
  std::string version;
  std::vector<std::string> seen;
  const auto look = [&](const step::EventsAnswer& answer) {
    for (const step::PresenceRow& row : answer.ephemeral) {
      if (row.gone)
        previews.erase(row.slot);
      else
        previews[row.slot] = row;
    }
    if (!answer.changes.empty()) {
      written = desk.text(1);
      version = answer.changes.back().version;
    }
    text::Rope shown(written);
    CHECK(previews.size() <= 1);
    for (const auto& [slot, row] : previews) {
      if (!version.empty() && row.version != version) continue;
      for (const crdt::Op& op : row.ops)
        if (const auto* insert = std::get_if<crdt::TextInsert>(&op.action))
          shown.insert(insert->position, insert->text, insert->text.size());
    }
    seen.push_back(shown.text());
  };
  // A poll waits for whatever comes next.
  std::uint64_t request = 1'000'000;
  const auto poll = [&] {
    desk.devices[1].inputs.emplace_back(step::Request{
        RequestId{++request}, step::EventsPoll{sub.sub, 100, std::chrono::seconds(30)}});
  };
  std::uint64_t acknowledged = 0;
  poll();
  const auto take = [&] {
    const auto found = desk.devices[1].answers.find(request);
    if (found == desk.devices[1].answers.end()) return;
    const auto answer = std::get<step::EventsAnswer>(*found->second);
    look(answer);
    acknowledged = answer.cursor;
    desk.devices.get<step::Done>(1, step::SubAck{sub.sub, acknowledged});
    poll();
  };
  for (std::uint64_t i = 0; i < 60; ++i) {
    desk.type(7 + i, 0, "x");
    for (int part = 0; part < 30; ++part) {
      desk.devices.run(std::chrono::milliseconds(10));
      take();
    }
  }
  REQUIRE(seen.size() > 60);
  for (std::size_t i = 1; i < seen.size(); ++i) CHECK(seen[i].size() >= seen[i - 1].size());
  CHECK(seen.back().size() > 60);
  CHECK(desk.events() > 3);
}

TEST_CASE("what cannot be typed is refused with the place, and leaves nothing behind") {
  Typist desk;
  const auto refused = [&](step::TextType typed) {
    typed.entity = desk.entity;
    const auto answer = desk.devices.call(0, std::move(typed));
    REQUIRE_FALSE(answer);
    return answer.error();
  };
  CHECK(refused({{}, page, 8, 0, "x"}).context.find("the text has 7 Unicode") != std::string::npos);
  CHECK(refused({{}, page, 5, 3, ""}).code == Errc::invalid);
  CHECK(refused({{}, page, 5, 0, ""}).code == Errc::invalid);
  CHECK(refused({{}, {std::string("title")}, 0, 0, "x"}).code == Errc::not_found);
  desk.type(0, 0, "🙂", crdt::Positions::utf16);
  CHECK(refused({{}, page, 1, 0, "x", crdt::Positions::utf16})
            .context.find("between its surrogates; take 0 or 2") != std::string::npos);
  CHECK(refused({{}, page, 3, 0, "x", crdt::Positions::bytes}).context.find("take 0 or 4") !=
        std::string::npos);
  CHECK(desk.type(2, 1, "O", crdt::Positions::utf16).length == 9);
  CHECK(desk.text(0) == "🙂One two");
}

}  // namespace syncline::node
