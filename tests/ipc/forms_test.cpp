// SPDX-License-Identifier: Apache-2.0
//
// The forms in which a program may change and read an entity, before real nodes.
#include "tests/ipc/program.h"

#include <string>

#include <doctest/doctest.h>

namespace syncline::ipc {
namespace {

using testing::pair_by_api;
using testing::password;
using testing::Program;

// One device with an unlocked vault.
struct Alone {
  Alone() : devices(1), program(devices, 0) {
    program.call("vault.init", {{"password", password}, {"device_name", "laptop"}});
  }
  std::string create(const char* value) {
    return program.call("entity.create",
                        {{"type", "note"}, {"value", Json::parse(value)}})["entity"];
  }
  Json read(const std::string& id) { return program.call("entity.get", {{"entity", id}})["value"]; }
  Json with(const std::string& id, const char* params) {
    Json made = Json::parse(params);
    made["entity"] = id;
    return made;
  }
  Json update(const std::string& id, const char* params) {
    return program.call("entity.update", with(id, params));
  }
  std::string complaint(const std::string& id, const char* params) {
    return program.complaint("entity.update", with(id, params));
  }

  node::Devices devices;
  Program program;
};

TEST_CASE("a merge patch changes what it names, by as few changes as it takes") {
  Alone alone;
  const std::string id = alone.create(
      R"({"title":"Trip","body":{"$text":"It begins."},"likes":{"$counter":5},"old":1,
          "todo":["a","b"]})");
  const Json written = alone.update(
      id, R"({"merge_patch":{"body":"It all begins.","likes":7,"old":null,"todo":["a","c","b"],
              "new":{"x":null,"y":[1]}}})");
  CHECK(written["ops_applied"] == 5);
  CHECK(alone.read(id) == Json::parse(R"({"title":"Trip","body":"It all begins.","likes":7,
                                          "todo":["a","c","b"],"new":{"y":[1]}})"));
  const Json annotated =
      alone.program.call("entity.get", {{"entity", id}, {"annotated", true}})["value"];
  CHECK(annotated["body"]["$text"] == "It all begins.");
  CHECK(alone.update(id, R"({"merge_patch":{"title":"Trip"}})")["ops_applied"] == 0);
}

TEST_CASE("a JSON Patch is done as a whole or not at all, and says which operation failed") {
  Alone alone;
  const std::string id = alone.create(R"({"n":1,"todo":["a"],"2026":{"x":1}})");
  alone.update(id, R"({"json_patch":[
      {"op":"test","path":"/n","value":1.0},
      {"op":"add","path":"/todo/-","value":"b","comment":"ignored, as RFC 6902 demands"},
      {"op":"move","from":"/n","path":"/m"},
      {"op":"remove","path":"/2026/x"}]})");
  CHECK(alone.read(id) == Json::parse(R"({"m":1,"todo":["a","b"],"2026":{}})"));
  CHECK(alone.complaint(id, R"({"json_patch":[{"op":"add","path":"/q","value":1},
                                              {"op":"test","path":"/m","value":2}]})") ==
        "params.json_patch[1] (test): /m has another value");
  CHECK(alone.program.refused("entity.update", alone.with(id, R"({"json_patch":[
                                  {"op":"test","path":"/m","value":2}]})")) == "conflict");
  CHECK(alone.complaint(id, R"({"json_patch":[{"op":"remove","path":"/q"}]})") ==
        "params.json_patch[0] (remove): /q is not there");
  CHECK(alone.complaint(id, R"({"json_patch":[{"op":"swap","path":"/q"}]})")
            .find("params.json_patch[0].op has to be one of") == 0);
  CHECK(alone.complaint(id, R"({"json_patch":[{"op":"add","path":"q","value":1}]})")
            .find(R"(params.json_patch[0].path has to begin with "/")") == 0);
  CHECK(alone.complaint(id, R"({"json_patch":[{"op":"add","path":"/q"}]})")
            .find("params.json_patch[0].value is missing") == 0);
  CHECK_FALSE(alone.read(id).contains("q"));
}

TEST_CASE("one form at a time") {
  Alone alone;
  const std::string id = alone.create("{}");
  for (const char* params : {"{}", R"({"merge_patch":{},"json_patch":[]})"})
    CHECK(alone.complaint(id, params) ==
          R"(params has to have one of "ops", "merge_patch" and "json_patch")");
}

TEST_CASE("a whole value is put by the fewest changes, once") {
  Alone alone;
  const std::string id = alone.create(
      R"({"title":"Trip","body":{"$text":"It begins."},"todo":[{"t":"milk","done":false},
          {"t":"bread","done":false}]})");
  const Json value = Json::parse(
      R"({"body":"It begins!","todo":[{"t":"milk","done":true},{"t":"bread","done":false}]})");
  const Json call = {{"entity", id}, {"value", value}, {"idempotency_key", "once"}};
  const Json written = alone.program.call("entity.put", call);
  // The title goes, a character goes and one comes, and one item is done.
  CHECK(written["ops_applied"] == 4);
  CHECK(alone.read(id) == value);
  CHECK(alone.program.call("entity.put", call) == written);
  CHECK(alone.program.refused(
            "entity.put",
            {{"entity", id}, {"value", {{"other", 1}}}, {"idempotency_key", "once"}}) == "invalid");
  CHECK(alone.program.refused("entity.put", {{"entity", id},
                                             {"value", Json::object()},
                                             {"if_version", "000000000000.1"}}) == "conflict");
}

TEST_CASE("a string too long for a leaf becomes a text by itself") {
  Alone alone;
  const std::string id = alone.create("{}");
  const std::string words(40'000, 'x');
  alone.program.call("entity.put", {{"entity", id}, {"value", {{"body", words}}}});
  CHECK(alone.read(id)["body"] == words);
  CHECK(alone.program.call("entity.get", {{"entity", id}, {"annotated", true}})["value"]["body"]
            .contains("$text"));
  alone.program.call("entity.put", {{"entity", id}, {"value", {{"body", words + "y"}}}});
  CHECK(alone.read(id)["body"] == words + "y");
}

TEST_CASE("the op put writes a place by what differs") {
  Alone alone;
  const std::string id = alone.create(R"({"body":{"$text":"It begins."}})");
  const Json written = alone.update(id, R"({"ops":[{"op":"put","path":"/body","value":"It begins!"},
                     {"op":"put","path":"/deep/er","value":{"a":[1]}},
                     {"op":"put","path":"/deep/er/a/0","value":2}]})");
  CHECK(alone.read(id) == Json::parse(R"({"body":"It begins!","deep":{"er":{"a":[2]}}})"));
  CHECK(written["ops_applied"] == 4);
}

TEST_CASE("positions count what the caller says") {
  Alone alone;
  const std::string id = alone.create(R"({"body":{"$text":"a🙂b"}})");
  alone.update(id, R"({"positions":"utf16","ops":[
      {"op":"text.insert","path":"/body","at":3,"text":"é"},
      {"op":"text.insert","path":"/body","at":4,"text":"!"},
      {"op":"text.remove","path":"/body","at":1,"count":2}]})");
  CHECK(alone.read(id)["body"] == "aé!b");
  alone.update(id, R"({"positions":"bytes","ops":[
      {"op":"text.insert","path":"/body","at":3,"text":"?"}]})");
  CHECK(alone.read(id)["body"] == "aé?!b");
  alone.update(id, R"({"ops":[{"op":"text.remove","path":"/body","at":2,"count":1}]})");
  CHECK(alone.read(id)["body"] == "aé!b");
}

TEST_CASE("a position inside of a character, or beyond the end, is refused") {
  Alone alone;
  const std::string id = alone.create(R"({"body":{"$text":"a🙂b"}})");
  CHECK(alone.complaint(id, R"({"positions":"utf16","ops":[
            {"op":"text.insert","path":"/body","at":2,"text":"!"}]})") ==
        "params.ops[0] at /body: position 2 is inside of a character, between its surrogates; take "
        "1 or 3");
  CHECK(alone.complaint(id, R"({"positions":"bytes","ops":[
            {"op":"text.remove","path":"/body","at":1,"count":2}]})") ==
        "params.ops[0] at /body: position 3 is inside of a character; take 1 or 5");
  CHECK(alone.complaint(id, R"({"positions":"utf16","ops":[
            {"op":"text.remove","path":"/body","at":0,"count":5}]})") ==
        "params.ops[0] at /body: position 5 is beyond the end; the text has 4 UTF-16 units");
  CHECK(alone
            .complaint(id, R"({"ops":[
            {"op":"text.insert","path":"/body","at":4,"text":"!"}]})")
            .find("params.ops[0] at /body: ") == 0);
  CHECK(alone.read(id)["body"] == "a🙂b");
}

TEST_CASE("the annotated form says who wrote what, also of a part") {
  Alone alone;
  const std::string id =
      alone.create(R"({"title":"Trip","body":{"$text":"a🙂b"},"l":[{"x":1}]})");
  const Json call = {{"entity", id}, {"annotated", true}, {"positions", "utf16"}};
  const Json answer = alone.program.call("entity.get", call);
  std::map<std::string, Json> notes;
  for (const Json& note : answer["notes"]) notes[note["path"]] = note;
  CHECK(notes.size() == 5);
  CHECK(notes.at("/title")["kind"] == "leaf");
  CHECK(notes.at("/title")["device_name"] == "laptop");
  CHECK(notes.at("/body")["kind"] == "text");
  CHECK(notes.at("/body")["length"] == 4);
  CHECK(notes.at("/l")["kind"] == "list");
  CHECK(notes.at("/l/0/x")["kind"] == "leaf");
  CHECK(answer["more_notes"] == false);
  Json part = call;
  part["path"] = "/l/0";
  const Json inside = alone.program.call("entity.get", part);
  CHECK(inside["value"] == Json::parse(R"({"x":1})"));
  CHECK(inside["notes"].size() == 2);
  part["path"] = "/body";
  CHECK(alone.program.call("entity.get", part)["value"] == Json::parse(R"({"$text":"a🙂b"})"));
  part["path"] = "/nowhere";
  CHECK(alone.program.refused("entity.get", part) == "not_found");
}

// Two devices of one vault, and what each writes without knowing the other.
struct Pair {
  Pair() : devices(2), laptop(devices, 0), phone(devices, 1) {
    laptop.call("vault.init", {{"password", password}, {"device_name", "laptop"}});
    pair_by_api(devices, laptop, phone);
  }
  std::string create(const char* value) {
    const Json made =
        laptop.call("entity.create", {{"type", "item"}, {"value", Json::parse(value)}});
    devices.run();
    return made["entity"];
  }
  void apart(const std::string& id, const char* here, const char* there) {
    devices.isolate(1);
    devices.run();
    laptop.call("entity.update", {{"entity", id}, {"merge_patch", Json::parse(here)}});
    phone.call("entity.update", {{"entity", id}, {"merge_patch", Json::parse(there)}});
    devices.reconnect(1);
    devices.run();
  }
  Json conflicts(Program& program, Json params = Json::object()) {
    return program.call("conflict.list", std::move(params))["conflicts"];
  }

  node::Devices devices;
  Program laptop, phone;
};

TEST_CASE("a conflict is told with both sides, and ends with a value that is written") {
  Pair pair;
  const std::string id = pair.create(R"({"price":1})");
  pair.apart(id, R"({"price":3})", R"({"price":{"$text":"four"}})");
  const Json space = pair.laptop.call("entity.get", {{"entity", id}})["space"];
  const Json rows = pair.conflicts(pair.laptop, {{"space", space}});
  REQUIRE(rows.size() == 1);
  CHECK(rows == pair.conflicts(pair.laptop));
  CHECK(rows == pair.conflicts(pair.laptop, {{"entity", id}}));
  CHECK(pair.conflicts(pair.laptop, {{"space", std::string(64, 'a')}}).empty());
  CHECK(rows[0]["type"] == "item");
  std::map<std::string, Json> sides;
  for (const Json& value : rows[0]["values"]) sides[value["device_name"]] = value;
  CHECK(sides.at("laptop")["value"] == 3);
  CHECK(sides.at("laptop")["kind"] == "leaf");
  CHECK(sides.at("phone")["kind"] == "text");
  const Json notes = pair.laptop.call("entity.get", {{"entity", id}, {"annotated", true}})["notes"];
  REQUIRE(notes.size() == 1);
  CHECK(notes[0]["others"].size() == 1);

  CHECK(pair.laptop.refused("conflict.resolve", {{"entity", id}, {"path", "/price"}}) == "invalid");
  CHECK(pair.laptop.refused("conflict.resolve",
                            {{"entity", id}, {"path", "/none"}, {"value", 1}}) == "not_found");
  CHECK(pair.laptop.refused(
            "conflict.resolve",
            {{"entity", id}, {"path", "/price"}, {"value", 5}, {"if_version", "000000000000.1"}}) ==
        "conflict");
  pair.laptop.call(
      "conflict.resolve",
      {{"entity", id}, {"path", "/price"}, {"value", 5}, {"if_version", rows[0]["version"]}});
  pair.devices.run();
  CHECK(pair.conflicts(pair.phone).empty());
  CHECK(pair.phone.call("entity.get", {{"entity", id}})["value"]["price"] == 5);
}

TEST_CASE("who removed and who edited are both told") {
  Pair pair;
  const std::string id = pair.create(R"({"m":{"x":1}})");
  pair.apart(id, R"({"m":null})", R"({"m":{"x":2}})");
  const Json rows = pair.conflicts(pair.phone);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["kind"] == "edited_and_deleted");
  CHECK(rows[0]["removals"][0]["device_name"] == "laptop");
  CHECK(rows[0]["removals"][0].contains("at"));
  CHECK(rows[0]["values"][0]["device_name"] == "phone");
}

TEST_CASE("removing what is not there is no change") {
  Alone alone;
  const std::string id = alone.create(R"({"m":{},"tags":{"$set":["x"]},"body":{"$text":"abc"}})");
  const Json before = alone.program.call("entity.get", {{"entity", id}});
  for (const char* op :
       {R"({"op":"remove","path":"/zz"})", R"({"op":"remove","path":"/zz/yy"})",
        R"({"op":"remove","path":"/m/yy/x"})", R"({"op":"set.remove","path":"/tags","value":"y"})",
        R"({"op":"set.remove","path":"/none","value":"y"})"}) {
    CHECK(alone.update(id, (std::string(R"({"ops":[)") + op + "]}").c_str())["ops_applied"] == 0);
    CHECK(alone.program.call("entity.get", {{"entity", id}}) == before);
  }
  // Beside an op that does something.
  CHECK(alone.update(id, R"({"ops":[{"op":"remove","path":"/zz/yy"},
      {"op":"set","path":"/n","value":1}]})")["ops_applied"] == 1);
  CHECK_FALSE(alone.program.call("entity.get", {{"entity", id}})["value"].contains("zz"));
  // What is there and of another kind is a mistake.
  CHECK_FALSE(alone.complaint(id, R"({"ops":[{"op":"remove","path":"/body/x"}]})").empty());
}

TEST_CASE("rules declared side by side merge, and show conflicts resolved everywhere") {
  Pair pair;
  const std::string id = pair.create(R"({"price":1,"name":"a","tags":["x"]})");
  pair.devices.isolate(1);
  pair.devices.run();
  pair.laptop.call("type.declare", {{"type", "item"}, {"rules", {{"/price", "max"}}}});
  pair.phone.call("type.declare",
                  {{"type", "item"}, {"rules", {{"/name", "min"}, {"/items/*/n", "union"}}}});
  pair.devices.reconnect(1);
  pair.devices.run();
  const Json types = pair.phone.call("type.list")["types"];
  REQUIRE(types.size() == 1);
  CHECK(types == pair.laptop.call("type.list")["types"]);
  CHECK(types[0]["rules"] == Json::parse(R"({"/items/*/n":"union","/name":"min","/price":"max"})"));

  pair.apart(id, R"({"price":9,"name":"c"})", R"({"price":5,"name":"b"})");
  for (Program* program : {&pair.laptop, &pair.phone}) {
    const Json entity = program->call("entity.get", {{"entity", id}, {"annotated", true}});
    CHECK(entity["value"]["price"] == 9);
    CHECK(entity["value"]["name"] == "b");
    CHECK(entity["conflicts"] == 0);
    CHECK(pair.conflicts(*program).empty());
    CHECK(program->call("system.status")["conflicts"] == 0);
    for (const Json& note : entity["notes"])
      if (note["path"] == "/price") {
        CHECK(note["rule"] == "max");
        CHECK(note["others"].size() == 2);
      }
  }
  // What a rule shows is what is there, and writing back what was read writes nothing.
  const Json value = pair.phone.call("entity.get", {{"entity", id}})["value"];
  CHECK(pair.phone.call("entity.put", {{"entity", id}, {"value", value}})["ops_applied"] == 0);

  // Without the rule the values are a conflict again; then somebody writes.
  pair.laptop.call("type.declare", {{"type", "item"}, {"rules", {{"/price", nullptr}}}});
  pair.devices.run();
  CHECK(pair.conflicts(pair.phone).size() == 1);
  CHECK(pair.phone.call("system.status")["conflicts"] == 1);
  pair.phone.call("entity.update", {{"entity", id}, {"merge_patch", {{"price", 9}}}});
  pair.devices.run();
  CHECK(pair.conflicts(pair.laptop).empty());
  CHECK(pair.laptop.call("system.status")["conflicts"] == 0);
}

TEST_CASE("a declaration is kept, is no entity of anybody's, and is refused if it makes no sense") {
  Alone alone;
  const Json declare = {{"type", "item"}, {"rules", {{"/price", "max"}}}};
  const Json first = alone.program.call("type.declare", declare);
  CHECK(alone.program.call("type.declare", declare)["ops_applied"] == 0);
  CHECK(alone.program.call("entity.list")["entities"].empty());
  CHECK(alone.program.call("system.status")["entities"] == 0);
  CHECK(alone.program.call("entity.list", {{"type", "syncline.type"}})["entities"].size() == 1);
  CHECK(alone.program.call("type.list")["types"][0]["entity"] == first["entity"]);
  alone.devices.restart(0);
  alone.program.call("vault.unlock", {{"password", password}});
  CHECK(alone.program.call("type.list")["types"].size() == 1);
  const auto refused = [&](const char* rules) {
    return alone.program.refused("type.declare", {{"type", "item"}, {"rules", Json::parse(rules)}});
  };
  CHECK(refused(R"({"/price":"last"})") == "invalid");
  CHECK(refused(R"({"price":"max"})") == "invalid");
  CHECK(alone.program.refused("type.declare",
                              {{"type", "syncline.x"}, {"rules", Json::object()}}) == "forbidden");
  CHECK(alone.program.refused("entity.create", {{"type", "syncline.type"}}) == "forbidden");
}

}  // namespace
}  // namespace syncline::ipc
