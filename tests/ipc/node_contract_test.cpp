// SPDX-License-Identifier: Apache-2.0
//
// The local API before real nodes: what they answer has to look as the method table promises.
#include "ipc/conversation.h"
#include "ipc/json.h"
#include "ipc/methods.h"
#include "tests/protocol/node/devices.h"

#include <optional>
#include <set>
#include <string>
#include <utility>

#include <doctest/doctest.h>

namespace syncline::ipc {
namespace {

// A local program on one of the devices.
class Program {
 public:
  Program(node::Devices& devices, std::size_t index) : devices_(devices), index_(index) {}

  // The result, which has to fit the method's schema.
  Json call(const std::string& method, Json params = Json::object()) {
    CAPTURE(method);
    const Json answer = ask(method, std::move(params));
    CAPTURE(answer.dump());
    REQUIRE(answer.contains("result"));
    const Status fits = check(find_method(methods(), method)->result, answer["result"], "result");
    CHECK_MESSAGE(fits.has_value(), (fits ? "" : fits.error().context));
    used_.insert(method);
    return answer["result"];
  }

  // The kind of the error.
  std::string refused(const std::string& method, Json params = Json::object()) {
    const Json answer = ask(method, std::move(params));
    CAPTURE(answer.dump());
    REQUIRE(answer.contains("error"));
    return answer["error"]["data"]["kind"];
  }

  const std::set<std::string>& used() const { return used_; }

 private:
  Json ask(const std::string& method, Json params) {
    const Backend backend{.submit =
                              [this](step::Command command, const Reply& reply) {
                                reply(devices_.call(index_, std::move(command)));
                                return RequestId{1};
                              },
                          .forget = [](RequestId) {},
                          .facts = [] { return AgentFacts{}; }};
    std::optional<std::string> said;
    Conversation conversation(
        backend, methods(),
        {.send = [&said](std::string line) { said = std::move(line); }, .settled = [] {}});
    conversation.take(
        dump({{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", std::move(params)}}));
    REQUIRE(said.has_value());
    return parse(*said, answer_limits).value();
  }

  node::Devices& devices_;
  std::size_t index_;
  std::set<std::string> used_;
};

const char* const password = "correct horse";

void pair_by_api(node::Devices& devices, Program& inviter, Program& joiner) {
  const Json invite = inviter.call("pair.invite");
  CHECK(inviter.call("pair.status")["phase"] == "waiting");
  joiner.call(
      "pair.join",
      {{"code", invite["code"]}, {"addresses", {devices[0].address}}, {"device_name", "phone"}});
  devices.run(std::chrono::seconds(1));
  const Json waiting = inviter.call("pair.status");
  CHECK(waiting["phase"] == "confirming");
  CHECK(waiting["check_number"] == joiner.call("pair.status")["check_number"]);
  inviter.call("pair.confirm", {{"accept", true}});
  devices.run();
}

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
