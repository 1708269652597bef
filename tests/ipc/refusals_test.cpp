// SPDX-License-Identifier: Apache-2.0
//
// Refused changes, before a real node: every error names the place in the request, what is wrong
// there, the limit if there is one, and what to do.
#include "tests/ipc/program.h"

#include <string>

#include <doctest/doctest.h>

namespace syncline::ipc {
namespace {

using testing::password;
using testing::Program;

const char* const document = R"({
  "title": "Trip", "n": 5, "m": {"in": {"deep": 1}}, "l": [1, "two", {"k": [1]}],
  "t": {"$text": "a🙂bc"}, "c": {"$counter": 5}, "s": {"$set": ["a", 1]},
  "tree": {"$tree": [{"id": "p"}, {"id": "q", "parent": "p", "value": {"x": {"$text": "hi"}}}]}
})";

const std::string long_text(16 * 1024 + 1, 'x');
const std::string long_key(1025, 'k');

// Stands for what is too long to be written down.
Json spelled_out(const std::string& text) {
  std::string made = text;
  const auto put = [&made](const std::string& word, const std::string& value) {
    for (std::size_t at = made.find(word); at != std::string::npos;
         at = made.find(word, at + value.size()))
      made.replace(at, word.size(), value);
  };
  put("LONG", long_text);
  put("KEY", long_key);
  std::string deep;
  for (int i = 0; i < 31; ++i) deep += "/a";
  put("/DEEP", deep);
  return Json::parse(made);
}

struct Refusal {
  const char* asked;   // an op, or what the method takes
  const char* detail;  // as it begins, after the place that all share
  const char* next;    // as it begins
  const char* kind = "invalid";
};

struct Refuser {
  Refuser() : devices(1), program(devices, 0) {
    program.call("vault.init", {{"password", password}, {"device_name", "laptop"}});
    entity = program.call("entity.create", {{"value", Json::parse(document)}})["entity"];
    before = read();
  }
  Json read() { return program.call("entity.get", {{"entity", entity}, {"annotated", true}}); }
  void check(const Refusal& row, const char* method, Json params, const std::string& place) {
    CAPTURE(row.asked);
    const Json error = program.error(method, std::move(params));
    const std::string detail = error.value("detail", ""), next = error.value("next", "");
    CHECK(error.value("kind", "") == row.kind);
    CHECK_MESSAGE(detail.find(place + row.detail) == 0, detail);
    CHECK_MESSAGE(next.find(row.next) == 0, next);
    CHECK(read() == before);
  }

  // Position 9 of the text at the path that is asked for.
  void check_in_texts(const Refusal& row) {
    const Json place = {{"entity", entity}, {"path", row.asked}};
    Json at = place, blame = place;
    at["at"] = 9;
    blame["from"] = 9;
    check(row, "text.cursor", at, "");
    check(row, "text.blame", blame, "");
    at["insert"] = "x";
    check(row, "text.type", at, "");
  }

  node::Devices devices;
  Program program;
  Json entity, before;
};

const char* const params_next = "see the method's parameters";
const char* const again = "read the entity again with entity.get";

// Each is tried as the second op of an update.
const Refusal of_texts[] = {
    {R"({"op":"text.insert","path":"/title","at":0,"text":"x"})",
     " at /title: /title is a plain string, and not a text",
     R"(correct the path, or replace what is there by a text: {"op": "set", "path": "/title", "value": {"$text": ""}})"},
    {R"({"op":"text.insert","path":"/l","at":0,"text":"x"})",
     " at /l: /l is a list of 3 items, and not a text",
     R"(correct the path, or replace what is there by a text: {"op": "set", "path": "/l")"},
    {R"({"op":"text.insert","path":"","at":0,"text":"x"})",
     " at the document: the document is a map, and not a text", "name a place inside of it"},
    {R"({"op":"text.insert","path":"/l/9","at":0,"text":"x"})",
     " at /l/9: /l is a list of 3 items, and has no item 9",
     "its items are /l/0 to /l/2; list.insert at 3 puts one behind the last"},
    {R"({"op":"text.insert","path":"/t/0","at":0,"text":"x"})",
     " at /t/0: /t is a text: no path leads into it",
     "change it with text.insert and text.remove, path /t"},
    {R"({"op":"text.insert","path":"/title/x","at":0,"text":"x"})",
     " at /title/x: /title is a plain string, and nothing is inside of it",
     "correct the path, or replace what is there by a map"},
    {R"({"op":"text.insert","path":"/tree/~3zz/x","at":0,"text":"x"})",
     R"( at /tree/~3zz/x: /tree has no node "zz")", "it may have been removed"},
    {R"({"op":"text.insert","path":"/tree/q/x","at":0,"text":"x"})",
     R"( at /tree/q/x: /tree is a tree, and "q" is written like a key)",
     "a node is written with ~3 before its id: /tree/~3q"},
    {R"({"op":"text.insert","path":"/tree/~3q","at":0,"text":"x"})",
     " at /tree/~3q: /tree/~3q is a node, which holds a map, and not a text",
     "name a key of its map"},
    {R"({"op":"text.insert","path":"/t","at":9,"text":"x"})",
     " at /t: position 9 is beyond the end; the text has 4 Unicode scalar values", again},
    {R"({"op":"text.insert","path":"/new","at":1,"text":"x"})",
     " at /new: /new is not there yet: position 1 is beyond the end", again},
    {R"({"op":"text.insert","path":"/t","at":-1,"text":"x"})", ".at has to be an integer from 0",
     params_next},
    {R"({"op":"text.insert","path":"/t","at":"0","text":"x"})", ".at has to be an integer from 0",
     params_next},
    {R"({"op":"text.insert","path":"/t","at":0,"text":""})", ".text has to be a string of 1 to",
     params_next},
    {R"({"op":"text.insert","path":"/t","text":"x"})", ".at is missing: an integer", params_next},
    {R"({"op":"text.insert","path":"/t","at":0,"txt":"x"})",
     R"( knows no "txt"; did you mean "text"?)", params_next},
    {R"({"op":"text.remove","path":"/t","at":2,"count":3})",
     " at /t: position 5 is beyond the end; the text has 4 Unicode scalar values", again},
    {R"({"op":"text.remove","path":"/t","at":0,"count":0})", ".count has to be an integer from 1",
     params_next},
    {R"({"op":"text.remove","path":"/c","at":0,"count":1})",
     " at /c: /c is a counter, and not a text", "correct the path, or replace"},
    {R"({"op":"text.merge","path":"/title","from":"a","to":"b"})",
     " at /title: /title is a plain string, and not a text", "correct the path, or replace"},
    {R"({"op":"text.merge","path":"/t","from":"a"})", ".to is missing: a string", params_next},
    {R"({"op":"text.mark","path":"/t","at":0,"count":9,"key":"k","value":1})",
     " at /t: position 9 is beyond the end", again},
    {R"({"op":"text.mark","path":"/n","at":0,"count":1,"key":"k","value":1})",
     " at /n: /n is a number, and not a text", "correct the path, or replace"},
    {R"({"op":"text.mark","path":"/t","at":0,"count":1,"key":"k","value":[1]})",
     ".value has to be a string, a number, true, false or null", params_next},
    {R"({"op":"text.mark","path":"/t","at":0,"count":1,"key":"k","value":"LONG"})",
     ".value: the value of a mark has 16385 bytes, and may have at most 16384",
     "keep it elsewhere in the document", "too_large"},
    {R"({"op":"text.mark","path":"/t","at":0,"count":1,"key":"KEY","value":1})",
     ".key has 1025 bytes, and may have at most 1024", "shorten it", "too_large"},
    {R"({"op":"text.mark","path":"/t","at":0,"count":1,"key":"k","value":1,"grows":"up"})",
     R"(.grows has to be one of "end", "start", "both", "none")", params_next},
};

const Refusal of_places[] = {
    {R"({"op":"set","path":"","value":{}})", ".path has to name something inside",
     "the document itself stays"},
    {R"({"op":"set","path":"/l/3","value":1})",
     " at /l/3: /l is a list of 3 items, and has no item 3", "its items are /l/0 to /l/2"},
    {R"({"op":"set","path":"/l/-","value":1})",
     R"( at /l/-: /l is a list of 3 items, and "-" is no index)",
     "its items are /l/0 to /l/2; list.insert at 3"},
    {R"({"op":"set","path":"/m/0","value":1})",
     " at /m/0: /m is a map, and 0 is written like an index",
     "as a key of this map it is written /m/~20"},
    {R"({"op":"set","path":"/s/0","value":1})", " at /s/0: /s is a set: no path leads into it",
     "change it with set.add and set.remove, path /s"},
    {R"({"op":"set","path":"/c/x","value":1})", " at /c/x: /c is a counter: no path leads into it",
     "change it with counter.add, path /c"},
    {R"({"op":"set","path":"/m/in/deep/er","value":1})",
     " at /m/in/deep/er: /m/in/deep is a number, and nothing is inside of it",
     R"(correct the path, or replace what is there by a map: {"op": "set", "path": "/m/in/deep", "value": {}})"},
    {R"({"op":"set","path":"/new/1","value":1})",
     " at /new/1: /new is not there, so it has no item 1", "make the list first"},
    {R"({"op":"set","path":"/tree/~3q","value":{}})", ".path names a node", "set the keys"},
    {R"({"op":"set","path":"/big","value":"LONG"})",
     ".value: the string has 16385 bytes, and may have at most 16384",
     R"(make it a text, which may be longer: {"$text": "..."})", "too_large"},
    {R"({"op":"set","path":"/a","value":{"b":[1,"LONG"]}})", ".value.b[1]: the string has 16385",
     "make it a text", "too_large"},
    {R"({"op":"set","path":"/a","value":{"KEY":1}})", ".value.kkkk", "keep long names in a value",
     "too_large"},
    {R"({"op":"set","path":"/KEY","value":1})",
     ".path: the key has 1025 bytes, and may have at most 1024", "keep long names", "too_large"},
    {R"({"op":"set","path":"/a","value":{"$set":[1,"LONG"]}})",
     ".value.$set[1]: the string in a set has 16385 bytes", "keep long strings", "too_large"},
    {R"({"op":"set","path":"/DEEP/a/a","value":1})",
     ".path: a value would be 33 steps below the document, and may be at most 32",
     "nest less deeply", "too_large"},
    {R"({"op":"set","path":"/DEEP","value":{"a":[1]}})",
     ".value.a[0]: a value would be 33 steps below", "nest less deeply", "too_large"},
    {R"({"op":"put","path":"/DEEP","value":{"a":[1]}})",
     ".value.a[0]: a value would be 33 steps below", "nest less deeply", "too_large"},
    {R"({"op":"list.insert","path":"/DEEP/a","at":0,"values":[1]})",
     ".values[0]: a value would be 33 steps below", "nest less deeply", "too_large"},
    {R"({"op":"set","path":"title","value":1})", R"(.path has to begin with "/")", params_next},
    {R"({"op":"set","path":"/a~5","value":1})", R"(.path has a "~")", params_next},
    {R"({"op":"set","path":5,"value":1})", ".path has to be a JSON Pointer like", params_next},
    {R"({"op":"set","path":[1.5],"value":1})", ".path[0] has to be a key, an index", params_next},
    {R"({"op":"set","path":[{"nod":"a"}],"value":1})",
     R"(.path[0] knows no "nod"; did you mean "node"?)", params_next},
    {R"({"op":"set","value":1})", ".path is missing", params_next},
    {R"({"op":"sett","path":"/a","value":1})", R"(.op has to be one of "set", )", params_next},
    {R"({"path":"/a","value":1})", R"(.op is missing: one of "set", )", params_next},
    {R"("set")", " has to be an object with \"op\"", params_next},
    {R"({"op":"put","path":"","value":5})", ".value is a leaf, and the document itself is a map",
     "put it under a key"},
    {R"({"op":"put","path":"/tree/~3zz","value":{}})", R"( at /tree/~3zz: /tree has no node "zz")",
     "it may have been removed"},
    {R"({"op":"put","path":"/l/9","value":{"a":1}})",
     " at /l/9: /l is a list of 3 items, and has no item 9", "its items are"},
    {R"({"op":"put","path":"/s","value":["LONG"]})",
     " at /s: the string in a set has 16385 bytes, and may have at most 16384", "keep long strings",
     "too_large"},
    {R"({"op":"remove","path":""})", ".path has to name something inside",
     "the document itself stays"},
    {R"({"op":"remove","path":"/l/3"})", " at /l/3: /l is a list of 3 items, and has no item 3",
     "its items are /l/0 to /l/2; it may have been removed"},
    {R"({"op":"remove","path":"/title/x"})",
     " at /title/x: /title is a plain string, and nothing is inside of it", "correct the path"},
    {R"({"op":"remove","path":"/tree/q"})",
     R"( at /tree/q: /tree is a tree, and "q" is written like a key)", "a node is written with ~3"},
};

const Refusal of_containers[] = {
    {R"({"op":"list.insert","path":"/l","at":9,"values":[1]})",
     " at /l: /l is a list of 3 items, and 9 is beyond its end", "insert at 0 to 3"},
    {R"({"op":"list.insert","path":"/new","at":1,"values":[1]})",
     " at /new: /new is not there yet, and 1 is beyond its end", "insert at 0"},
    {R"({"op":"list.insert","path":"/m","at":0,"values":[1]})",
     " at /m: /m is a map, and not a list", "correct the path, or replace"},
    {R"({"op":"list.insert","path":"/l","at":0,"values":[1,"LONG"]})",
     ".values[1]: the string has 16385 bytes", "make it a text", "too_large"},
    {R"({"op":"list.insert","path":"/l","at":0,"values":5})", ".values has to be an array",
     params_next},
    {R"({"op":"list.remove","path":"/l","at":2,"count":5})",
     " at /l: /l is a list of 3 items, and has no 5 of them from item 2 on",
     "remove at most 1 there"},
    {R"({"op":"list.remove","path":"/new","at":0,"count":1})",
     " at /new/0: /new is not there, so it has no item 0", "entity.get shows what is there"},
    {R"({"op":"list.set","path":"/l","at":3,"value":1})",
     " at /l/3: /l is a list of 3 items, and has no item 3", "its items are"},
    {R"({"op":"list.set","path":"/t","at":0,"value":1})",
     " at /t/0: /t is a text: no path leads into it", "change it with text.insert"},
    {R"({"op":"list.move","path":"/l","from":0,"to":3})",
     " at /l: /l is a list of 3 items, and has no item 3", "move it to a place from 0 to 2"},
    {R"({"op":"list.move","path":"/l","from":3,"to":0})",
     " at /l: /l is a list of 3 items, and has no item 3",
     "its items are /l/0 to /l/2; it may have been removed"},
    {R"({"op":"list.move","path":"/m","from":0,"to":0})", " at /m: /m is a map, and not a list",
     "correct the path, or replace"},
    {R"({"op":"tree.insert","path":"/l","id":"a"})",
     " at /l: /l is a list of 3 items, and not a tree", "correct the path, or replace"},
    {R"({"op":"tree.insert","path":"/tree","id":"p"})", R"( at /tree: the tree has a node "p")",
     "use what is there", "already_exists"},
    {R"({"op":"tree.insert","path":"/tree","id":5})", ".id has to be a string of 1 to 64 bytes",
     params_next},
    {R"({"op":"tree.insert","path":"/tree","parent":"zz"})",
     R"( at /tree: the tree has no node "zz")", again},
    {R"({"op":"tree.insert","path":"/tree","at":9})",
     " at /tree: the place 9 is beyond the end: there is 1 other child", again},
    {R"({"op":"tree.insert","path":"/tree","at":"middle"})", ".at has to be an integer from 0",
     params_next},
    {R"({"op":"tree.insert","path":"/tree","before":"q","after":"p"})",
     R"( has more than one of "before", "after" and "at")", params_next},
    {R"({"op":"tree.insert","path":"/tree","value":{"$text":"a"}})",
     ".value is a text, and what a node holds is a map", "put it under a key"},
    {R"({"op":"tree.move","path":"/tree","id":"p","parent":"q"})",
     R"( at /tree: the node "p" cannot be moved below itself)", again},
    {R"({"op":"tree.move","path":"/tree","id":"q","at":9})",
     " at /tree: the place 9 is beyond the end: there are 0 other children", again},
    {R"({"op":"tree.remove","path":"/tree","id":"zz"})",
     R"( at /tree/~3zz: /tree has no node "zz")", "it may have been removed"},
    {R"({"op":"counter.add","path":"/n","by":1})", " at /n: /n is a number, and not a counter",
     "correct the path, or replace"},
    {R"({"op":"counter.add","path":"/c","by":"x"})",
     R"(.by has to be an integer or a decimal like "12.50")", params_next},
    {R"({"op":"counter.add","path":"/l/7","by":1})",
     " at /l/7: /l is a list of 3 items, and has no item 7", "its items are"},
    {R"({"op":"set.add","path":"/l","value":1})", " at /l: /l is a list of 3 items, and not a set",
     "correct the path, or replace"},
    {R"({"op":"set.add","path":"/s","value":[1]})", ".value has to be a string, a number",
     params_next},
    {R"({"op":"set.add","path":"/s","value":"LONG"})",
     ".value: the string in a set has 16385 bytes", "keep long strings", "too_large"},
    {R"({"op":"set.remove","path":"","value":1})",
     " at the document: the document is a map, and not a set", "name a place inside of it"},
};

TEST_CASE(
    "an op that cannot be done is refused with its number, its place, the reason and advice") {
  Refuser refuser;
  const auto check = [&refuser](const Refusal& row) {
    const Json ops = {{{"op", "set"}, {"path", "/z"}, {"value", 0}}, spelled_out(row.asked)};
    refuser.check(row, "entity.update", {{"entity", refuser.entity}, {"ops", ops}},
                  "params.ops[1]");
  };
  for (const Refusal& row : of_texts) check(row);
  for (const Refusal& row : of_places) check(row);
  for (const Refusal& row : of_containers) check(row);
}

TEST_CASE("an op alone is refused as one of several is") {
  Refuser refuser;
  const Refusal row{R"({"op":"set","path":"/l/7","value":1})",
                    "params.ops[0] at /l/7: /l is a list of 3 items, and has no item 7",
                    "its items are"};
  refuser.check(row, "entity.update",
                {{"entity", refuser.entity}, {"ops", {Json::parse(row.asked)}}}, "");
}

TEST_CASE("a value that no document can hold is refused at its place in every form") {
  const Refusal rows[] = {
      {R"({"a":{"KEY":1}})", ".a.kkkk", "keep long names in a value", "too_large"},
      {R"({"a":{"$set":[1,"LONG"]}})", ".a.$set[1]: the string in a set has 16385 bytes",
       "keep long strings", "too_large"},
      {R"({"a":{"$set":[[1]]}})", ".a.$set[0] has to be a string", params_next},
      {R"({"a":{"$txt":"x"}})", R"(.a has the one key "$txt", which is no marker; did you mean)",
       "markers are"},
      {R"({"a":{"$tree":[{"id":"x","parent":"y"}]}})", ".a.$tree[0].parent has to be null",
       params_next},
      {R"({"a":{"$text":"abc","$marks":[{"from":0,"to":4,"key":"k","value":1}]}})",
       ".a.$marks[0].to is beyond the end of the text, which is at 3", params_next},
      {R"({"a":{"$text":"abc","$marks":[{"from":0,"to":1,"key":"k","value":"LONG"}]}})",
       ".a.$marks[0].value: the value of a mark has 16385 bytes", "keep it elsewhere", "too_large"},
  };
  Refuser refuser;
  for (const Refusal& row : rows) {
    const Json value = spelled_out(row.asked);
    refuser.check(row, "entity.create", {{"value", value}}, "params.value");
    refuser.check(row, "entity.put", {{"entity", refuser.entity}, {"value", value}},
                  "params.value");
    refuser.check(row, "entity.update", {{"entity", refuser.entity}, {"merge_patch", value}},
                  "params.merge_patch");
  }
  const Refusal long_leaf{R"({"a":["LONG"]})", ".a[0]: the string has 16385 bytes",
                          "make it a text", "too_large"};
  refuser.check(long_leaf, "entity.create", {{"value", spelled_out(long_leaf.asked)}},
                "params.value");
}

TEST_CASE("what is too long for the set that is there is refused with its place in the document") {
  Refuser refuser;
  const Refusal row{R"({"s":["LONG"]})", "/s: the string in a set has 16385 bytes",
                    "keep long strings", "too_large"};
  const Json value = spelled_out(row.asked);
  refuser.check(row, "entity.put", {{"entity", refuser.entity}, {"value", value}}, "");
  refuser.check(row, "entity.update", {{"entity", refuser.entity}, {"merge_patch", value}}, "");
}

TEST_CASE("what is read where nothing is, or at no position, is refused with the place") {
  const Refusal rows[] = {
      {"/nope", "nothing is at /nope", "entity.get shows what is there", "not_found"},
      {"/l/9", "nothing is at /l/9: /l is a list of 3 items, and has no item 9",
       "its items are /l/0 to /l/2", "not_found"},
      {"/n/x", "nothing is at /n/x: /n is a number, and nothing is inside of it",
       "correct the path", "not_found"},
  };
  Refuser refuser;
  for (const Refusal& row : rows)
    refuser.check(row, "entity.get", {{"entity", refuser.entity}, {"path", row.asked}}, "");
  const Refusal beyond{"/t", "/t: position 9 is beyond the end; the text has 4 Unicode",
                       "read the text again"};
  refuser.check_in_texts(beyond);
}

TEST_CASE("who is told how to make a text is told that it replaces what is there") {
  const Refusal rows[] = {
      {"/l", "no text is at /l: there is a list of 3 items",
       "entity.get with \"annotated\" shows where texts are; correct the path, or replace what is "
       R"(there by a text: {"op": "set", "path": "/l", "value": {"$text": ""}})",
       "not_found"},
      {"/nope", "no text is at /nope",
       "entity.get with \"annotated\" shows where texts are; make a text there first: "
       R"({"op": "set", "path": "/nope", "value": {"$text": ""}})",
       "not_found"},
  };
  Refuser refuser;
  for (const Refusal& row : rows) refuser.check_in_texts(row);
}

TEST_CASE("remove changes nothing where no key is, and is refused where no item is") {
  Refuser refuser;
  const auto remove = [&refuser](const char* path) {
    return Json{{"entity", refuser.entity}, {"ops", {{{"op", "remove"}, {"path", path}}}}};
  };
  for (const char* key : {"/nope", "/nope/x", "/m/nope"}) {
    CAPTURE(key);
    CHECK(refuser.program.call("entity.update", remove(key))["ops_applied"] == 0);
  }
  CHECK(refuser.read() == refuser.before);
  for (const char* place : {"/l/3", "/new/0", "/tree/~3zz"}) {
    CAPTURE(place);
    CHECK(refuser.program.refused("entity.update", remove(place)) == "invalid");
  }
}

TEST_CASE("a step of a JSON Patch that cannot be done is refused with its number and the reason") {
  const Refusal rows[] = {
      {R"({"op":"add","path":"/l/9","value":1})", " (add): /l/9 is beyond the end", again},
      {R"({"op":"add","path":"/nope/x","value":1})", " (add): /nope is not there", again},
      {R"({"op":"add","path":"/s/0","value":"LONG"})", " (add): the string in a set has 16385",
       "keep long strings", "too_large"},
      {R"({"op":"add","path":"/KEY","value":1})", ".path: the key has 1025 bytes",
       "keep long names", "too_large"},
      {R"({"op":"move","path":"/x","from":"/nope"})", " (move): /nope is not there", again},
      {R"({"op":"test","path":"/n","value":6})", " (test): /n has another value", "read again",
       "conflict"},
      {R"({"op":"test","path":"/nope","value":6})", " (test): /nope is not there", "read again",
       "conflict"},
      {R"({"op":"copy","path":"/DEEP","from":"/m"})", " (copy): a value would be 33 steps below",
       "nest less deeply", "too_large"},
  };
  Refuser refuser;
  std::string deep;
  for (int i = 0; i < 30; ++i) {
    deep += "/a";
    const Json made = {{{"op", "set"}, {"path", deep}, {"value", Json::object()}}};
    refuser.program.call("entity.update", {{"entity", refuser.entity}, {"ops", made}});
  }
  refuser.before = refuser.read();
  for (const Refusal& row : rows) {
    const Json patch = {{{"op", "test"}, {"path", "/n"}, {"value", 5}}, spelled_out(row.asked)};
    refuser.check(row, "entity.update", {{"entity", refuser.entity}, {"json_patch", patch}},
                  "params.json_patch[1]");
  }
}

TEST_CASE("a document as deep as one may be is written and read in every form") {
  Refuser refuser;
  Json deep = 1;
  for (int i = 0; i < 32; ++i) deep = {{"a", deep}};
  const Json made = refuser.program.call("entity.create", {{"value", deep}});
  const Json id = made["entity"];
  CHECK(refuser.program.call("entity.get", {{"entity", id}})["value"] == deep);
  CHECK(refuser.program.call("entity.put", {{"entity", id}, {"value", deep}})["ops_applied"] == 0);
  const Json deeper = {{"a", deep}};
  CHECK(refuser.program.refused("entity.create", {{"value", deeper}}) == "too_large");
  CHECK(refuser.program.refused("entity.put", {{"entity", id}, {"value", deeper}}) == "too_large");
  // Trees and maps that have to be escaped take most levels of JSON.
  Json tree = {{"id", "n"}, {"value", Json::object()}};
  for (int i = 0; i < 15; ++i) tree = {{"id", "n"}, {"value", {{"a", {{"$tree", {tree}}}}}}};
  const Json forest = {{"t", {{"$tree", {tree}}}}};
  const Json grown = refuser.program.call("entity.create", {{"value", forest}})["entity"];
  const Json read = refuser.program.call("entity.get", {{"entity", grown}, {"annotated", true}});
  CHECK(parse(dump(read), answer_limits).has_value());
  CHECK(parse(dump({{"params", {{"value", read["value"]}}}})).has_value());
}

}  // namespace
}  // namespace syncline::ipc
