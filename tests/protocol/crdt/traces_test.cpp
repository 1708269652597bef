// SPDX-License-Identifier: Apache-2.0
//
// Recorded editing sessions of people end at their recorded content. The traces lie outside
// the project; without them the tests say so and run on a small trace of their own.
#include "tests/protocol/crdt/device.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace syncline;
using namespace syncline::crdt;
using namespace syncline::crdt::test;
using Json = nlohmann::json;

namespace {

std::filesystem::path trace_file(const std::string& name) {
  const char* given = std::getenv("SYNCLINE_TRACES");
  const std::filesystem::path folder =
      given ? given : std::filesystem::path(SYNCLINE_SOURCE_DIR) / "../shared/traces";
  return folder / (name + ".json.gz");
}

Json load(const std::string& name) {
  const auto file = trace_file(name);
  if (!std::filesystem::exists(file)) return {};
  const std::string command = "gzip -dc '" + file.string() + "'";
  std::FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe);
  std::string text;
  char part[65536];
  while (const std::size_t size = std::fread(part, 1, sizeof part, pipe)) text.append(part, size);
  REQUIRE(pclose(pipe) == 0);
  return Json::parse(text);
}

// Used where the recorded traces are absent.
const char* const own_sequential =
    R"({"startContent": "abc", "endContent": "aXYc!",
        "txns": [{"patches": [[1, 1, "X"]]}, {"patches": [[2, 0, "Y"], [4, 0, "!"]]}]})";
const char* const own_concurrent =
    R"({"endContent": "Oh, hello world", "txns": [
         {"parents": [], "agent": 0, "patches": [[0, 0, "hello"]]},
         {"parents": [0], "agent": 0, "patches": [[5, 0, " world"]]},
         {"parents": [0], "agent": 1, "patches": [[0, 0, "Oh, "]]},
         {"parents": [1, 2], "agent": 1, "patches": []}]})";

std::vector<Op> ops_of_patches(const Json& patches) {
  std::vector<Op> ops;
  for (const Json& patch : patches) {
    if (patch[1] > 0)
      ops.push_back(
          {at("text"), TextRemove{patch[0].get<std::uint64_t>(), patch[1].get<std::uint64_t>()}});
    if (!patch[2].get_ref<const std::string&>().empty())
      ops.push_back(
          {at("text"), TextInsert{patch[0].get<std::uint64_t>(), patch[2].get<std::string>()}});
  }
  return ops;
}

std::string text_of(const Document& document) {
  const auto value = document.read(at("text"));
  return value ? std::get<std::string>(std::get<Scalar>(value->node)) : "";
}

void replay_sequential(const std::string& name) {
  Json trace = load(name);
  if (trace.is_null()) {
    MESSAGE("no trace ", name, ": replaying a small one instead");
    trace = Json::parse(own_sequential);
  }
  Document document;
  const LogTable logs(1);
  VersionVector past;
  std::size_t void_ops = 0;
  const auto apply = [&](const std::vector<Op>& ops) {
    void_ops += document.apply({0, past.get(0) + 1, past, {}, logs}, ops).void_ops;
    past.set(0, past.get(0) + 1);
  };
  const std::string start = trace["startContent"];
  if (!start.empty()) apply({Op{at("text"), TextInsert{0, start}}});
  for (const Json& transaction : trace["txns"]) apply(ops_of_patches(transaction["patches"]));
  CHECK(void_ops == 0);
  CHECK(text_of(document) == trace["endContent"].get<std::string>());
  CHECK_FALSE(document.check());

  wire::Writer out;
  document.encode(out);
  wire::Reader in(out.view());
  const auto again = Document::decode(in);
  REQUIRE(again);
  CHECK(text_of(*again) == trace["endContent"].get<std::string>());
  CHECK(again->canonical(logs) == document.canonical(logs));
}

}  // namespace

TEST_CASE("sveltecomponent ends at its recorded content") { replay_sequential("sveltecomponent"); }
TEST_CASE("rustcode ends at its recorded content") { replay_sequential("rustcode"); }
TEST_CASE("seph-blog1 ends at its recorded content") { replay_sequential("seph-blog1"); }
TEST_CASE("automerge-paper ends at its recorded content") { replay_sequential("automerge-paper"); }

TEST_CASE("friendsforever ends at its recorded content in every order tried") {
  Json trace = load("friendsforever");
  if (trace.is_null()) {
    MESSAGE("no trace friendsforever: replaying a small one instead");
    trace = Json::parse(own_concurrent);
  }
  History history;
  for (const Json& transaction : trace["txns"]) {
    TestEvent event;
    event.log = transaction["agent"];
    for (const Json& parent : transaction["parents"]) {
      const TestEvent& before = history[parent.get<std::size_t>()];
      for (std::size_t i = 0; i < log_count; ++i)
        event.past[i] = std::max(event.past[i], before.past[i]);
      event.past[before.log] = std::max(event.past[before.log], before.seq);
    }
    event.seq = event.past[event.log] + 1;
    event.ops = ops_of_patches(transaction["patches"]);
    history.push_back(std::move(event));
  }
  // As recorded; as early as possible for one author, then for the other; at random.
  Buffer expected;
  for (std::uint64_t turn = 0; turn < 5; ++turn) {
    Dice dice(turn);
    std::vector<std::vector<const TestEvent*>> queues(log_count);
    for (const TestEvent& event : history) queues[event.log].push_back(&event);
    std::vector<std::size_t> next(log_count);
    Replica replica(turn);
    const auto deliver = [&](std::size_t log) {
      if (next[log] == queues[log].size()) return false;
      const TestEvent& event = *queues[log][next[log]];
      for (std::size_t i = 0; i < log_count; ++i)
        if (event.past[i] > replica.seen(i)) return false;
      CHECK(replica.apply(event).void_ops == 0);
      ++next[log];
      return true;
    };
    if (turn == 0) {
      for (const TestEvent& event : history) deliver(event.log);
    } else {
      bool moved = true;
      while (moved) {
        const std::size_t first = turn < 3 ? turn - 1 : dice.pick(2);
        std::size_t run = turn < 3 ? SIZE_MAX : 1 + dice.pick(50);
        moved = false;
        while (run-- > 0 && deliver(first)) moved = true;
        moved = deliver(1 - first) || moved;
      }
    }
    CHECK(replica.document.age().events == history.size());
    CHECK(text_of(replica.document) == trace["endContent"].get<std::string>());
    CHECK_FALSE(replica.document.check());
    if (turn == 0) expected = replica.canonical();
    CHECK((replica.canonical() == expected));
  }
}
