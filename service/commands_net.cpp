// SPDX-License-Identifier: Apache-2.0
//
// net: how devices find and reach each other, and how far packets may go.
#include "service/arguments.h"
#include "service/table.h"
#include "service/wording.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace syncline::service {
namespace {

using ipc::Json;

std::string mode_text(const std::string& mode) {
  if (mode == "off") return "off: nothing is sent to any network";
  if (mode == "lan-only")
    return "lan-only: addresses of local networks alone, no names are looked up";
  return "anywhere: local networks, and whatever address is known";
}

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address.starts_with("[::1]");
}

// To whom a port is open or announced.
std::string exposed_nearby(const Json& net) {
  const Json lan = net.value("lan", Json::object());
  const Json& doors = list(net, "listening");
  const bool is_open = std::ranges::any_of(
      doors, [](const Json& door) { return door.is_string() && !is_loopback(door); });
  if (yes(lan, "announced") && yes(lan, "works"))
    return std::string(
               "to the local networks, that a device with Syncline is here, under a name "
               "that changes every two hours") +
           (is_open ? "" : " (nobody there can connect: it listens for this machine alone)");
  if (is_open) return "to the local networks, a port, which says nothing to strangers";
  return "to nobody outside this machine, unless it connects to them: it is not announced and "
         "listens for this machine alone";
}

std::string exposed_text(const Json& net, const std::string& mode) {
  if (mode == "off") return "nothing";
  const std::string lan = exposed_nearby(net);
  if (mode == "lan-only") return lan;
  return lan +
         "; to the networks between, the addresses of devices that talk to each other; "
         "to a relay, those of the devices that use it, and when and how much they talk; "
         "to nodes of the DHT, that an address looks for or keeps sealed records under keys that "
         "change every day; to the router of this network and who reaches it, that a port leads "
         "to this device";
}

std::string dht_text(const Json& dht) {
  std::string text = safe(dht, "sentence");
  if (dht.contains("published_s"))
    text += "; this device is published, " + lasting(number(dht, "published_s")) + " ago on " +
            std::to_string(number(dht, "copies")) + " nodes";
  return text;
}

std::string dht_text_of(const Json& device) {
  if (!device.contains("dht_asked_s")) return "";
  std::string text = "  DHT  asked " + lasting(number(device, "dht_asked_s")) + " ago, ";
  text += device.contains("dht_found_s")
              ? "a record was found " + lasting(number(device, "dht_found_s")) + " ago"
              : "no record was found yet";
  return text + "\n";
}

// Between two devices that only a relay connects.
std::string punch_text_of(const Json& device) {
  const auto punch = device.find("punch");
  if (punch == device.end()) return "";
  std::string text = "  hole punching  ";
  const std::string result = safe(*punch, "result");
  if (!punch->contains("tried_s"))
    text += "not tried yet" + (result.empty() ? "" : ": " + result);
  else if (yes(*punch, "running"))
    text += "being tried now";
  else
    text += "tried " + lasting(number(*punch, "tried_s")) + " ago" +
            (result.empty() ? "" : ": " + result);
  if (const auto rounds = number(*punch, "rounds"); rounds > 0)
    text += ", failed " + std::to_string(rounds) + (rounds == 1 ? " time" : " times");
  if (punch->contains("next_try_s"))
    text += ", tried again in " + lasting(number(*punch, "next_try_s"));
  else if (number(*punch, "rounds") > 0 && !yes(*punch, "running"))
    text += ", not again before an address changes (`syncline sync` tries at once)";
  return text + "\n";
}

std::string nat_text(const Json& nat) {
  const std::string kind = safe(nat, "kind");
  std::string text = "not known: no relay has seen this device yet";
  if (kind == "none") text = "none: relays see this device at its own address";
  if (kind == "preserving") text = "a router translates the address and keeps ports";
  if (kind == "independent")
    text = "a router translates addresses and ports, the same for everybody";
  if (kind == "changing")
    text =
        "a router translates addresses and ports; a second relay would show whether always alike";
  if (kind == "dependent")
    text =
        "a router takes a new port towards everybody: holes can hardly be punched, a relay helps";
  std::string outer;
  for (const Json& address : list(nat, "outer"))
    outer += (outer.empty() ? "; seen as " : ", ") + safe({{"text", address}}, "text");
  return text + outer;
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
    const std::string way = way_of(address) + (yes(link, "punched") ? " (punched) " : " ");
    out += "  " + context.terminal.toned(Tone::good, way + address) + "  " +
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
  return out + table.text(context.terminal) + punch_text_of(device) + dht_text_of(device);
}

std::string net_text(const Context& context, const Json& net) {
  const std::string mode = safe(net, "mode");
  std::string out = labelled(context.terminal, "Mode", mode_text(mode));
  out += labelled(context.terminal, "Exposes", exposed_text(net, mode));
  std::string listening;
  for (const Json& address : list(net, "listening"))
    listening += (listening.empty() ? "" : ", ") + safe({{"text", address}}, "text");
  out += labelled(context.terminal, "Listening", listening.empty() ? "nowhere" : listening);
  if (const auto lan = net.find("lan"); lan != net.end())
    out += labelled(context.terminal, "Local net", safe(*lan, "sentence"));
  if (const auto router = net.find("router"); router != net.end())
    out += labelled(context.terminal, "Router", safe(*router, "sentence"));
  if (const auto nat = net.find("nat"); nat != net.end())
    out += labelled(context.terminal, "NAT", nat_text(*nat));
  if (const auto dht = net.find("dht"); dht != net.end())
    out += labelled(context.terminal, "DHT", dht_text(*dht));
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
  const bool is_relay =
      words[0] == "relay" && words.size() == 3 && (words[1] == "add" || words[1] == "remove");
  if (is_relay && words[2].empty())
    return usage_error("`net relay " + words[1] + "` needs the address of a relay",
                       "write HOST:PORT");
  if (is_relay) return Wish{"net.relay", {{"action", words[1]}, {"address", words[2]}}};
  return usage_error(
      "`net` takes nothing, or `mode anywhere`, `mode lan-only`, `mode off`, `relay add "
      "HOST:PORT`, "
      "`relay remove HOST:PORT`");
}

// Doors are opened and closed after the answer: a moment later they are.
Got<Json> settled(Session& session, Json net) {
  const auto is_settled = [](const Json& one) {
    return (one.value("mode", "") == "off") == list(one, "listening").empty();
  };
  for (int i = 0; i < 20 && !is_settled(net); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    Got<Json> again = session.call("net.status");
    if (!again) return again;
    net = std::move(*again);
  }
  return net;
}

Got<ExitCode> net(const Context& context, const Arguments& arguments) {
  const Got<Wish> wish = wish_of(arguments);
  if (!wish) return pass_on(wish);
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  Got<Json> answer = session->call(wish->method, wish->params);
  if (answer && wish->method == "net.mode") answer = settled(*session, std::move(*answer));
  if (!answer) return pass_on(answer);
  context.show(*answer, net_text(context, *answer));
  return ExitCode::ok;
}

}  // namespace

std::vector<Row> net_rows() {
  return {
      {"net",
       "Where each device is looked for and who could notice; `net mode`, `net relay` change it",
       {{"action", Takes::texts,
         "nothing: shows it; `mode anywhere`, `mode lan-only` or `mode off`: how far packets may "
         "go; `relay add HOST:PORT`, `relay remove HOST:PORT`: where other devices can call "
         "this one",
         "ACTION"}},
       net}};
}

}  // namespace syncline::service
