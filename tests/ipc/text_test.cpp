// SPDX-License-Identifier: Apache-2.0
//
// Cursors, blame and named versions as programs ask for them, before real nodes.
#include "tests/ipc/program.h"

#include <string>

#include <doctest/doctest.h>

namespace syncline::ipc {
namespace {

using testing::pair_by_api;
using testing::password;
using testing::Program;

// Two devices, and an entity with a text that both wrote in: "ax🙂b".
struct Shared {
  Shared() : devices(2), laptop(devices, 0), phone(devices, 1) {
    laptop.call("vault.init", {{"password", password}, {"device_name", "laptop"}});
    pair_by_api(devices, laptop, phone);
    const Json made = laptop.call(
        "entity.create",
        {{"type", "note"}, {"value", Json::parse(R"({"title":"t","body":{"$text":"a🙂b"}})")}});
    id = made["entity"];
    first = made["version"];
    devices.run();
    phone.call("entity.update", with(R"({"ops":[
        {"op":"text.insert","path":"/body","at":1,"text":"x"}]})"));
    devices.run();
  }
  Json with(const char* params) const {
    Json made = Json::parse(params);
    made["entity"] = id;
    return made;
  }
  Json on(const char* params) const {
    Json made = with(params);
    made["path"] = "/body";
    return made;
  }

  node::Devices devices;
  Program laptop, phone;
  std::string id, first;
};

TEST_CASE("a program keeps a cursor, and asks any device later where it is") {
  Shared shared;
  const Json made = shared.laptop.call("text.cursor", shared.on(R"({"at":4,"positions":"utf16"})"));
  const Json before = shared.laptop.call("text.cursor", shared.on(R"({"at":0,"side":"right"})"));
  shared.phone.call("entity.update", shared.with(R"({"ops":[
      {"op":"text.insert","path":"/body","at":0,"text":"🙂🙂"}]})"));
  shared.devices.run();
  Json ask = shared.on(R"({"positions":"utf16"})");
  ask["cursors"] = {made["cursor"], before["cursor"]};
  for (Program* program : {&shared.laptop, &shared.phone}) {
    const Json answer = program->call("text.resolve", ask);
    CHECK(answer["places"] == Json::parse(R"([{"state":"held","at":8},{"state":"held","at":4}])"));
    CHECK(answer["length"] == 9);
    CHECK(answer["version"] == program->call("entity.get", {{"entity", shared.id}})["version"]);
  }
  ask["cursors"] = {made["cursor"], "0123"};
  CHECK(shared.laptop.complaint("text.resolve", ask) ==
        "cursors[1]: this is no cursor; make one with text.cursor and pass it back as it came");
  ask["path"] = "/title";
  CHECK(shared.laptop.refused("text.resolve", ask) == "not_found");
  CHECK(shared.laptop.complaint("text.cursor", shared.on(R"({"at":3,"positions":"utf16"})"))
            .find("inside of a character") != std::string::npos);
  CHECK(shared.laptop.refused("text.cursor", shared.on(R"({"at":-1})")) == "invalid");
}

TEST_CASE("blame tells a program who wrote each part of a text") {
  Shared shared;
  const Json answer = shared.phone.call("text.blame", shared.on(R"({"positions":"utf16"})"));
  REQUIRE(answer["parts"].size() == 3);
  CHECK(answer["length"] == 5);
  CHECK_FALSE(answer.contains("next"));
  CHECK(answer["parts"][1]["start"] == 1);
  CHECK(answer["parts"][1]["length"] == 1);
  CHECK(answer["parts"][1]["device_name"] == "phone");
  CHECK(answer["parts"][2]["length"] == 3);
  CHECK(answer["parts"][2]["device_name"] == "laptop");
  CHECK(answer["parts"][2]["version"] == shared.first);
  const Json page = shared.phone.call("text.blame", shared.on(R"({"limit":1})"));
  CHECK(page["next"] == 1);
  Json then = shared.on("{}");
  then["at"] = shared.first;
  CHECK(shared.phone.call("text.blame", then)["parts"].size() == 1);
}

TEST_CASE("a version with a name is found by it on every device") {
  Shared shared;
  const Json named = shared.laptop.call("version.name", shared.with(R"({"name":"draft 1"})"));
  CHECK(named["entity"] == shared.id);
  Json older = shared.with(R"({"name":"empty-ish"})");
  older["at"] = shared.first;
  shared.phone.call("version.name", older);
  shared.devices.run();
  const Json rows = shared.phone.call("version.list", shared.with("{}"))["versions"];
  REQUIRE(rows.size() == 2);
  CHECK(rows[0]["name"] == "draft 1");
  CHECK(rows[0]["version"] == named["version"]);
  CHECK(rows[0]["device_name"] == "laptop");
  CHECK_FALSE(rows[0].contains("others"));
  CHECK(rows[1]["version"] == shared.first);
  CHECK(shared.laptop.call("entity.get", shared.with(R"({"at":"empty-ish"})"))["value"]["body"] ==
        "a🙂b");
  CHECK(shared.laptop
            .call("entity.diff", shared.with(R"({"from":"empty-ish","to":"draft 1"})"))["changes"]
            .size() == 1);
  shared.laptop.call("entity.restore", shared.with(R"({"version":"empty-ish"})"));
  CHECK(shared.laptop.call("entity.get", shared.with("{}"))["value"]["body"] == "a🙂b");
  CHECK(shared.laptop.call("text.blame", shared.on(R"({"at":"draft 1"})"))["parts"].size() == 3);
  CHECK(shared.laptop.refused("version.name", shared.with(R"({"name":"draft 1"})")) ==
        "already_exists");
  CHECK(shared.laptop.call("version.remove", shared.with(R"({"name":"draft 1"})"))["version"] ==
        named["version"]);
  CHECK(shared.laptop.refused("entity.get", shared.with(R"({"at":"draft 1"})")) == "not_found");
  CHECK(shared.laptop.refused("version.name", shared.with(R"({"name":"a\tb"})")) == "invalid");
}

}  // namespace
}  // namespace syncline::ipc
