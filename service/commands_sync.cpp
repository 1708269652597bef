// SPDX-License-Identifier: Apache-2.0
//
// sync, log: how content travels.
#include "service/arguments.h"
#include "service/table.h"
#include "service/wording.h"

namespace syncline::service {
namespace {

using ipc::Json;

struct Standing {
  std::size_t others = 0;
  std::size_t linked = 0;
  std::size_t level = 0;
  std::uint64_t missing_here = 0;
  std::uint64_t missing_there = 0;
};

Standing standing_of(const Json& status) {
  Standing made;
  for (const Json& device : list(status, "devices")) {
    if (yes(device, "self")) continue;
    ++made.others;
    bool linked = false;
    for (const Json& link : list(device, "links"))
      linked = linked || safe(link, "state") != "connecting";
    made.linked += linked ? 1u : 0u;
    made.level += yes(device, "level") ? 1u : 0u;
    made.missing_here += number(device, "missing_here");
    made.missing_there += number(device, "missing_there");
  }
  return made;
}

std::string standing_text(const Standing& standing) {
  if (standing.others == 0) return "There is no other device yet: `syncline invite` adds one.\n";
  std::string text = std::to_string(standing.linked) + " of " +
                     counted(standing.others, "other device", "other devices") + " connected, ";
  if (standing.level == standing.others) return text + "all level.\n";
  text += std::to_string(standing.level) + " level";
  if (standing.missing_there > 0) text += ", " + grouped(standing.missing_there) + " to send";
  if (standing.missing_here > 0) text += ", " + grouped(standing.missing_here) + " to fetch";
  return text + ".\n";
}

// Until every device of the vault is level.
Got<ExitCode> wait_until_level(const Context& context, Session& session) {
  constexpr auto look_again = std::chrono::milliseconds(200);
  const Interrupt interrupt;
  for (;;) {
    const Got<Json> status = session.call("sync.status");
    if (!status) return pass_on(status);
    const Standing standing = standing_of(*status);
    if (standing.level == standing.others) {
      context.terminal.end_progress();
      context.show(*status, standing_text(standing));
      return ExitCode::ok;
    }
    std::string text = standing_text(standing);
    text.pop_back();
    context.terminal.progress(text);
    if (interrupt.pause(look_again)) {
      context.terminal.end_progress();
      return refuse({ExitCode::interrupted, "cancelled", "stopped waiting; syncing goes on", ""});
    }
  }
}

Got<ExitCode> sync_now(const Context& context, Session& session) {
  const Interrupt interrupt;
  context.terminal.progress("syncing");
  const Got<Json> done = session.call("sync.now", Json::object(), interrupt);
  context.terminal.end_progress();
  if (!done) return pass_on(done);
  const Got<Json> status = session.call("sync.status");
  if (!status) return pass_on(status);
  context.show(*status, standing_text(standing_of(*status)));
  return ExitCode::ok;
}

// Whether a device of the vault is connected that is known to be at the address. One that was
// connected before keeps its connection, and the address is remembered beside it.
bool is_connected_at(const Json& status, const std::string& address) {
  for (const Json& device : list(status, "devices")) {
    if (yes(device, "self")) continue;
    bool linked = false;
    bool there = false;
    for (const Json& link : list(device, "links")) {
      const bool open = safe(link, "state") != "connecting";
      linked = linked || open;
      there = there || (open && link.value("address", "") == address);
    }
    for (const Json& known : list(device, "addresses")) there = there || known == address;
    if (linked && there) return true;
  }
  return false;
}

// The agent answers before it has dialled, so its status tells whether anybody was there.
Got<ExitCode> dial(const Context& context, Session& session, const std::string& address) {
  constexpr auto look_again = std::chrono::milliseconds(50);
  constexpr auto dial_patience = std::chrono::seconds(8);
  const Got<Json> begun = session.call("sync.connect", {{"address", address}});
  if (!begun) return pass_on(begun);
  const Interrupt interrupt;
  const auto end = std::chrono::steady_clock::now() + dial_patience;
  context.terminal.progress("dialling");
  for (;;) {
    const Got<Json> status = session.call("sync.status");
    if (!status) return pass_on(status);
    if (is_connected_at(*status, address)) break;
    if (std::chrono::steady_clock::now() > end) {
      context.terminal.end_progress();
      return failed({Errc::unreachable,
                     "no device of the vault answers at " + safe({{"text", address}}, "text")},
                    "see on the other device where it listens: `syncline status`");
    }
    if (interrupt.pause(look_again)) {
      context.terminal.end_progress();
      return refuse({ExitCode::interrupted, "cancelled", "stopped dialling", ""});
    }
  }
  context.terminal.end_progress();
  return ExitCode::ok;
}

Got<ExitCode> sync(const Context& context, const Arguments& arguments) {
  const std::string action = arguments.text("action");
  if (!action.empty() && action != "pause" && action != "resume")
    return usage_error("`" + action + "` is neither pause nor resume");
  if (arguments.has("--connect") && arguments.text("--connect").empty())
    return usage_error("`--connect` needs an address to dial", "write HOST:PORT");
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  if (!action.empty()) {
    Json params = Json::object();
    if (arguments.has("--direction")) params["direction"] = arguments.text("--direction");
    const Got<Json> done = session->call("sync." + action, std::move(params));
    if (!done) return pass_on(done);
    context.show({{"paused", action == "pause"}},
                 action == "pause" ? "Paused until `syncline sync resume`.\n" : "Going on.\n");
    return ExitCode::ok;
  }
  if (arguments.has("--connect")) {
    const auto dialled = dial(context, *session, arguments.text("--connect"));
    if (!dialled) return dialled;
  }
  return arguments.has("--wait") ? wait_until_level(context, *session)
                                 : sync_now(context, *session);
}

Got<ExitCode> log(const Context& context, const Arguments&) {
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  const Got<Json> answer = session->call("log.list");
  if (!answer) return pass_on(answer);
  Table table(1);
  for (const Json& row : list(*answer, "logs")) {
    const std::string device = safe(row, "device");
    const std::string whose = yes(row, "own")  ? "this device"
                              : device.empty() ? "unknown while locked"
                                               : "device " + short_id(device);
    table.add({{short_id(safe(row, "log")), Tone::strong},
               {whose},
               {counted(number(row, "seq"), "event", "events")},
               {number(row, "incarnation") > 0
                    ? "incarnation " + std::to_string(number(row, "incarnation"))
                    : "",
                Tone::faint},
               {safe(row, "head").substr(0, 12), Tone::faint},
               {yes(row, "frozen") ? "frozen: two histories were signed" : "", Tone::bad}});
  }
  context.show(*answer, table.empty() ? "No logs yet.\n" : table.text(context.terminal));
  return ExitCode::ok;
}

}  // namespace

std::vector<Row> sync_rows() {
  return {{"sync",
           "Bring the devices level now; or pause and resume",
           {{"action", Takes::text, "pause or resume", "ACTION"},
            {"--wait", Takes::nothing, "until every device is level", ""},
            {"--connect", Takes::text, "dial this address first", "HOST:PORT"},
            {"--direction",
             Takes::text,
             "of pause and resume: both, receive or send",
             "WAY",
             false,
             {"both", "receive", "send"}}},
           sync},
          {"log", "Every log with its head: what this device holds", {}, log}};
}

}  // namespace syncline::service
