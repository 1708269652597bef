// SPDX-License-Identifier: Apache-2.0
//
// Presence on whole nodes over perfect links.
#include "protocol/node/presence.h"

#include "tests/protocol/node/devices.h"

#include <algorithm>

#include <doctest/doctest.h>

namespace syncline::node {

namespace {

using namespace std::chrono_literals;

constexpr CallerId a_program{1};
const std::string ada = R"({"name":"Canary Ada","cursor":7})";

step::PresenceSet shown(const EntityId& entity, const std::string& text,
                        CallerId caller = a_program) {
  step::PresenceSet set;
  set.entity = entity;
  set.value = text;
  set.caller = caller;
  return set;
}

std::vector<std::string> shown_at(Devices& devices, std::size_t index, const EntityId& entity) {
  std::vector<std::string> values;
  for (const auto& row : devices.get<step::PresencesAnswer>(index, step::PresenceList{entity}).rows)
    values.push_back(row.value);
  return values;
}

void unlock_again(Devices& devices, std::size_t index) {
  REQUIRE(devices.call(index, step::VaultUnlock{step::SecretText("correct horse")}).has_value());
}

// Devices 0 - 1 - 2 in a row, and a note that all have.
struct Row {
  Row() : devices(3) {
    devices.make_vault(0);
    devices.pair(0, 1);
    devices.pair(1, 2);
    devices.part(0, 2);
    step::EntityCreate create;
    create.type = "note";
    create.ops.push_back(crdt::Op{{}, crdt::MapSet{"title", crdt::Scalar("a note")}});
    entity = devices.get<step::WrittenAnswer>(0, std::move(create)).entity;
    devices.run(1s);
  }
  void leave(std::size_t index, CallerId caller = a_program) {
    devices[index].inputs.push_back(step::CallerGone{caller});
    devices.run(100ms);
  }
  std::uint64_t follow(std::size_t index) {
    step::SubOpen open;
    open.entity = entity;
    open.ephemeral = true;
    return devices.get<step::SubAnswer>(index, std::move(open)).sub;
  }
  std::vector<step::PresenceRow> poll(std::size_t index, std::uint64_t sub) {
    return devices.get<step::EventsAnswer>(index, step::EventsPoll{sub, 100, 0ms}).ephemeral;
  }

  Devices devices;
  EntityId entity;
};

bool holds(const storage::MemoryStore& store, std::string_view secret) {
  bool found = false;
  for (std::size_t family = 0; family < family_count; ++family) {
    const Status walked =
        store.scan(static_cast<Family>(family), {}, {}, [&](Bytes key, Bytes row) {
          for (const Bytes part : {key, row})
            found = found || std::search(part.begin(), part.end(), secret.begin(), secret.end()) !=
                                 part.end();
          return true;
        });
    REQUIRE(walked);
  }
  return found;
}

}  // namespace

TEST_CASE("Y14: presence is seen one device further, and is gone when its program is") {
  Row row;
  const auto slot = row.devices.get<step::PresenceAnswer>(0, shown(row.entity, ada)).slot;
  row.devices.run(1s);
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(shown_at(row.devices, i, row.entity) == std::vector<std::string>{ada});
  const auto rows = row.devices.get<step::PresencesAnswer>(2, step::PresenceList{row.entity}).rows;
  CHECK(rows[0].device_name == "device-0");
  CHECK(rows[0].slot == slot);
  CHECK(rows[0].since.unix_ms > 1'700'000'000'000);

  // It lasts as long as its program.
  row.devices.run(300s);
  CHECK(shown_at(row.devices, 2, row.entity).size() == 1);
  row.leave(0, CallerId{2});
  CHECK(shown_at(row.devices, 2, row.entity).size() == 1);
  row.leave(0);
  for (std::size_t i = 0; i < 3; ++i) CHECK(shown_at(row.devices, i, row.entity).empty());
}

TEST_CASE("two programs of one device show themselves side by side, and clear their own") {
  Row row;
  (void)row.devices.get<step::PresenceAnswer>(0, shown(row.entity, "1"));
  (void)row.devices.get<step::PresenceAnswer>(0, shown(row.entity, "2", CallerId{2}));
  (void)row.devices.get<step::PresenceAnswer>(0, shown(row.entity, "3"));
  row.devices.run(1s);
  CHECK(shown_at(row.devices, 1, row.entity) == std::vector<std::string>{"3", "2"});
  (void)row.devices.get<step::Done>(0, step::PresenceClear{row.entity, CallerId{2}});
  row.devices.run(1s);
  CHECK(shown_at(row.devices, 1, row.entity) == std::vector<std::string>{"3"});
  (void)row.devices.get<step::Done>(0, step::PresenceClear{std::nullopt, a_program});
  row.devices.run(1s);
  CHECK(shown_at(row.devices, 1, row.entity).empty());
}

TEST_CASE("presence with a lifetime ends with it, here and there") {
  Row row;
  auto set = shown(row.entity, "1");
  set.lifetime = 12s;
  (void)row.devices.get<step::PresenceAnswer>(0, std::move(set));
  row.devices.run(11s);
  CHECK(shown_at(row.devices, 0, row.entity).size() == 1);
  CHECK(shown_at(row.devices, 2, row.entity).size() == 1);
  row.devices.run(1500ms);
  CHECK(shown_at(row.devices, 0, row.entity).empty());
  CHECK(shown_at(row.devices, 2, row.entity).empty());
}

TEST_CASE("Y15: the presence of a device that vanished is gone within its lifetime, everywhere") {
  Row row;
  (void)row.devices.get<step::PresenceAnswer>(0, shown(row.entity, ada));
  row.devices.run(1s);
  row.devices.isolate(0);
  row.devices.run(limits::ephemeral_lifetime_max);
  CHECK(shown_at(row.devices, 1, row.entity).empty());
  CHECK(shown_at(row.devices, 2, row.entity).empty());
  // Whoever is linked again is told at once.
  row.devices.reconnect(0);
  row.devices.run(2s);
  CHECK(shown_at(row.devices, 2, row.entity).size() == 1);
}

TEST_CASE(
    "Y17: a device that locks takes its presence back, and still passes on what it cannot read") {
  Row row;
  (void)row.devices.get<step::PresenceAnswer>(1, shown(row.entity, "\"middle\""));
  (void)row.devices.get<step::PresenceAnswer>(0, shown(row.entity, ada));
  row.devices.run(1s);
  CHECK(shown_at(row.devices, 2, row.entity).size() == 2);
  (void)row.devices.get<step::Done>(1, step::VaultLock{});
  row.devices.run(1s);
  CHECK(shown_at(row.devices, 2, row.entity) == std::vector<std::string>{ada});
  CHECK(row.devices.call(1, step::PresenceList{row.entity}).error().code == Errc::locked);
  CHECK(row.devices.call(1, shown(row.entity, "1")).error().code == Errc::locked);

  const std::string second = "\"while the middle is locked\"";
  (void)row.devices.get<step::PresenceAnswer>(0, shown(row.entity, second));
  row.devices.run(1s);
  CHECK(shown_at(row.devices, 2, row.entity) == std::vector<std::string>{second});
  // Nothing is left over from before.
  unlock_again(row.devices, 1);
  CHECK(shown_at(row.devices, 1, row.entity).empty());
  row.devices.run(15s);
  CHECK(shown_at(row.devices, 1, row.entity) == std::vector<std::string>{second});
}

TEST_CASE("Y11: presence changes no head, no document and no store") {
  Row row;
  row.devices.run(10s);
  const auto heads_of = [&](std::size_t index) {
    std::vector<std::pair<LogId, Digest>> heads;
    for (const auto& log : row.devices.get<step::LogsAnswer>(index, step::LogList{}).logs)
      heads.emplace_back(log.id, log.head);
    return heads;
  };
  const auto heads = heads_of(2);
  const auto version = row.devices.get<step::EntityAnswer>(2, step::EntityGet{row.entity}).version;
  for (int i = 0; i < 50; ++i) {
    (void)row.devices.get<step::PresenceAnswer>(0, shown(row.entity, ada + std::to_string(i)));
    row.devices.run(100ms);
  }
  CHECK(shown_at(row.devices, 2, row.entity).size() == 1);
  CHECK(heads_of(2) == heads);
  CHECK(row.devices.get<step::EntityAnswer>(2, step::EntityGet{row.entity}).version == version);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK_FALSE(holds(row.devices[i].store, "Canary Ada"));
    for (const std::string& note : row.devices[i].notes)
      CHECK(note.find("Canary") == std::string::npos);
  }
}

TEST_CASE("a follower is given each slot once in its newest state, and is told when it is empty") {
  Row row;
  const std::uint64_t sub = row.follow(2);
  CHECK(row.poll(2, sub).empty());
  for (const char* text : {"1", "2", "3"}) {
    (void)row.devices.get<step::PresenceAnswer>(0, shown(row.entity, text));
    row.devices.run(100ms);
  }
  auto rows = row.poll(2, sub);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].value == "3");
  CHECK_FALSE(rows[0].gone);
  CHECK(row.poll(2, sub).empty());

  // A waiting poll is answered by what comes.
  (void)row.devices.get<step::PresenceAnswer>(0, shown(row.entity, "4"));
  rows = row.devices.get<step::EventsAnswer>(2, step::EventsPoll{sub, 100, 20s}).ephemeral;
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].value == "4");
  row.leave(0);
  rows = row.poll(2, sub);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].gone);
  CHECK(rows[0].value.empty());

  // Who did not ask is not told.
  step::SubOpen plain;
  plain.entity = row.entity;
  const auto quiet = row.devices.get<step::SubAnswer>(2, std::move(plain)).sub;
  (void)row.devices.get<step::PresenceAnswer>(0, shown(row.entity, "5"));
  row.devices.run(100ms);
  CHECK(row.poll(2, quiet).empty());
  step::SubOpen all;
  all.ephemeral = true;
  CHECK(row.devices.call(2, std::move(all)).error().code == Errc::invalid);
}

TEST_CASE("a program that sets its presence without pause costs a bounded number of messages") {
  Row row;
  row.devices.run(10s);
  const std::uint64_t before = row.devices.bytes_carried;
  for (int i = 0; i < 2000; ++i)
    (void)row.devices.get<step::PresenceAnswer>(0, shown(row.entity, std::to_string(i)));
  row.devices.run(1s);
  CHECK(shown_at(row.devices, 2, row.entity) == std::vector<std::string>{"1999"});
  CHECK(row.devices.bytes_carried - before < 40'000);
}

TEST_CASE("presence beyond its bounds is refused with a reason") {
  Row row;
  CHECK(row.devices.call(0, shown(row.entity, std::string(4097, ' '))).error().code ==
        Errc::oversized);
  CHECK(row.devices.call(0, shown(EntityId{}, "1")).error().code == Errc::not_found);
  CHECK(row.devices.call(0, step::PresenceList{EntityId{}}).error().code == Errc::not_found);
  for (std::uint64_t caller = 1; caller <= OwnSlots::slots_max; ++caller)
    (void)row.devices.get<step::PresenceAnswer>(0, shown(row.entity, "1", CallerId{caller}));
  CHECK(row.devices.call(0, shown(row.entity, "1", CallerId{9999})).error().code == Errc::limit);
  row.devices.run(30s);
  CHECK(shown_at(row.devices, 2, row.entity).size() == OwnSlots::slots_max);
}

TEST_CASE("presence goes on after a restart, with a clock that was set back, too") {
  Row row;
  (void)row.devices.get<step::PresenceAnswer>(0, shown(row.entity, "\"before\""));
  row.devices.run(1s);
  row.devices.restart(0);
  unlock_again(row.devices, 0);
  row.devices.run(2s);
  (void)row.devices.get<step::PresenceAnswer>(0, shown(row.entity, "\"after\""));
  row.devices.run(1s);
  const auto there = shown_at(row.devices, 1, row.entity);
  CHECK(std::ranges::find(there, "\"after\"") != there.end());
  row.devices.run(31s);
  CHECK(shown_at(row.devices, 1, row.entity) == std::vector<std::string>{"\"after\""});
  CHECK(shown_at(row.devices, 2, row.entity) == std::vector<std::string>{"\"after\""});
}

}  // namespace syncline::node
