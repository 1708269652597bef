// SPDX-License-Identifier: Apache-2.0
//
// Names for versions: given, listed, used and taken away, on several devices.
#include "protocol/node/version_names.h"
#include "tests/protocol/node/devices.h"

#include <doctest/doctest.h>

namespace syncline::node {

namespace {

struct Shelf {
  Devices devices{2};
  EntityId entity;

  Shelf() {
    devices.make_vault(0);
    devices.pair(0, 1);
    step::EntityCreate create;
    create.type = "note";
    entity = devices.get<step::WrittenAnswer>(0, std::move(create)).entity;
    devices.run();
  }

  std::string entitle(const char* title, std::size_t index = 0) {
    step::EntityUpdate update;
    update.entity = entity;
    update.ops.push_back(crdt::Op{{}, crdt::MapSet{"title", crdt::Scalar(std::string(title))}});
    return devices.get<step::WrittenAnswer>(index, std::move(update)).version;
  }
  std::string give(const std::string& name, const std::string& at = {}, std::size_t index = 0) {
    const auto given = devices.get<step::WrittenAnswer>(
        index, step::VersionName{entity, name, at, step::Wait::local});
    CHECK(given.entity == entity);
    return given.version;
  }
  std::map<std::string, step::NamedVersionRow> names(std::size_t index = 0) {
    std::map<std::string, step::NamedVersionRow> rows;
    for (auto& row : devices.get<step::NamedVersionsAnswer>(index, step::VersionList{entity}).rows)
      rows[row.name] = row;
    return rows;
  }
  step::EntityAnswer get(const std::string& at = {}, std::size_t index = 0) {
    step::EntityGet command;
    command.entity = entity;
    command.at = at;
    return devices.get<step::EntityAnswer>(index, command);
  }
  std::string title(const std::string& at = {}, std::size_t index = 0) {
    const step::EntityAnswer answer = get(at, index);
    const crdt::Value& value = std::get<crdt::ValueMap>(answer.value.node).at("title");
    return std::get<std::string>(std::get<crdt::Scalar>(value.node));
  }
  Errc refused(step::Command command) {
    const auto answer = devices.call(0, std::move(command));
    REQUIRE_FALSE(answer.has_value());
    return answer.error().code;
  }
  void apart() {
    devices.isolate(1);
    devices.run();
  }
  void together() {
    devices.reconnect(1);
    devices.run();
  }
};

}  // namespace

TEST_CASE("C22: a name stands for its version wherever one is asked for, on every device") {
  Shelf shelf;
  const std::string first = shelf.entitle("one");
  CHECK(shelf.give("draft") == first);
  CHECK(shelf.give("draft") == first);  // as it is already
  const std::string second = shelf.entitle("two");
  CHECK(shelf.give("sent", second) == second);
  CHECK(shelf.give("printed", "sent") == second);
  shelf.entitle("three");
  shelf.devices.run();
  for (const std::size_t index : {std::size_t{0}, std::size_t{1}}) {
    CHECK(shelf.title("draft", index) == "one");
    CHECK(shelf.title("sent", index) == "two");
    const auto rows = shelf.names(index);
    REQUIRE(rows.size() == 3);
    CHECK(rows.at("draft").versions.at(0).version == first);
    CHECK_FALSE(rows.at("draft").versions.at(0).device_name.empty());
    CHECK(rows.at("draft").versions.at(0).at.unix_ms > 0);
  }
  const auto between =
      shelf.devices.get<step::DiffAnswer>(1, step::EntityDiff{shelf.entity, "draft", "sent"});
  CHECK(between.changes.size() == 1);
  CHECK(between.to == second);
  shelf.devices.get<step::WrittenAnswer>(1, step::EntityRestore{shelf.entity, "draft", {}, {}});
  shelf.devices.run();
  CHECK(shelf.title() == "one");
}

TEST_CASE("naming a version is no change of the entity, and makes no entity of anybody's") {
  Shelf shelf;
  shelf.entitle("one");
  const std::string before = shelf.get().version;
  shelf.give("draft");
  CHECK(shelf.get().version == before);
  CHECK(shelf.devices.get<step::HistoryAnswer>(0, step::EntityHistory{shelf.entity})
            .versions.size() == 2);
  CHECK(shelf.devices.get<step::EntitiesAnswer>(0, step::EntityList{}).entities.size() == 1);
  CHECK(shelf.devices.get<step::StatusAnswer>(0, step::SystemStatus{}).entities == 1);
}

TEST_CASE("a name that two devices gave at once keeps both versions, and the same one counts") {
  Shelf shelf;
  shelf.entitle("base");
  shelf.devices.run();
  shelf.apart();
  const std::string here = shelf.entitle("here", 0);
  const std::string there = shelf.entitle("there", 1);
  shelf.give("final", {}, 0);
  shelf.give("final", {}, 1);
  shelf.give("mine", here, 0);
  shelf.give("yours", there, 1);
  shelf.together();
  const auto rows = shelf.names(0);
  REQUIRE(rows.size() == 3);
  const auto& sides = rows.at("final").versions;
  REQUIRE(sides.size() == 2);
  CHECK(std::set<std::string>{sides[0].version, sides[1].version} ==
        std::set<std::string>{here, there});
  CHECK(sides[0].device != sides[1].device);
  CHECK(shelf.names(1).at("final").versions.at(0).version == sides[0].version);
  CHECK(shelf.title("final", 0) == shelf.title("final", 1));
  CHECK(shelf.title("mine", 1) == "here");
  CHECK(shelf.devices.get<step::ConflictsAnswer>(0, step::ConflictList{}).conflicts.size() == 1);
  // Who wants another answer takes the name away and gives it anew.
  CHECK(shelf.refused(step::VersionName{shelf.entity, "final", here, {}}) == Errc::already_exists);
  shelf.devices.get<step::WrittenAnswer>(0, step::VersionRemove{shelf.entity, "final", {}});
  CHECK(shelf.give("final", here) == here);
  shelf.devices.run();
  CHECK(shelf.names(1).at("final").versions.size() == 1);
  CHECK(shelf.title("final", 1) == "here");
}

TEST_CASE("a name is taken away everywhere, and what cannot be named is refused") {
  Shelf shelf;
  const std::string version = shelf.entitle("one");
  shelf.give("draft");
  shelf.devices.run();
  CHECK(shelf.devices.get<step::WrittenAnswer>(1, step::VersionRemove{shelf.entity, "draft", {}})
            .version == version);
  shelf.devices.run();
  CHECK(shelf.names().empty());
  CHECK(shelf.refused(step::VersionRemove{shelf.entity, "draft", {}}) == Errc::not_found);
  step::EntityGet get;
  get.entity = shelf.entity;
  get.at = "draft";
  CHECK(shelf.refused(get) == Errc::not_found);
  for (const std::string& name :
       {std::string(), std::string(65, 'x'), std::string(" a"), std::string("a\n"), version})
    CHECK(shelf.refused(step::VersionName{shelf.entity, name, {}, {}}) == Errc::invalid);
  CHECK(shelf.refused(step::VersionName{shelf.entity, "a", "none", {}}) == Errc::not_found);
  CHECK(shelf.refused(step::VersionName{shelf.entity, "a", "000000000000.1", {}}) ==
        Errc::not_found);
  CHECK(shelf.refused(step::VersionName{EntityId{}, "a", {}, {}}) == Errc::not_found);
}

TEST_CASE("a deleted entity has a version that can be named, read and gone back from") {
  Shelf shelf;
  shelf.entitle("one");
  shelf.give("last");
  shelf.devices.get<step::WrittenAnswer>(1, step::EntityDelete{shelf.entity, {}, {}});
  shelf.devices.run();
  const std::string deleted = shelf.get().version;
  CHECK(shelf.get(deleted).deleted);
  CHECK(shelf.give("gone") == deleted);
  shelf.devices.get<step::WrittenAnswer>(0, step::EntityRestore{shelf.entity, "last", {}, {}});
  CHECK(shelf.title() == "one");
  CHECK_FALSE(shelf.get().deleted);
}

TEST_CASE("what has the form of a version is told from a name") {
  CHECK(is_version("0123456789ab.1"));
  CHECK(is_version("0123456789ab.18446744073709551615-ffffffffffff.2"));
  for (const char* text : {"", "-", ".", "x", "0123456789ab", "0123456789ab.", "0123456789AB.1",
                           "0123456789ab.1-", "-0123456789ab.1", "0123456789ab.1x",
                           "0123456789ab.184467440737095516150", "123456789ab.1"})
    CHECK_FALSE(is_version(text));
}

}  // namespace syncline::node
