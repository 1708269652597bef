// SPDX-License-Identifier: Apache-2.0
//
// status, devices: one screen that answers what a person wants to know.
#include "service/arguments.h"
#include "service/table.h"
#include "service/wording.h"

namespace syncline::service {
namespace {

using ipc::Json;

Cell standing_of(const Json& device) {
  if (yes(device, "self")) return {"this device", Tone::faint};
  const std::uint64_t there = number(device, "missing_there");
  const std::uint64_t here = number(device, "missing_here");
  if (yes(device, "level")) return {"level", Tone::good};
  if (there == 0 && here == 0) return {"not compared yet", Tone::faint};
  std::string text;
  if (there > 0) text += grouped(there) + " to send";
  if (here > 0) text += (text.empty() ? "" : ", ") + grouped(here) + " to fetch";
  return {text, Tone::warn};
}

Cell connection_of(const Json& device) {
  if (yes(device, "self")) return {};
  for (const Json& link : list(device, "links")) {
    const std::string state = safe(link, "state");
    if (state == "connecting") continue;
    const std::string address = safe(link, "address");
    return {way_of(address) + "  " + address + "  " + lasting(number(link, "up_s"))};
  }
  if (!list(device, "links").empty()) return {"connecting", Tone::faint};
  const auto seen = device.find("last_seen");
  if (seen == device.end() || !seen->is_string()) return {"not seen yet", Tone::faint};
  return {"not connected, seen " + ago(seen->get_ref<const std::string&>(), unix_ms_now()),
          Tone::faint};
}

std::string name_of_device(const Json& device) {
  const std::string name = safe(device, "name");
  return name.empty() ? short_id(safe(device, "device")) : name;
}

std::string devices_text(const Context& context, const Json& devices) {
  Table table(0);
  for (const Json& device : devices)
    table.add({{"  " + name_of_device(device)}, standing_of(device), connection_of(device)});
  return table.text(context.terminal);
}

std::string line(const Context& context, const char* label, const std::string& text,
                 Tone tone = Tone::plain) {
  return labelled(context.terminal, label, text, tone);
}

std::string vault_line(const Context& context, const Json& status) {
  const std::string vault = safe(status, "vault");
  const std::string name = safe(status, "device_name");
  const std::string on = name.empty() ? "" : " on " + name;
  if (vault == "unlocked") return line(context, "Vault", "unlocked" + on, Tone::good);
  if (vault == "locked")
    return line(context, "Vault", "locked" + on + ", syncing what it cannot read", Tone::warn);
  if (vault == "joining") return line(context, "Vault", "joining another device's", Tone::warn);
  return line(context, "Vault",
              "none yet: `syncline init` makes one, `syncline join` joins another device's");
}

std::string content_line(const Context& context, const Json& status) {
  std::string text;
  if (safe(status, "vault") == "unlocked")
    text = counted(number(status, "entities"), "entity", "entities") + ", ";
  text += counted(number(status, "events"), "event", "events");
  if (const auto waiting = number(status, "to_merge"); waiting > 0)
    text += ", " + grouped(waiting) + " of them waiting to be read";
  return line(context, "Content", text);
}

std::string sync_lines(const Context& context, const Json& status) {
  const bool receive = yes(status, "receive_paused");
  const bool send = yes(status, "send_paused");
  std::string out;
  if (receive || send)
    out += line(context, "Paused",
                receive && send ? "sending and receiving: `syncline sync resume`"
                : receive       ? "receiving: `syncline sync resume`"
                                : "sending: `syncline sync resume`",
                Tone::warn);
  const Json& devices = list(status, "devices");
  if (devices.size() < 2)
    return out +
           line(context, "Devices", "only this one: `syncline invite` adds another", Tone::warn);
  std::size_t connected = 0;
  std::size_t level = 0;
  for (const Json& device : devices) {
    if (yes(device, "self")) continue;
    bool up = false;
    for (const Json& link : list(device, "links")) up = up || safe(link, "state") != "connecting";
    connected += up ? 1u : 0u;
    level += yes(device, "level") ? 1u : 0u;
  }
  const std::size_t others = devices.size() - 1;
  out +=
      line(context, "Devices",
           std::to_string(connected) + " of " + counted(others, "other", "others") +
               " connected, " + (level == others ? "all level" : std::to_string(level) + " level"),
           level == others ? Tone::good : Tone::warn);
  return out + devices_text(context, devices);
}

// What else a person has to do, the core says in sentences of its own.
std::string needs_lines(const Context& context, const Json& status) {
  std::string out;
  if (const auto only = number(status, "only_here"); only > 0)
    out +=
        line(context, "Only here",
             counted(only, "event exists", "events exist") + " on this device alone", Tone::warn);
  for (const Json& sentence : list(status, "attention"))
    if (sentence.is_string())
      out += line(context, "Needs you", safe({{"text", sentence}}, "text"), Tone::warn);
  return out;
}

Got<ExitCode> status(const Context& context, const Arguments&) {
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  const Got<Json> answer = session->call("system.status");
  if (!answer) return pass_on(answer);
  std::string text = vault_line(context, *answer);
  if (safe(*answer, "vault") == "unlocked" || safe(*answer, "vault") == "locked")
    text += sync_lines(context, *answer) + content_line(context, *answer);
  context.show(*answer, text + needs_lines(context, *answer));
  return ExitCode::ok;
}

Got<ExitCode> devices(const Context& context, const Arguments&) {
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  const Got<Json> answer = session->call("device.list");
  if (!answer) return pass_on(answer);
  const std::int64_t now = unix_ms_now();
  Table table(1);
  for (const Json& device : list(*answer, "devices")) {
    const std::string receipt = safe(device, "receipt_at");
    std::string addresses;
    for (const Json& address : list(device, "addresses"))
      if (address.is_string())
        addresses += (addresses.empty() ? "" : " ") + safe({{"text", address}}, "text");
    table.add({{short_id(safe(device, "device")), Tone::faint},
               {name_of_device(device), Tone::strong},
               standing_of(device),
               connection_of(device),
               {receipt.empty() ? "" : "receipt " + ago(receipt, now), Tone::faint},
               {addresses, Tone::faint}});
  }
  context.show(*answer, table.empty() ? "There is no vault on this device yet.\n"
                                      : table.text(context.terminal));
  return ExitCode::ok;
}

}  // namespace

std::vector<Row> status_rows() {
  return {{"status", "What a person wants to know at a glance", {}, status},
          {"devices", "The devices of the vault and how they stand", {}, devices}};
}

}  // namespace syncline::service
