// SPDX-License-Identifier: Apache-2.0
//
// net: how devices find and reach each other, and how far packets may go.
#include "service/arguments.h"
#include "service/table.h"
#include "service/wording.h"

namespace syncline::service {
namespace {

using ipc::Json;

std::string mode_text(const std::string& mode) {
  if (mode == "off") return "off: nothing is sent to any network";
  if (mode == "lan-only")
    return "lan-only: addresses of local networks alone, no names are looked up";
  return "anywhere: local networks, and whatever address is known";
}

std::string exposed_text(const std::string& mode) {
  if (mode == "off") return "nothing";
  const std::string lan =
      "to the local networks, that a device with Syncline is here, under a name that changes every "
      "two hours";
  if (mode == "lan-only") return lan;
  return lan +
         "; to the networks between, the addresses of devices that talk to each other; "
         "to a relay, those of the devices that use it, and when and how much they talk";
}

Cell result_of(const Json& address, const Json& device) {
  for (const Json& link : list(device, "links"))
    if (link.value("address", "") == address.value("address", "-"))
      return {"connected", Tone::good};
  if (!yes(address, "allowed")) return {"not in this mode", Tone::faint};
  if (!address.contains("tried_s")) return {"not tried since the start", Tone::faint};
  const std::string when = lasting(number(address, "tried_s")) + " ago";
  const std::string result = safe(address, "result");
  if (result.empty()) return {"tried " + when, Tone::faint};
  return {when + ": " + result, Tone::warn};
}

std::string device_text(const Context& context, const Json& device) {
  const std::string name = safe(device, "name");
  std::string out =
      context.terminal.toned(Tone::strong, name.empty() ? short_id(safe(device, "device")) : name);
  for (const Json& link : list(device, "links")) {
    const std::string address = safe(link, "address");
    out += "  " + context.terminal.toned(Tone::good, way_of(address) + " " + address) + "  " +
           lasting(number(link, "up_s")) + ", " + sized(number(link, "bytes_sent")) + " sent, " +
           sized(number(link, "bytes_received")) + " received, " +
           (yes(link, "dialled") ? "dialled from here" : "dialled from there");
  }
  if (list(device, "links").empty()) {
    out += "  not connected, ";
    out += device.contains("next_try_s")
               ? "dialled again in " + lasting(number(device, "next_try_s"))
               : "and no address to dial: `syncline sync --connect HOST:PORT` tells one";
  }
  out += "\n";
  Table table(2);
  for (const Json& address : list(device, "addresses"))
    table.add({{"  " + safe(address, "address")},
               {safe(address, "source"), Tone::faint},
               result_of(address, device)});
  return out + table.text(context.terminal);
}

std::string net_text(const Context& context, const Json& net) {
  const std::string mode = safe(net, "mode");
  std::string out = labelled(context.terminal, "Mode", mode_text(mode));
  out += labelled(context.terminal, "Exposes", exposed_text(mode));
  std::string listening;
  for (const Json& address : list(net, "listening"))
    listening += (listening.empty() ? "" : ", ") + safe({{"text", address}}, "text");
  out += labelled(context.terminal, "Listening", listening.empty() ? "nowhere" : listening);
  if (const auto lan = net.find("lan"); lan != net.end())
    out += labelled(context.terminal, "Local net", safe(*lan, "sentence"));
  for (const Json& relay : list(net, "relays")) {
    std::string text = safe(relay, "address");
    if (safe(relay, "state") == "ready") text += ", this device can be called there";
    if (safe(relay, "state") == "dialling") text += ", connecting";
    if (const std::string reason = safe(relay, "reason"); !reason.empty())
      text += ", not connected: " + reason;
    if (relay.contains("next_try_s"))
      text += ", tried again in " + lasting(number(relay, "next_try_s"));
    out += labelled(context.terminal, "Relay", text);
  }
  for (const Json& device : list(net, "devices")) out += "\n" + device_text(context, device);
  return out;
}

// What to call, by the words behind `net`.
struct Wish {
  std::string method = "net.status";
  Json params = Json::object();
};
Got<Wish> wish_of(const Arguments& arguments) {
  const std::vector<std::string> words = arguments.texts("action");
  if (words.empty()) return Wish{};
  if (words[0] == "mode" && words.size() == 2 &&
      (words[1] == "anywhere" || words[1] == "lan-only" || words[1] == "off"))
    return Wish{"net.mode", {{"mode", words[1]}}};
  if (words[0] == "relay" && words.size() == 3 && (words[1] == "add" || words[1] == "remove"))
    return Wish{"net.relay", {{"action", words[1]}, {"address", words[2]}}};
  return usage_error(
      "that is none of `net mode anywhere|lan-only|off`, `net relay add HOST:PORT`, "
      "`net relay remove HOST:PORT`");
}

Got<ExitCode> net(const Context& context, const Arguments& arguments) {
  const Got<Wish> wish = wish_of(arguments);
  if (!wish) return pass_on(wish);
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  const Got<Json> answer = session->call(wish->method, wish->params);
  if (!answer) return pass_on(answer);
  context.show(*answer, net_text(context, *answer));
  return ExitCode::ok;
}

}  // namespace

std::vector<Row> net_rows() {
  return {{"net",
           "Where each device is looked for; how far packets may go; relays",
           {{"action", Takes::texts, "mode anywhere|lan-only|off, or relay add|remove HOST:PORT",
             "ACTION"}},
           net}};
}

}  // namespace syncline::service
