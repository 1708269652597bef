// SPDX-License-Identifier: Apache-2.0
#include "ipc/api_document.h"

#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <doctest/doctest.h>

namespace syncline::ipc {
namespace {

TEST_CASE("the method part of API.md is what the table says (./ipc_api_doc prints it)") {
  std::ifstream file(SYNCLINE_SOURCE_DIR "/ipc/API.md");
  const std::string document{std::istreambuf_iterator<char>(file), {}};
  const std::size_t begin = document.find(api_part_begin);
  const std::size_t end = document.find(api_part_end);
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  const std::size_t start = begin + api_part_begin.size();
  const bool is_true = document.substr(start, end - start) == "\n" + api_part(methods()) + "\n";
  CHECK_MESSAGE(is_true, "replace the part with what ipc_api_doc prints");
}

TEST_CASE("every method is described completely") {
  std::set<std::string> names;
  for (const Method& method : methods()) {
    CAPTURE(method.name);
    CHECK(names.insert(method.name).second);
    CHECK_FALSE(method.summary.empty());
    CHECK(method.summary.back() != '.');
    CHECK(method.params.kind == Schema::Kind::object);
    CHECK_FALSE(method.params.open);
    CHECK(bool(method.command) != bool(method.local));
    for (const Field& field : method.params.fields) {
      CAPTURE(field.name);
      CHECK_FALSE(field.schema.about.empty());
      CHECK((field.need == Need::required) == field.schema.otherwise.empty());
    }
  }
  for (const char* name :
       {"system.ping",    "system.info",    "system.status", "system.rebuild",   "vault.status",
        "vault.init",     "vault.unlock",   "vault.lock",    "vault.passwd",     "device.list",
        "space.list",     "pair.invite",    "pair.join",     "pair.status",      "pair.confirm",
        "pair.cancel",    "entity.create",  "entity.get",    "entity.list",      "entity.update",
        "entity.delete",  "entity.history", "conflict.list", "conflict.resolve", "sync.status",
        "sync.now",       "sync.pause",     "sync.resume",   "sync.connect",     "sub.open",
        "sub.close",      "sub.ack",        "events.poll",   "log.list",         "rpc.discover",
        "presence.set",   "presence.clear", "presence.list", "entity.diff",      "entity.restore",
        "entity.undo",    "entity.redo",    "entity.put",    "type.declare",     "type.list",
        "text.cursor",    "text.resolve",   "text.blame",    "version.name",     "version.list",
        "version.remove", "text.type",      "text.flush",    "net.status",       "net.mode",
        "net.relay"}) {
    CAPTURE(name);
    CHECK(names.erase(name) == 1);
  }
  CHECK(names.empty());
}

TEST_CASE("rpc.discover lists every method with the form of its parameters") {
  const Json document = open_rpc_document(methods(), "1.2.3");
  CHECK(document["openrpc"] == "1.2.6");
  CHECK(document["info"]["version"] == "1.2.3");
  REQUIRE(document["methods"].size() == methods().size());
  for (const Json& method : document["methods"]) {
    CAPTURE(method["name"].get<std::string>());
    CHECK(method["paramStructure"] == "by-name");
    CHECK(method["result"]["schema"]["type"] == "object");
    for (const Json& param : method["params"]) CHECK(param["schema"].is_object());
  }
  // A caller with our own strict reader can read it.
  CHECK(parse(dump(document)).has_value());
}

}  // namespace
}  // namespace syncline::ipc
