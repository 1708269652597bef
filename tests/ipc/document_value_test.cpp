// SPDX-License-Identifier: Apache-2.0
#include "ipc/document_value.h"

#include "ipc/entity_ops.h"
#include "tests/ipc/live_document.h"

#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace syncline::ipc {
namespace {

using testing::LiveDocument;

std::vector<step::EditOp> ops_for(const std::string& value) {
  Json json = parse(value).value();
  std::vector<step::EditOp> ops;
  const Status filled = OpsWriter(ops).fill_document(json, "params.value");
  REQUIRE_MESSAGE(filled.has_value(), (filled ? "" : filled.error().context));
  return ops;
}

std::string refusal_of(const std::string& value) {
  Json json = parse(value).value();
  std::vector<step::EditOp> ops;
  const Status filled = OpsWriter(ops).fill_document(json, "value");
  REQUIRE_FALSE(filled.has_value());
  CHECK(filled.error().code == Errc::invalid);
  return filled.error().context;
}

LiveDocument document_of(const std::string& value) {
  LiveDocument document;
  document.apply(ops_for(value));
  return document;
}

Json annotated(const LiveDocument& document) {
  return to_annotated_json(document.read(), {document.kinds(), {}});
}

void update(LiveDocument& document, const std::string& ops_text) {
  Json ops = parse(ops_text).value();
  const Status fits = check(entity_ops_schema(), ops, "ops");
  REQUIRE_MESSAGE(fits.has_value(), (fits ? "" : fits.error().context));
  const auto ops_made = read_entity_ops(ops, "ops");
  REQUIRE_MESSAGE(ops_made.has_value(), (ops_made ? "" : ops_made.error().context));
  document.apply(ops_made->edits);
}

const char* const everything = R"({
  "title": "Trip", "done": false, "rank": 1.5, "big": -9007199254740992, "none": null, "": "empty",
  "body": {"$text": "It begins."}, "likes": {"$counter": 5}, "tags": {"$set": [true, 1, "a"]},
  "empty": {"map": {}, "list": [], "text": {"$text": ""}, "counter": {"$counter": 0},
            "set": {"$set": []}},
  "items": [1, "two", {"name": "three", "note": {"$text": "x"}}, [4, [5, {}]], {"$counter": -7}, {"$counter": "12.50"},
            {"$set": ["s"]}, {"$text": "t"}, null],
  "escaped": {"$map": {"$text": "not a marker"}}, "two": {"$counter": "a", "$set": "b"},
  "long": {"$map": {"$text": "a", "$mark": []}},
  "12": {"34": "digits"}
})";

TEST_CASE("what was created reads back the same, plain and annotated") {
  const LiveDocument document = document_of(everything);
  const Json source = Json::parse(everything);
  CHECK(annotated(document) == source);

  const Json plain = to_json(document.read());
  CHECK(plain["body"] == "It begins.");
  CHECK(plain["likes"] == 5);
  CHECK(plain["tags"].size() == 3);
  CHECK(plain["items"][4] == -7);
  CHECK(plain["escaped"] == Json::parse(R"({"$text": "not a marker"})"));
  CHECK(plain["title"] == "Trip");
  CHECK(plain["empty"]["list"] == Json::array());
}

TEST_CASE("the annotated form makes the same document again") {
  const LiveDocument first = document_of(everything);
  const LiveDocument second = document_of(dump(annotated(first)));
  CHECK(second.read() == first.read());
  CHECK(second.kinds() == first.kinds());
}

TEST_CASE("a zero has no sign, before it is stored as after") {
  const crdt::Value value = document_of(R"({"zero":-0.0})").read();
  const auto& zero = std::get<crdt::ValueMap>(value.node).at("zero");
  CHECK_FALSE(std::signbit(std::get<double>(std::get<crdt::Scalar>(zero.node))));
}

TEST_CASE("a counter of zero is made however the zero is written") {
  for (const char* zero : {"0", "-0", R"("0")", R"("-0")"}) {
    CAPTURE(zero);
    const std::string counter = std::string(R"({"$counter":)") + zero + "}";
    const LiveDocument document = document_of(R"({"c":)" + counter + R"(,"m":{"c":)" + counter +
                                              R"(},"l":[)" + counter + "]}");
    CHECK(annotated(document) ==
          Json::parse(R"({"c":{"$counter":0},"m":{"c":{"$counter":0}},"l":[{"$counter":0}]})"));
  }
  for (const char* zero : {"0.0", "0.00", "-0.00"}) {
    CAPTURE(zero);
    const std::string counter = std::string(R"({"$counter":")") + zero + "\"}";
    const std::string read =
        std::string(R"({"$counter":")") + (zero[0] == '-' ? zero + 1 : zero) + "\"}";
    CHECK(annotated(document_of(R"({"m":{"c":)" + counter + "}}")) ==
          Json::parse(R"({"m":{"c":)" + read + "}}"));
  }
}

TEST_CASE("a counter beyond 2^53 reads as a string, which makes the same counter again") {
  const auto reads = [](const std::string& digits, const Json& as) {
    CAPTURE(digits);
    const LiveDocument first = document_of(R"({"c":{"$counter":")" + digits + R"("}})");
    CHECK(to_json(first.read())["c"] == as);
    const Json again = annotated(first);
    CHECK(again == Json({{"c", {{"$counter", as}}}}));
    const LiveDocument second = document_of(dump(again));
    CHECK(second.read() == first.read());
    CHECK(second.kinds() == first.kinds());
  };
  reads("9007199254740992", 9007199254740992);
  reads("-9007199254740992", -9007199254740992);
  for (const char* far : {"9007199254740993", "-9007199254740993", "9223372036854775807",
                          "-9223372036854775808", "9223372036854775808"})
    reads(far, far);
}

TEST_CASE("an empty document needs no ops") {
  CHECK(ops_for("{}").empty());
  CHECK(annotated(document_of(R"({"$map": {"$x": 1}})")) == Json::parse(R"({"$map": {"$x": 1}})"));
}

TEST_CASE("a long text goes in pieces and stays whole") {
  std::string text;
  while (text.size() < 100'000) text += "a\xc3\xa4\xf0\x9f\x98\x80";
  const auto ops = ops_for(dump({{"body", {{"$text", text}}}}));
  CHECK(ops.size() > 10);
  LiveDocument document;
  document.apply(ops);
  CHECK(to_json(document.read())["body"] == text);
}

TEST_CASE("a long list goes in pieces and stays whole") {
  Json list = Json::array();
  for (int i = 0; i < 1000; ++i) list.push_back(i % 7 == 0 ? Json(std::string(500, 'x')) : Json(i));
  list.push_back({{"deep", {1, 2}}});
  const auto ops = ops_for(dump({{"list", list}}));
  CHECK(ops.size() > 4);
  LiveDocument document;
  document.apply(ops);
  CHECK(to_json(document.read())["list"] == list);
}

TEST_CASE("what looks like a marker and is none is refused, with the place and the nearest name") {
  const auto says = [](const char* value, const char* words) {
    CAPTURE(value);
    const std::string context = refusal_of(value);
    CHECK_MESSAGE(context.find(words) == 0, context);
  };
  says(R"({"a":{"$txt":"x"}})",
       R"(value.a has the one key "$txt", which is no marker; did you mean "$text"?)");
  says(R"({"a":{"$text":"x","$mark":[]}})",
       R"(value.a has "$mark" beside "$text"; did you mean "$marks"?)");
  says(R"({"a":{"$text":"x","marks":[]}})",
       R"(value.a has "marks" beside "$text"; did you mean "$marks"?)");
  says(R"({"a":{"$text":1}})", "value.a.$text has to be a string");
  says(R"({"a":{"$counter":1.5}})", "value.a.$counter has to be an integer, or a decimal");
  says(R"({"a":{"$set":{}}})", "value.a.$set has to be an array");
  says(R"({"a":[[{"$map":[]}]]})", "value.a[0][0].$map has to be an object");
  says(R"({"a":{"$set":[1,[]]}})", "value.a.$set[1] has to be a string");
  says(R"({"a":{"$tree":[{"id":"n","parent":"m"}]}})", "value.a.$tree[0].parent has to be null");
  says("[]", "value is a list, and the document itself is a map");
  says(R"({"$text":"x"})", "value is a text, and the document itself is a map");
}

TEST_CASE("each op of entity.update changes what it says") {
  LiveDocument document = document_of(
      R"({"title":"a","body":{"$text":"hello"},"n":{"$counter":1},"s":{"$set":["x"]},
          "l":[1,2,3],"m":{"k":"v"}})");
  update(document, R"([
    {"op":"set","path":"/title","value":"b"},
    {"op":"set","path":"/new/deep/er","value":{"x":[1,{"$text":"t"}]}},
    {"op":"remove","path":"/m/k"},
    {"op":"text.insert","path":"/body","at":5,"text":" w\u00f6rld"},
    {"op":"text.remove","path":"/body","at":0,"count":1},
    {"op":"list.insert","path":"/l","at":1,"values":["i",{"a":1}]},
    {"op":"list.remove","path":"/l","at":4,"count":1},
    {"op":"list.set","path":"/l","at":0,"value":{"$counter":3}},
    {"op":"set","path":"/l/3","value":"last"},
    {"op":"counter.add","path":"/n","by":-3},
    {"op":"counter.add","path":"/price","by":"12.50"},
    {"op":"counter.add","path":"/price","by":1},
    {"op":"set.add","path":"/s","value":2},
    {"op":"set.remove","path":"/s","value":"x"},
    {"op":"set","path":["years","2026"],"value":true},
    {"op":"set","path":"/gone","value":1},
    {"op":"remove","path":"/gone"}
  ])");
  CHECK(annotated(document) == Json::parse(R"({
    "title":"b","new":{"deep":{"er":{"x":[1,{"$text":"t"}]}}},"m":{},
    "body":{"$text":"ello w\u00f6rld"},"l":[{"$counter":3},"i",{"a":1},"last"],
    "n":{"$counter":-2},"price":{"$counter":"13.50"},"s":{"$set":[2]},"years":{"2026":true}})"));
  update(document, R"([{"op":"remove","path":"/l/1"},{"op":"set","path":"/m","value":{"q":{}}}])");
  CHECK(annotated(document)["l"] == Json::parse(R"([{"$counter":3},{"a":1},"last"])"));
  CHECK(annotated(document)["m"] == Json::parse(R"({"q":{}})"));
}

TEST_CASE("setting a place replaces what was there, whatever it was") {
  LiveDocument document = document_of(R"({"a":{"x":1,"y":{"z":2}},"b":{"$text":"old"}})");
  update(document, R"([{"op":"set","path":"/a","value":{"x":{"new":true}}},
                       {"op":"set","path":"/b","value":{"$text":"new"}}])");
  CHECK(annotated(document) == Json::parse(R"({"a":{"x":{"new":true}},"b":{"$text":"new"}})"));
}

TEST_CASE("a text merge is passed on as it is") {
  Json ops = Json::parse(R"([{"op":"text.merge","path":"/body","from":"a","to":"b"}])");
  REQUIRE(check(entity_ops_schema(), ops, "ops").has_value());
  const auto made = read_entity_ops(ops, "ops");
  REQUIRE(made.has_value());
  REQUIRE(made->edits.size() == 1);
  CHECK(made->origins == std::vector<std::uint32_t>{0});
  const auto& merge = std::get<step::TextMerge>(made->edits[0]);
  CHECK(merge.path == crdt::Path{std::string("body")});
  CHECK(merge.from == "a");
  CHECK(merge.to == "b");
}

TEST_CASE("ops that cannot be meant are refused with their place") {
  const auto refused = [](const char* text) -> std::string {
    Json ops = Json::parse(text);
    if (const Status fits = check(entity_ops_schema(), ops, "ops"); !fits) {
      return fits.error().context;
    }
    const auto made = read_entity_ops(ops, "ops");
    return made ? std::string() : made.error().context;
  };
  CHECK(refused("[]").find("ops has to be an array of 1 to 4096 items") == 0);
  CHECK(refused(R"([{"op":"set","path":"/a"}])") == "ops[0].value is missing: any JSON value");
  CHECK(refused(R"([{"op":"sett","path":"/a"}])").find("ops[0].op has to be one of \"set\"") == 0);
  CHECK(refused(R"([{"op":"set","path":"","value":1}])")
            .find("ops[0].path has to name something inside") == 0);
  CHECK(refused(R"([{"op":"remove","path":[]}])").find("ops[0].path has to name") == 0);
  CHECK(refused(R"([{"op":"remove","path":"a"}])").find(R"(ops[0].path has to begin with "/")") ==
        0);
  CHECK(
      refused(R"([{"op":"remove","path":"/a"},{"op":"text.remove","path":"/a","at":0,"count":0}])")
          .find("ops[1].count has to be") == 0);
  CHECK(refused(R"([{"op":"set.add","path":"/a","value":{}}])").find("ops[0].value has to be") ==
        0);
  CHECK(refused(R"([{"op":"text.insert","path":"/a","at":0,"txt":"x"}])") ==
        R"(ops[0] knows no "txt"; did you mean "text"?)");
  CHECK(refused(R"([{"op":"list.insert","path":"/a","at":-1,"values":[1]}])")
            .find("ops[0].at has to be") == 0);
}

}  // namespace
}  // namespace syncline::ipc
