// SPDX-License-Identifier: Apache-2.0
//
// system.*, device.list, space.list, log.list and rpc.discover.
#include "ipc/api_document.h"
#include "ipc/methods.h"

#include <limits>
#include <utility>

namespace syncline::ipc {

namespace {

constexpr std::int64_t unbounded = std::numeric_limits<std::int64_t>::max();

Schema info_schema() {
  return object("", {required("version", text("the agent's version", unbounded)),
                     required("home", text("the directory of the vault", unbounded)),
                     optional("socket", text("the socket it serves", unbounded)),
                     required("process_id", count("the agent's process id")),
                     required("started", time("when it was started")),
                     required("listening", array("where other devices can reach it",
                                                 text("host and port", unbounded), unbounded))});
}

Json show(const AgentFacts& facts) {
  Json made = {{"version", facts.version},
               {"home", facts.home},
               {"process_id", facts.process_id},
               {"started", rfc3339(facts.started)},
               {"listening", facts.listening}};
  if (!facts.socket.empty()) made["socket"] = facts.socket;
  return made;
}

// A method whose Command has no fields.
template <class Command>
Method plain(std::string name, std::string summary, Schema result) {
  return {.name = std::move(name),
          .summary = std::move(summary),
          .params = object("", {}),
          .result = std::move(result),
          .command = [](Json&) -> Result<step::Command> { return step::Command(Command{}); }};
}

}  // namespace

std::vector<Method> system_methods() {
  return {
      {.name = "system.ping",
       .summary = "Answers at once: the agent is alive",
       .params = object("", {}),
       .result = object("", {required("pong", boolean("always true"))}),
       .local = [](const Json&, const Backend&) -> Json {
         return {{"pong", true}};
       }},
      {.name = "system.info",
       .summary = "What this agent is and where",
       .params = object("", {}),
       .result = info_schema(),
       .local = [](const Json&, const Backend& backend) { return show(backend.facts()); }},
      plain<step::SystemStatus>("system.status",
                                "Everything a person wants to know at a glance, also while locked",
                                status_schema()),
      plain<step::SystemRebuild>("system.rebuild",
                                 "Makes all entities anew from the log, and says whether they read "
                                 "as before; meanwhile calls about entities are refused as busy",
                                 rebuild_schema()),
      plain<step::DeviceList>("device.list", "The devices of the vault, this one first",
                              devices_schema()),
      plain<step::SpaceList>("space.list", "The spaces this device holds", spaces_schema()),
      plain<step::LogList>("log.list", "Every log with its head", logs_schema()),
      {.name = "rpc.discover",
       .summary = "This list, as an OpenRPC document",
       .params = object("", {}),
       .result = any_object("an OpenRPC 1.2.6 document"),
       .local =
           [](const Json&, const Backend& backend) {
             return open_rpc_document(methods(), backend.facts().version);
           }},
  };
}

}  // namespace syncline::ipc
