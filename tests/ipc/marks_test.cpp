// SPDX-License-Identifier: Apache-2.0
//
// Marks of texts as programs write, read and compare them, before real nodes.
#include "tests/ipc/program.h"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

namespace syncline::ipc {
namespace {

using testing::password;
using testing::Program;

// Texts with marks in every kind of place.
const char* const marked = R"({
  "body": {"$text": "a🙂bcdef", "$marks": [
      {"from": 0, "to": 3, "key": "bold", "value": true, "grows": "end"},
      {"from": 3, "to": 5, "key": "link", "value": "https://example.org", "grows": "none"},
      {"from": 5, "to": 8, "key": "link", "value": "https://example.net", "grows": "both"}]},
  "plain": {"$text": "none here"},
  "inner": {"list": [1, {"$text": "xyz", "$marks": [
      {"from": 1, "to": 2, "key": "size", "value": 1.5, "grows": "start"}]}]},
  "plan": {"$tree": [{"id": "a", "parent": null, "value": {"note": {"$text": "go", "$marks": [
      {"from": 0, "to": 2, "key": "done", "value": false, "grows": "end"}]}}}]},
  "map": {"$map": {"$text": "not one", "$marks": []}}
})";

struct Scribe {
  Scribe() : devices(1), program(devices, 0) {
    program.call("vault.init", {{"password", password}, {"device_name", "laptop"}});
  }
  // What a call about the entity takes; `params` is JSON.
  static Json about(const Json& id, const std::string& params) {
    Json made = Json::parse(params);
    made["entity"] = id;
    return made;
  }
  Json create(const Json& value, const char* positions) {
    return program.call("entity.create", {{"value", value}, {"positions", positions}})["entity"];
  }
  Json read(const Json& id, const char* positions = "utf16") {
    return program.call("entity.get",
                        {{"entity", id}, {"annotated", true}, {"positions", positions}})["value"];
  }
  Json update(const Json& id, const std::string& params) {
    return program.call("entity.update", about(id, params));
  }
  Json diff(const Json& id, const Json& from, const char* positions) {
    return program.call("entity.diff", {{"entity", id}, {"from", from}, {"positions", positions}});
  }

  node::Devices devices;
  Program program;
};

TEST_CASE("the annotated form makes a document with the same marks again, in any units") {
  Scribe alone;
  const Json first = alone.create(Json::parse(marked), "utf16");
  CHECK(alone.read(first) == Json::parse(marked));
  for (const char* positions : {"scalars", "utf16", "bytes"}) {
    const Json value = alone.read(first, positions);
    const Json second = alone.create(value, positions);
    CHECK(alone.read(second) == Json::parse(marked));
    // Written over itself, and over a document without any.
    const Json params = {{"entity", second}, {"value", value}, {"positions", positions}};
    CHECK(alone.program.call("entity.put", params)["ops_applied"] == 0);
    const Json empty = alone.create(Json::object(), positions);
    alone.program.call("entity.put",
                       {{"entity", empty}, {"value", value}, {"positions", positions}});
    CHECK(alone.read(empty) == Json::parse(marked));
  }
  CHECK(alone.read(first, "bytes")["body"]["$marks"][0]["to"] == 5);
}

TEST_CASE("a whole value says which marks a text has, or leaves them as they are") {
  Scribe alone;
  const Json id = alone.create(Json::parse(marked), "utf16");
  alone.update(id, R"({"merge_patch":{"body":"a🙂bcd"}})");
  CHECK(alone.read(id)["body"]["$marks"][0]["key"] == "bold");
  alone.update(id, R"({"positions":"utf16","merge_patch":{"body":{"$text":"a🙂bcd","$marks":[
      {"from":1,"to":6,"key":"bold","value":true}]}}})");
  CHECK(alone.read(id)["body"]["$marks"] ==
        Json::parse(R"([{"from":1,"to":6,"key":"bold","value":true,"grows":"end"}])"));
  alone.update(id, R"({"ops":[{"op":"put","path":"/body","value":{"$text":"a🙂b","$marks":[]}},
      {"op":"list.insert","path":"/inner/list","at":0,"values":[{"$text":"new","$marks":[
          {"from":0,"to":3,"key":"bold","value":true}]}]},
      {"op":"tree.insert","path":"/plan","id":"b","value":{"note":{"$text":"on","$marks":[
          {"from":0,"to":1,"key":"bold","value":1}]}}}]})");
  const Json after = alone.read(id);
  CHECK(after["body"] == Json::parse(R"({"$text":"a🙂b"})"));
  CHECK(after["inner"]["list"][0]["$marks"][0]["to"] == 3);
  CHECK(after["plan"]["$tree"][1]["value"]["note"]["$marks"][0]["value"] == 1);
}

TEST_CASE("marks grow as before when a patch or a put rewrites their text") {
  for (const std::string grows : {"both", "start"})
    for (const std::string text : {"dlrow olleh", "goodbye world", "hexxo wor", "hello"}) {
      Scribe alone;
      const Json id = alone.create(
          Json{
              {"body",
               {{"$text", "hello world"},
                {"$marks",
                 {{{"from", 2}, {"to", 9}, {"key", "bold"}, {"value", true}, {"grows", grows}}}}}}},
          "scalars");
      const auto kept = [&] {
        const Json marks = alone.read(id)["body"]["$marks"];
        REQUIRE(marks.size() == 1);
        // What is put right before it belongs to it.
        const std::uint64_t from = marks[0]["from"];
        CHECK((marks[0]["grows"] == grows || marks[0]["grows"] == "both"));
        alone.update(
            id,
            Json{{"ops", {{{"op", "text.insert"}, {"path", "/body"}, {"at", from}, {"text", "-"}}}}}
                .dump());
        CHECK(alone.read(id)["body"]["$marks"][0]["from"] == from);
      };
      alone.update(id, Json{{"merge_patch", {{"body", text}}}}.dump());
      kept();
      alone.update(id, R"({"ops":[{"op":"put","path":"/body","value":"hello world"}]})");
      kept();
      alone.update(
          id,
          Json{{"json_patch", {{{"op", "replace"}, {"path", "/body"}, {"value", text}}}}}.dump());
      kept();
    }
}

TEST_CASE("marks that are none are refused, with the place") {
  Scribe alone;
  const auto complaint = [&](const std::string& marks) {
    return alone.program.complaint(
        "entity.create",
        {{"value", Json::parse(R"({"b":{"$text":"abc","$marks":)" + marks + "}}")}});
  };
  CHECK(complaint("1").find("params.value.b.$marks has to be") == 0);
  CHECK(complaint(R"([{"from":0}])").find("params.value.b.$marks[0]") == 0);
  CHECK(complaint(R"([{"from":2,"to":1,"key":"k","value":1}])") ==
        R"(params.value.b.$marks[0].to has to be at least its "from")");
  CHECK(complaint(R"([{"from":2,"to":4,"key":"k","value":1}])") ==
        "params.value.b.$marks[0].to is beyond the end of the text, which is at 3");
  CHECK(complaint(R"([{"from":0,"to":1,"key":"k","value":[]}])")
            .find("params.value.b.$marks[0].value") == 0);
  const Json id = alone.create(Json::parse(marked), "utf16");
  CHECK(alone.program
            .complaint("entity.update", Scribe::about(id, R"({"json_patch":[{"op":"add","path":"/n",
                           "value":{"$text":"x","$marks":[]}}]})"))
            .find("$marks cannot be given here") != std::string::npos);
  CHECK(alone.program
            .complaint("entity.update",
                       Scribe::about(id, R"({"ops":[{"op":"tree.insert","path":"/plan",
                           "value":{"note":{"$text":"x","$marks":[]}}}]})"))
            .find(R"(params.ops[0] needs an "id")") == 0);
}

TEST_CASE("a difference tells which parts are marked otherwise, counted as the caller does") {
  Scribe alone;
  const Json id = alone.create(Json::parse(marked), "utf16");
  const Json before = alone.program.call("entity.get", {{"entity", id}})["version"];
  // Growing and shrinking with the text is no difference, what is said anew is one.
  alone.update(id, R"({"positions":"utf16","ops":[
      {"op":"text.insert","path":"/body","at":3,"text":"x"},
      {"op":"text.insert","path":"/body","at":0,"text":"🙂"}]})");
  CHECK(alone.diff(id, before, "utf16")["changes"] == Json::parse(R"([
      {"op":"text","path":"/body","at":0,"removed":0,"inserted":"🙂"},
      {"op":"text","path":"/body","at":5,"removed":0,"inserted":"x"}])"));
  alone.update(id, R"({"positions":"utf16","ops":[
      {"op":"text.mark","path":"/body","at":2,"count":1,"key":"bold","value":null},
      {"op":"text.mark","path":"/body","at":7,"count":3,"key":"link","value":"x"},
      {"op":"text.mark","path":"/inner/list/1","at":0,"count":1,"key":"new","value":1},
      {"op":"list.insert","path":"/inner/list","at":0,"values":["first"]}]})");
  const Json changes = alone.diff(id, before, "utf16")["changes"];
  Json marks = Json::array();
  for (const Json& change : changes)
    if (change["op"] == "mark") marks.push_back(change);
  CHECK(marks == Json::parse(R"([
      {"op":"mark","path":"/body","from":2,"to":3,"key":"bold","was":true},
      {"op":"mark","path":"/body","from":7,"to":8,"key":"link","was":"https://example.org",
       "value":"x"},
      {"op":"mark","path":"/body","from":8,"to":10,"key":"link","was":"https://example.net",
       "value":"x"},
      {"op":"mark","path":"/inner/list/2","from":0,"to":1,"key":"new","value":1}])"));
  const Json in_bytes = alone.diff(id, before, "bytes")["changes"];
  const auto same = [](const Json& change) { return change.value("was", Json()) == true; };
  const auto bold = std::find_if(in_bytes.begin(), in_bytes.end(), same);
  REQUIRE(bold != in_bytes.end());
  CHECK((*bold)["from"] == 4);
  // Of a document that is new all marks are.
  const Json versions = alone.program.call("entity.history", {{"entity", id}})["versions"];
  CHECK(alone.diff(id, versions[0]["version"], "scalars")["changes"].empty());
}

TEST_CASE("a long text with its marks is made as it is, whatever the caller counts") {
  Scribe alone;
  std::string text;
  while (text.size() < 60'000) text += "🙂a";
  const Json value = {{"$text", text}, {"$marks", Json::parse(R"([
      {"from":17999,"to":18000,"key":"k","value":1,"grows":"none"}])")}};
  const Json id = alone.create(Json::object(), "utf16");
  const Json set = {{"op", "set"}, {"path", "/body"}, {"value", value}};
  alone.program.call("entity.update",
                     {{"entity", id}, {"ops", Json::array({set})}, {"positions", "utf16"}});
  CHECK(alone.read(id)["body"] == value);
}

// Every kind that a value can have, with marks wherever they can be.
const char* const of_every_kind = R"({
  "text": {"$text": "a🙂bcdef", "$marks": [
      {"from": 0, "to": 3, "key": "bold", "value": true, "grows": "both"},
      {"from": 3, "to": 5, "key": "link", "value": "https://example.org", "grows": "none"},
      {"from": 5, "to": 8, "key": "link", "value": "https://example.net", "grows": "start"}]},
  "counter": {"$counter": "12.25"},
  "set": {"$set": ["a", "b"]},
  "list": [1, {"$text": "xyz", "$marks": [
      {"from": 1, "to": 2, "key": "size", "value": 1.5, "grows": "start"}]}, {"$counter": 3}],
  "tree": {"$tree": [{"id": "a", "parent": null, "value": {"note": {"$text": "go", "$marks": [
      {"from": 0, "to": 2, "key": "done", "value": false, "grows": "end"}]}}},
                     {"id": "b", "parent": "a", "value": {"n": {"$set": [1]}}}]}
})";

TEST_CASE("what a JSON Patch moves or copies keeps its kinds, its marks, and how these grow") {
  Scribe alone;
  const Json value = Json::parse(of_every_kind);
  for (const std::string from : {"/all", "/all/text", "/all/counter", "/all/set", "/all/list",
                                 "/all/list/1", "/all/tree", "/all/tree/a/note"}) {
    CAPTURE(from);
    for (const std::string to : {"/to", "/others/-", "/others/0", "/others/0/in"}) {
      const Json id = alone.create({{"all", value}, {"others", {{{"a", 1}}, 2}}}, "utf16");
      const Json patch = {{{"op", "copy"}, {"from", from}, {"path", to}}};
      alone.program.call("entity.update", {{"entity", id}, {"json_patch", patch}});
      const Json copied = alone.read(id);
      const Json there = Json::json_pointer(from) == Json::json_pointer("/all/tree/a/note")
                             ? value["tree"]["$tree"][0]["value"]["note"]
                         : from == "/all" ? value
                                          : value.at(Json::json_pointer(from.substr(4)));
      const std::string at = to == "/others/-" ? "/others/2" : to;
      CHECK(copied.at(Json::json_pointer(at)) == there);
      CHECK(copied["all"] == value);
      const Json other = alone.create({{"all", value}, {"others", {{{"a", 1}}, 2}}}, "utf16");
      const Json move = {{{"op", "move"}, {"from", from}, {"path", to}}};
      alone.program.call("entity.update", {{"entity", other}, {"json_patch", move}});
      CHECK(alone.read(other).at(Json::json_pointer(at)) == there);
    }
  }
}

TEST_CASE("a JSON Patch that copies over a text with marks leaves those of the copied one") {
  Scribe alone;
  const Json id = alone.create(Json::parse(R"({
      "a": {"$text": "abc", "$marks": [
          {"from": 0, "to": 1, "key": "k", "value": 1, "grows": "none"}]},
      "b": {"$text": "abcd", "$marks": [
          {"from": 2, "to": 4, "key": "other", "value": true, "grows": "end"}]},
      "plain": {"$text": "abc"}})"),
                               "utf16");
  alone.update(id, R"({"json_patch": [{"op": "copy", "from": "/a", "path": "/b"}]})");
  CHECK(alone.read(id)["b"] == alone.read(id)["a"]);
  alone.update(id, R"({"json_patch": [{"op": "copy", "from": "/plain", "path": "/b"}]})");
  CHECK(alone.read(id)["b"] == Json::parse(R"({"$text": "abc"})"));
}

}  // namespace
}  // namespace syncline::ipc
