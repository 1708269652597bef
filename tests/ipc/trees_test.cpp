// SPDX-License-Identifier: Apache-2.0
//
// Trees and moves within lists, as a local program has them of real nodes.
#include "tests/ipc/program.h"

#include <string>

#include <doctest/doctest.h>

namespace syncline::ipc {
namespace {

using testing::pair_by_api;
using testing::password;
using testing::Program;

// Two devices of one vault with an entity.
struct Grove {
  explicit Grove(const char* value) : devices(2), laptop(devices, 0), phone(devices, 1) {
    laptop.call("vault.init", {{"password", password}, {"device_name", "laptop"}});
    pair_by_api(devices, laptop, phone);
    id = laptop.call("entity.create", {{"type", "plan"}, {"value", Json::parse(value)}})["entity"];
    devices.run();
  }
  Json with(const char* ops) const { return {{"entity", id}, {"ops", Json::parse(ops)}}; }
  Json update(Program& program, const char* ops) {
    return program.call("entity.update", with(ops));
  }
  // What is wrong, and what to do.
  std::string complaint(const char* ops) {
    const Json error = laptop.error("entity.update", with(ops));
    return error.value("detail", "") + "; " + error.value("next", "");
  }
  Json read(Program& program, Json more = Json::object()) {
    more["entity"] = id;
    return program.call("entity.get", std::move(more))["value"];
  }
  void apart(const char* here, const char* there) {
    devices.isolate(1);
    devices.run();
    update(laptop, here);
    update(phone, there);
    devices.reconnect(1);
    devices.run();
    CHECK(read(laptop) == read(phone));
  }
  Json conflicts(Program& program) {
    return program.call("conflict.list", {{"entity", id}})["conflicts"];
  }
  // "a(b c)d"
  std::string outline(Program& program) { return outline_of(read(program)["tree"], Json()); }

  node::Devices devices;
  Program laptop, phone;
  std::string id;

 private:
  static std::string outline_of(const Json& tree, const Json& parent) {
    std::string text;
    for (const Json& node : tree) {
      if (node["parent"] != parent) continue;
      const std::string below = outline_of(tree, node["id"]);
      text += (text.empty() ? "" : " ") + node["id"].get<std::string>();
      if (!below.empty()) text += "(" + below + ")";
    }
    return text;
  }
};

const char* const plan = R"({"tree":{"$tree":[
    {"id":"a"},{"id":"b","parent":"a","value":{"t":{"$text":"x"}}},{"id":"c"}]}})";

}  // namespace

TEST_CASE("nodes are made, moved and removed where the ops say") {
  Grove grove(plan);
  CHECK(grove.outline(grove.laptop) == "a(b) c");
  grove.update(grove.laptop, R"([
      {"op":"tree.insert","path":"/tree","id":"d","after":"a","value":{"n":1,"list":[1]}},
      {"op":"tree.insert","path":"/tree","id":"e","parent":"a","at":"first"},
      {"op":"tree.insert","path":"/tree","id":"f","parent":"a"},
      {"op":"tree.move","path":"/tree","id":"c","before":"b"},
      {"op":"set","path":"/tree/~3d/n","value":2},
      {"op":"text.insert","path":"/tree/~3b/t","at":1,"text":"y"}])");
  CHECK(grove.outline(grove.laptop) == "a(e c b f) d");
  CHECK(grove.read(grove.laptop, {{"path", "/tree/~3d"}}) == Json::parse(R"({"n":2,"list":[1]})"));
  CHECK(grove.read(grove.laptop, {{"path", Json::array({"tree", {{"node", "b"}}, "t"})}}) == "xy");
  grove.update(grove.laptop, R"([{"op":"tree.move","path":"/tree","id":"e","at":2}])");
  CHECK(grove.outline(grove.laptop) == "a(c b e f) d");
  grove.update(grove.laptop,
               R"([{"op":"tree.move","path":"/tree","id":"a","parent":"d","at":"first"}])");
  CHECK(grove.outline(grove.laptop) == "d(a(c b e f))");
  grove.update(grove.laptop, R"([{"op":"tree.move","path":"/tree","id":"b","parent":null},
                                 {"op":"tree.remove","path":"/tree","id":"a"},
                                 {"op":"remove","path":"/tree/~3b/t"}])");
  CHECK(grove.outline(grove.laptop) == "d b");
  grove.devices.run();
  CHECK(grove.outline(grove.phone) == "d b");
  // Where no tree is, the first node makes one.
  grove.update(grove.phone, R"([{"op":"tree.insert","path":"/deep/er","id":"x"}])");
  CHECK(grove.read(grove.phone)["deep"]["er"] ==
        Json::parse(R"([{"id":"x","parent":null,"value":{}}])"));
}

TEST_CASE("a node without an id gets one, and the answer tells it, repeated calls included") {
  Grove grove("{}");
  Json call = grove.with(R"([{"op":"tree.insert","path":"/tree"},
                             {"op":"tree.insert","path":"/tree","id":"mine"},
                             {"op":"tree.insert","path":"/tree","value":{"t":1}}])");
  call["idempotency_key"] = "once";
  const Json written = grove.laptop.call("entity.update", call);
  REQUIRE(written["made"].size() == 3);
  CHECK(written["made"][0].get<std::string>().size() == 16);
  CHECK(written["made"][1] == "mine");
  CHECK(written["made"][0] != written["made"][2]);
  CHECK(grove.laptop.call("entity.update", call) == written);
  const Json tree = grove.read(grove.laptop)["tree"];
  REQUIRE(tree.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(tree[i]["id"] == written["made"][i]);
  call["ops"][1]["id"] = "other";
  CHECK(grove.laptop.refused("entity.update", call) == "invalid");
  const Json alone =
      grove.update(grove.laptop, R"([{"op":"tree.insert","path":"/tree","after":"mine"}])");
  REQUIRE(alone["made"].size() == 1);
  CHECK(grove.read(grove.laptop)["tree"][2]["id"] == alone["made"][0]);
  CHECK_FALSE(
      grove.update(grove.laptop, R"([{"op":"set","path":"/x","value":1}])").contains("made"));
}

TEST_CASE("an op on a tree that makes no sense is refused with what to do, and changes nothing") {
  Grove grove(plan);
  const Json before = grove.read(grove.laptop);
  const auto says = [&grove](const char* op, const char* words) {
    CAPTURE(op);
    const std::string detail = grove.complaint(op);
    CHECK_MESSAGE(detail.find(words) != std::string::npos, detail);
  };
  says(R"([{"op":"tree.move","path":"/tree","id":"a","parent":"b"}])",
       "cannot be moved below itself; first move");
  says(R"([{"op":"tree.move","path":"/tree","id":"z","parent":"b"}])", "has no node \"z\"");
  says(R"([{"op":"tree.move","path":"/tree","id":"c","parent":"z"}])", "has no node \"z\"");
  says(R"([{"op":"tree.move","path":"/tree","id":"c","after":"z"}])", "has no node \"z\"");
  says(R"([{"op":"tree.move","path":"/tree","id":"c","after":"b","parent":"c"}])",
       "leave out the parent");
  says(R"([{"op":"tree.move","path":"/tree","id":"c","after":"c"}])", "beside itself");
  says(R"([{"op":"tree.move","path":"/tree","id":"c","at":7}])", "beyond the end");
  says(R"([{"op":"tree.move","path":"/tree","id":"c","after":"b","at":0}])",
       R"(one of "before", "after" and "at")");
  says(R"([{"op":"tree.move","path":"/none","id":"c"}])", "tree.insert makes one");
  says(R"([{"op":"tree.remove","path":"/tree","id":"z"}])", "entity.get shows");
  says(R"([{"op":"tree.insert","path":"/tree","parent":7}])", "or null for the top");
  says(R"([{"op":"tree.insert","path":"/tree","id":""}])", "64 bytes");
  says(R"([{"op":"put","path":"/tree/~3a","value":7}])", "what a node holds is a map");
  says(R"([{"op":"put","path":"/tree/~3z","value":{}}])", "tree.insert makes one");
  says(R"([{"op":"set","path":"/x","value":1},{"op":"tree.insert","path":"/x","id":"n"}])",
       "params.ops[1] at /x: /x is a number, and not a tree");
  const std::string long_id(65, 'x');
  CHECK(grove.laptop
            .complaint("entity.update",
                       {{"entity", grove.id},
                        {"ops", {{{"op", "tree.insert"}, {"path", "/tree"}, {"id", long_id}}}}})
            .find("has 65 bytes, and may have at most 64") != std::string::npos);
  CHECK(grove.laptop.refused("entity.update",
                             grove.with(R"([{"op":"tree.insert","path":"/tree","id":"a"}])")) ==
        "already_exists");
  CHECK(grove.complaint(R"([{"op":"tree.insert","path":"/tree","id":"a"}])").find("tree.move") !=
        std::string::npos);
  CHECK(grove.read(grove.laptop) == before);
}

TEST_CASE("a tree reads as its nodes, annotated as it is written") {
  Grove grove(plan);
  CHECK(grove.read(grove.laptop) == Json::parse(R"({"tree":[
      {"id":"a","parent":null,"value":{}},{"id":"b","parent":"a","value":{"t":"x"}},
      {"id":"c","parent":null,"value":{}}]})"));
  const Json annotated = grove.read(grove.laptop, {{"annotated", true}});
  CHECK(annotated == Json::parse(R"({"tree":{"$tree":[
      {"id":"a","parent":null,"value":{}},{"id":"b","parent":"a","value":{"t":{"$text":"x"}}},
      {"id":"c","parent":null,"value":{}}]}})"));
  const Json again = grove.laptop.call("entity.create", {{"value", annotated}});
  CHECK(grove.laptop.call("entity.get", {{"entity", again["entity"]},
                                         {"annotated", true}})["value"] == annotated);
  std::string places;
  const Json whole = grove.laptop.call("entity.get", {{"entity", grove.id}, {"annotated", true}});
  for (const Json& note : whole["notes"]) places += note["path"].get<std::string>() + " ";
  CHECK(places == "/tree /tree/~3a /tree/~3b /tree/~3b/t /tree/~3c ");
  // A whole tree is put by the fewest moves.
  Json wanted = Json::parse(R"({"tree":[{"id":"c","parent":null,"value":{}},
      {"id":"a","parent":"c","value":{}},{"id":"b","parent":"a","value":{"t":"xz"}}]})");
  CHECK(grove.laptop.call("entity.put", {{"entity", grove.id}, {"value", wanted}})["ops_applied"] ==
        2);
  CHECK(grove.read(grove.laptop) == wanted);
}

TEST_CASE("a node that two devices move is at one place, and either place can be chosen") {
  for (const std::size_t choice : {0U, 1U}) {
    Grove grove(plan);
    grove.apart(R"([{"op":"tree.move","path":"/tree","id":"b","parent":"c"}])",
                R"([{"op":"tree.move","path":"/tree","id":"b","parent":null,"at":"first"}])");
    const Json rows = grove.conflicts(grove.phone);
    CHECK(rows == grove.conflicts(grove.laptop));
    REQUIRE(rows.size() == 1);
    CHECK(rows[0]["kind"] == "move_lost");
    CHECK(rows[0]["path"] == "/tree/~3b");
    REQUIRE(rows[0]["values"].size() == 2);
    for (const Json& value : rows[0]["values"]) {
      CHECK(value["kind"] == "place");
      const bool is_laptop = value["device_name"] == "laptop";
      CHECK(value["value"] == Json::parse(is_laptop ? R"({"parent":"c","index":0})"
                                                    : R"({"parent":null,"index":0})"));
    }
    const Json wanted = rows[0]["values"][choice]["value"]["parent"];
    const Json params = {{"entity", grove.id}, {"path", "/tree/~3b"}};
    const auto with = [&params](const char* key, Json value) {
      Json made = params;
      made[key] = std::move(value);
      return made;
    };
    CHECK(grove.laptop.complaint("conflict.resolve", with("value", {{"parent", "c"}}))
              .find("tree.move or list.move") != std::string::npos);
    CHECK(grove.laptop.complaint("conflict.resolve", with("choose", "removal"))
              .find("choose one of its places") != std::string::npos);
    CHECK(grove.laptop.complaint("conflict.resolve", with("choose", 2)).find("fewer") !=
          std::string::npos);
    Json call = with("choose", choice);
    call["kind"] = "edited_and_deleted";
    CHECK(grove.laptop.refused("conflict.resolve", call) == "not_found");
    call["kind"] = "move_lost";
    grove.laptop.call("conflict.resolve", call);
    grove.devices.run();
    for (Program* program : {&grove.laptop, &grove.phone}) {
      CHECK(grove.conflicts(*program).empty());
      CHECK(grove.outline(*program) == (wanted.is_null() ? "b a c" : "a c(b)"));
    }
  }
}

TEST_CASE("a node that one removes and another writes into stays, and can be settled") {
  Grove grove(plan);
  const char* const removing = R"([{"op":"tree.remove","path":"/tree","id":"a"}])";
  const char* const typing = R"([{"op":"text.insert","path":"/tree/~3b/t","at":1,"text":"y"}])";
  grove.apart(removing, typing);
  CHECK(grove.outline(grove.laptop) == "a(b) c");
  const Json rows = grove.conflicts(grove.laptop);
  REQUIRE_FALSE(rows.empty());
  for (const Json& row : rows) CHECK(row["kind"] == "edited_and_deleted");
  // Writing settles it, too.
  grove.laptop.call(
      "conflict.resolve",
      {{"entity", grove.id}, {"path", rows[0]["path"]}, {"value", {{"title", "kept"}}}});
  for (const Json& row : grove.conflicts(grove.laptop))
    grove.laptop.call("conflict.resolve",
                      {{"entity", grove.id}, {"path", row["path"]}, {"choose", 0}});
  grove.devices.run();
  CHECK(grove.conflicts(grove.phone).empty());
  CHECK(grove.read(grove.phone, {{"path", rows[0]["path"]}}) == Json::parse(R"({"title":"kept"})"));
  CHECK(grove.outline(grove.phone) == "a(b) c");
}

TEST_CASE("what comes between two lost places is written like anything else") {
  Grove grove(R"({"l":[{"t":"a"},{"t":"b"},{"t":"c"},{"t":"d"}],
                  "tree":{"$tree":[{"id":"p"},{"id":"n"},{"id":"s"}]}})");
  const char* const moves = R"([{"op":"tree.move","path":"/tree","id":"n","parent":"p"},
                                {"op":"list.move","path":"/l","from":0,"to":2}])";
  grove.apart(moves, moves);
  CHECK(grove.conflicts(grove.laptop).empty());
  // Both moved the same way; now something may come between what each had meant.
  for (const char* at : {"\"first\"", "1"}) {
    const std::string ops = std::string(R"([{"op":"set","path":"/x","value":1},
        {"op":"tree.move","path":"/tree","id":"s","parent":"p","at":)") +
                            at + R"(},
        {"op":"list.insert","path":"/l","at":2,"values":[1]},
        {"op":"list.insert","path":"/l","at":4,"values":[2]}])";
    grove.update(grove.laptop, ops.c_str());
  }
  grove.devices.run();
  CHECK(grove.read(grove.laptop) == grove.read(grove.phone));
}

TEST_CASE("two who would make a circle make none") {
  Grove grove(R"({"tree":{"$tree":[{"id":"a"},{"id":"b"}]}})");
  grove.apart(R"([{"op":"tree.move","path":"/tree","id":"a","parent":"b"}])",
              R"([{"op":"tree.move","path":"/tree","id":"b","parent":"a"}])");
  const std::string outline = grove.outline(grove.laptop);
  CHECK((outline == "a(b)" || outline == "b(a)"));
  const Json rows = grove.conflicts(grove.laptop);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["kind"] == "move_lost");
  const Json call = {{"entity", grove.id}, {"path", rows[0]["path"]}};
  Json other = call;
  other["choose"] = 1;
  CHECK(grove.laptop.complaint("conflict.resolve", other).find("move the node above it away") !=
        std::string::npos);
  other["choose"] = 0;
  grove.laptop.call("conflict.resolve", other);
  CHECK(grove.conflicts(grove.laptop).empty());
}

TEST_CASE("an item that is moved stays the same item, whoever moves or changes it meanwhile") {
  Grove grove(R"({"l":[{"t":"a"},{"t":"b"},{"t":"c"}]})");
  grove.apart(R"([{"op":"list.move","path":"/l","from":0,"to":2}])",
              R"([{"op":"set","path":"/l/0/done","value":true}])");
  CHECK(grove.read(grove.phone)["l"] ==
        Json::parse(R"([{"t":"b"},{"t":"c"},{"t":"a","done":true}])"));
  CHECK(grove.conflicts(grove.phone).empty());
  // The forms that compare find what moved.
  Json wanted = grove.read(grove.laptop);
  std::swap(wanted["l"][0], wanted["l"][2]);
  CHECK(grove.laptop.call("entity.put", {{"entity", grove.id}, {"value", wanted}})["ops_applied"] ==
        2);
  CHECK(grove.read(grove.laptop) == wanted);
  CHECK(grove.laptop.call(
            "entity.update",
            {{"entity", grove.id},
             {"json_patch",
              Json::parse(R"([{"op":"move","from":"/l/0","path":"/l/1"}])")}})["ops_applied"] == 1);
  grove.devices.run();

  const std::string first = grove.read(grove.laptop)["l"][0]["t"];
  grove.apart(R"([{"op":"list.move","path":"/l","from":0,"to":1}])",
              R"([{"op":"list.move","path":"/l","from":0,"to":2}])");
  const Json rows = grove.conflicts(grove.laptop);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["kind"] == "move_lost");
  for (const Json& value : rows[0]["values"]) {
    CHECK(value["kind"] == "place");
    CHECK(value["value"]["index"] == (value["device_name"] == "laptop" ? 1 : 2));
  }
  grove.laptop.call("conflict.resolve",
                    {{"entity", grove.id}, {"path", rows[0]["path"]}, {"choose", 1}});
  grove.devices.run();
  CHECK(grove.conflicts(grove.phone).empty());
  const std::size_t index = rows[0]["values"][1]["value"]["index"];
  CHECK(grove.read(grove.phone)["l"][index]["t"] == first);
  CHECK(grove.complaint(R"([{"op":"list.move","path":"/l","from":0,"to":3}])") ==
        "params.ops[0] at /l: /l is a list of 3 items, and has no item 3; "
        "move it to a place from 0 to 2");
  CHECK(grove.complaint(R"([{"op":"list.move","path":"/none","from":0,"to":0}])") ==
        "params.ops[0] at /none: /none is not there, so it has no item 0; entity.get shows "
        "what is there");
}

TEST_CASE("a JSON Patch reaches into the nodes of a tree by their ids") {
  Grove grove(plan);
  const auto patch = [&grove](const char* steps) -> Json {
    return {{"entity", grove.id}, {"json_patch", Json::parse(steps)}};
  };
  grove.laptop.call("entity.update", patch(R"([
      {"op":"test","path":"/tree/b/t","value":"x"},
      {"op":"add","path":"/tree/~3b/n","value":1},
      {"op":"replace","path":"/tree/c","value":{"m":[1]}},
      {"op":"copy","from":"/tree/c/m","path":"/tree/a/m"},
      {"op":"remove","path":"/tree/c"}])"));
  CHECK(grove.read(grove.laptop)["tree"] == Json::parse(R"([
      {"id":"a","parent":null,"value":{"m":[1]}},
      {"id":"b","parent":"a","value":{"n":1,"t":"x"}}])"));
  CHECK(grove.laptop
            .complaint("entity.update", patch(R"([{"op":"add","path":"/tree/z","value":{}}])"))
            .find("tree.insert") != std::string::npos);
  CHECK(grove.laptop
            .complaint("entity.update", patch(R"([{"op":"move","from":"/tree/b","path":"/x"}])"))
            .find("tree.move") != std::string::npos);
  CHECK(grove.laptop.complaint("entity.update", patch(R"([{"op":"remove","path":"/tree/z"}])")) ==
        "params.json_patch[0] (remove): /tree/z is not there");
}

}  // namespace syncline::ipc
