// SPDX-License-Identifier: Apache-2.0
//
// net.*: how devices find and reach each other.
#include "ipc/answers.h"
#include "ipc/methods.h"
#include "ipc/params.h"

namespace syncline::ipc {
namespace {

step::NetworkMode read_mode(Json& params) {
  const std::string word = take_text(params, "mode");
  if (word == "lan-only") return step::NetworkMode::lan_only;
  return word == "off" ? step::NetworkMode::off : step::NetworkMode::anywhere;
}

}  // namespace

std::vector<Method> net_methods() {
  return {
      {.name = "net.status",
       .summary = "How far packets may go, and where each device was looked for",
       .params = object("", {}),
       .result = net_schema(),
       .command = [](Json&) -> Result<step::Command> { return step::Command(step::NetStatus{}); }},
      {.name = "net.mode",
       .summary = "Chooses how far packets may go, from now on and after a restart; ports are "
                  "opened and closed after the answer, and net.status has the addresses then",
       .params = object("", {required("mode", network_mode("how far"))}),
       .result = net_schema(),
       .command = [](Json& params) -> Result<step::Command> {
         return step::Command(step::NetMode{read_mode(params)});
       }},
      {.name = "net.relay",
       .summary = "Lets the other devices of the vault call this one at a relay, or not any more",
       .params = object("", {required("action", one_of("what to do", {"add", "remove"})),
                             required("address", text("host and port of the relay", 128, 1))}),
       .result = net_schema(),
       .command = [](Json& params) -> Result<step::Command> {
         const bool adds = take_text(params, "action") == "add";
         return step::Command(
             step::NetRelay{adds ? step::NetRelay::Action::add : step::NetRelay::Action::remove,
                            take_text(params, "address")});
       }},
  };
}

}  // namespace syncline::ipc
