// SPDX-License-Identifier: Apache-2.0
//
// The local API before real nodes: what they answer has to look as the method table promises.
#include "tests/ipc/program.h"

#include <string>
#include <utility>

#include <doctest/doctest.h>

namespace syncline::ipc {
namespace {

using testing::pair_by_api;
using testing::password;
using testing::Program;

// Follows the changes of the entity that `program` makes; its id.
Json create_and_follow(Program& program, const Json& value) {
  const std::string sub = program.call("sub.open")["sub"];
  const Json wanted = {{"type", "note"}, {"value", value}, {"idempotency_key", "once"}};
  const Json made = program.call("entity.create", wanted);
  CHECK(program.call("entity.create", wanted)["entity"] == made["entity"]);
  const Json events = program.call("events.poll", {{"sub", sub}, {"wait_ms", 1000}});
  REQUIRE(events["changes"].size() == 1);
  CHECK(events["changes"][0]["entity"] == made["entity"]);
  program.call("sub.ack", {{"sub", sub}, {"cursor", events["cursor"]}});
  CHECK(program.call("events.poll", {{"sub", sub}})["changes"].empty());
  program.call("sub.close", {{"sub", sub}});
  return made["entity"];
}

void sync_by_api(node::Devices& devices, Program& phone) {
  phone.call("space.list");
  phone.call("log.list");
  phone.call("sync.status");
  phone.call("sync.now");
  phone.call("sync.connect", {{"address", devices[0].address}});
  phone.call("sync.pause", {{"direction", "send"}});
  phone.call("sync.resume");
}

Json edit_of(const Json& id, const char* title, const char* body) {
  return {
      {"entity", id},
      {"ops",
       Json::array({{{"op", "set"}, {"path", "/title"}, {"value", title}},
                    {{"op", "text.merge"}, {"path", "/body"}, {"from", "It begins."}, {"to", body}},
                    {{"op", "counter.add"}, {"path", "/likes"}, {"by", 1}}})}};
}

void show_presence(node::Devices& devices, Program& laptop, Program& phone, const Json& id) {
  const Json entity = {{"entity", id}};
  const std::string sub = phone.call("sub.open", {{"entity", id}, {"ephemeral", true}})["sub"];
  const Json value = {{"name", "Ada"}, {"cursor", 3}};
  const Json slot = laptop.call("presence.set", {{"entity", id}, {"value", value}})["slot"];
  devices.run(std::chrono::seconds(1));
  const Json there = phone.call("presence.list", entity)["presence"];
  REQUIRE(there.size() == 1);
  CHECK(there[0]["value"] == value);
  CHECK(there[0]["device_name"] == "laptop");
  CHECK(there[0]["slot"] == slot);
  const Json news = phone.call("events.poll", {{"sub", sub}})["ephemeral"];
  REQUIRE(news.size() == 1);
  CHECK(news[0]["kind"] == "presence");
  CHECK(news[0]["value"] == value);
  laptop.call("presence.clear");
  devices.run(std::chrono::seconds(1));
  CHECK(phone.call("presence.list", entity)["presence"].empty());
  CHECK(phone.call("events.poll", {{"sub", sub}})["ephemeral"][0]["gone"] == true);
  CHECK(phone.refused("sub.open", {{"ephemeral", true}}) == "invalid");
}

// Looks back at an entity, goes back, and undoes that.
void look_back(Program& program, const Json& id) {
  const Json entity = {{"entity", id}};
  const Json now = program.call("entity.get", entity)["value"];
  Json page = program.call("entity.history", {{"entity", id}, {"limit", 1}});
  while (page.contains("cursor"))
    page = program.call("entity.history", {{"entity", id}, {"cursor", page["cursor"]}});
  const Json first = page["versions"].back();
  CHECK(first["kind"] == "create");
  const Json then = program.call("entity.get", {{"entity", id}, {"at", first["version"]}})["value"];
  CHECK(then["body"] == "It begins.");
  const Json changes =
      program.call("entity.diff", {{"entity", id}, {"from", first["version"]}})["changes"];
  CHECK_FALSE(changes.empty());
  program.call("entity.restore", {{"entity", id}, {"version", first["version"]}});
  CHECK(program.call("entity.get", entity)["value"] == then);
  program.call("entity.undo", entity);
  CHECK(program.call("entity.get", entity)["value"] == now);
  program.call("entity.redo", entity);
  CHECK(program.call("entity.get", entity)["value"] == then);
  program.call("entity.undo", entity);
  CHECK(program.refused("entity.redo", {{"entity", id}, {"if_version", "000000000000.1"}}) ==
        "conflict");
}

// What concerns the characters of its text, names of its versions, and that all is as the log says.
void look_closer(Program& program, const Json& id) {
  const Json text = {{"entity", id}, {"path", "/body"}};
  Json at = text;
  at["at"] = 3;
  Json cursors = text;
  cursors["cursors"] = {program.call("text.cursor", at)["cursor"]};
  CHECK(program.call("text.resolve", cursors)["places"][0]["at"] == 3);
  CHECK(program.call("text.blame", text)["parts"].size() > 1);
  at["insert"] = "typed ";
  CHECK(program.call("text.type", at)["waiting"] == true);
  CHECK(program.call("text.flush", {{"entity", id}})["ops_applied"] == 1);
  const Json named = {{"entity", id}, {"name", "as decided"}};
  program.call("version.name", named);
  CHECK(program.call("version.list", {{"entity", id}})["versions"].size() == 1);
  const Json before = program.call("entity.get", {{"entity", id}, {"annotated", true}});
  const Json rebuilt = program.call("system.rebuild");
  CHECK(rebuilt["equal"] == true);
  CHECK(rebuilt["unequal"].empty());
  CHECK(program.call("entity.get", {{"entity", id}, {"annotated", true}}) == before);
  CHECK(program.call("entity.get", {{"entity", id}, {"at", "as decided"}})["value"] ==
        program.call("entity.get", {{"entity", id}})["value"]);
  program.call("version.remove", named);
}

// Both change the entity while they are apart, and decide between the titles afterwards.
void edit_apart(node::Devices& devices, Program& laptop, Program& phone, const Json& id) {
  const Json entity = {{"entity", id}};
  devices.isolate(1);
  devices.run();
  laptop.call("entity.update", edit_of(id, "Journey", "It all begins."));
  phone.call("entity.update", edit_of(id, "Tour", "It begins. Soon."));
  devices.reconnect(1);
  devices.run();
  const Json merged = phone.call("entity.get", entity)["value"];
  CHECK(merged == laptop.call("entity.get", entity)["value"]);
  CHECK(merged["body"] == "It all begins. Soon.");
  CHECK(merged["likes"] == 7);
  const Json conflicts = laptop.call("conflict.list", entity)["conflicts"];
  REQUIRE(conflicts.size() == 1);
  CHECK(conflicts[0]["path"] == "/title");
  laptop.call("conflict.resolve", {{"entity", id}, {"path", conflicts[0]["path"]}, {"choose", 1}});
  CHECK(laptop.call("entity.get", entity)["value"]["title"] == conflicts[0]["values"][1]["value"]);
  CHECK(laptop.call("entity.history", entity)["versions"].size() >= 3);
  look_back(laptop, id);
  look_closer(laptop, id);
}

// One deletes what the other edits; then both ways out are taken.
void delete_and_edit_apart(node::Devices& devices, Program& laptop, Program& phone) {
  for (const Json& choice : {Json(0), Json("removal")}) {
    const Json id =
        laptop.call("entity.create", {{"type", "note"}, {"value", {{"title", "a"}}}})["entity"];
    const Json entity = {{"entity", id}};
    devices.run();
    devices.isolate(1);
    devices.run();
    laptop.call("entity.delete", entity);
    phone.call("entity.update",
               {{"entity", id},
                {"ops", Json::array({{{"op", "set"}, {"path", "/title"}, {"value", "b"}}})}});
    devices.reconnect(1);
    devices.run();
    const Json conflicts = laptop.call("conflict.list", entity)["conflicts"];
    REQUIRE(conflicts.size() == 1);
    CHECK(conflicts[0]["kind"] == "edited_and_deleted");
    laptop.call("conflict.resolve",
                {{"entity", id}, {"path", conflicts[0]["path"]}, {"choose", choice}});
    devices.run();
    for (Program* program : {&laptop, &phone}) {
      CHECK(program->call("conflict.list", entity)["conflicts"].empty());
      CHECK(program->call("entity.get", entity)["deleted"] == (choice == "removal"));
    }
  }
}

void check_all_used(const Program& one, const Program& other) {
  for (const Method& method : methods()) {
    CAPTURE(method.name);
    const bool used = one.used().contains(method.name) || other.used().contains(method.name);
    // What needs no node is answered by the local API itself.
    if (method.command) CHECK(used);
  }
}

TEST_CASE("every method is answered by a real node as the table promises") {
  node::Devices devices(2);
  Program laptop(devices, 0);
  Program phone(devices, 1);

  CHECK(laptop.call("vault.status") == Json::parse(R"({"vault":"none"})"));
  laptop.call("system.status");
  laptop.call("vault.init", {{"password", password}, {"device_name", "laptop"}});
  CHECK(laptop.call("vault.status")["vault"] == "unlocked");

  const Json value = Json::parse(
      R"({"title":"Trip","body":{"$text":"It begins."},"likes":{"$counter":5},"tags":{"$set":["a"]},
          "todo":["one",{"done":false}],"empty":{}})");
  const Json id = create_and_follow(laptop, value);
  const Json entity = {{"entity", id}};
  const Json annotated = {{"entity", id}, {"annotated", true}};
  CHECK(laptop.call("entity.get", annotated)["value"] == value);
  CHECK(laptop.call("entity.get", entity)["value"]["body"] == "It begins.");
  CHECK(laptop.call("entity.list", {{"limit", 5}})["entities"].size() == 1);
  CHECK(laptop.call("entity.put", {{"entity", id}, {"value", value}})["ops_applied"] == 0);
  laptop.call("type.declare", {{"type", "other"}, {"rules", {{"/title", "text"}}}});
  CHECK(laptop.call("type.list")["types"][0]["rules"]["/title"] == "text");

  pair_by_api(devices, laptop, phone);
  CHECK(phone.call("entity.get", annotated)["value"] == value);
  CHECK(laptop.call("device.list")["devices"].size() == 2);
  show_presence(devices, laptop, phone, id);
  sync_by_api(devices, phone);
  edit_apart(devices, laptop, phone, id);
  delete_and_edit_apart(devices, laptop, phone);

  laptop.call("pair.invite");
  laptop.call("pair.cancel");
  laptop.call("vault.passwd", {{"old_password", password}, {"new_password", "battery staple"}});
  laptop.call("entity.delete", entity);
  laptop.call("vault.lock");
  laptop.call("system.status");
  laptop.call("log.list");
  CHECK(laptop.call("net.mode", {{"mode", "lan-only"}})["mode"] == "lan-only");
  CHECK(laptop.call("net.mode", {{"mode", "anywhere"}})["mode"] == "anywhere");
  CHECK(laptop.call("net.status")["devices"].size() == 1);
  const Json relay = {{"action", "add"}, {"address", "relay.example:4460"}};
  CHECK(laptop.call("net.relay", relay)["relays"].size() == 1);
  CHECK(laptop.refused("net.relay", relay) == "already_exists");
  CHECK(
      laptop.call("net.relay", {{"action", "remove"}, {"address", "relay.example:4460"}})["relays"]
          .empty());
  CHECK(laptop.call("vault.status")["vault"] == "locked");
  laptop.call("vault.unlock", {{"password", "battery staple"}});
  check_all_used(laptop, phone);
}

TEST_CASE("a node's refusals have the documented kinds") {
  node::Devices devices(1);
  Program program(devices, 0);
  const Json nobody = {{"entity", std::string(32, 'a')}};
  program.call("vault.init", {{"password", password}, {"device_name", "laptop"}});
  CHECK(program.refused("vault.init", {{"password", "x"}, {"device_name", "y"}}) ==
        "already_exists");
  CHECK(program.refused("entity.get", nobody) == "not_found");
  CHECK(program.refused("entity.create", {{"space", std::string(64, 'a')}}) == "not_found");
  const Json made = program.call("entity.create");
  Json stale = {{"entity", made["entity"]},
                {"if_version", made["version"]},
                {"ops", Json::array({{{"op", "set"}, {"path", "/a"}, {"value", 1}}})}};
  program.call("entity.update", stale);
  CHECK(program.refused("entity.update", stale) == "conflict");
  CHECK(program.refused("events.poll", {{"sub", "77"}}) == "not_found");
  CHECK(program.refused("pair.confirm", {{"accept", true}}) == "not_found");
  program.call("vault.lock");
  CHECK(program.refused("entity.get", nobody) == "locked");
  CHECK(program.refused("vault.unlock", {{"password", "wrong"}}) == "wrong_password");
}

}  // namespace
}  // namespace syncline::ipc
