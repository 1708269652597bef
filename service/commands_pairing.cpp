// SPDX-License-Identifier: Apache-2.0
//
// invite, join: bringing another device into the vault.
#include "agent/printable.h"
#include "protocol/session/pairing_code.h"
#include "service/arguments.h"
#include "service/interrupt.h"
#include "service/qr.h"
#include "service/wording.h"

namespace syncline::service {
namespace {

using ipc::Json;

constexpr auto look_again = std::chrono::milliseconds(150);

std::string code_line(const Context& context, const char* label, const std::string& text) {
  return context.terminal.toned(Tone::faint, fitted(label, 11)) +
         context.terminal.toned(Tone::strong, text) + "\n";
}

tl::unexpected<Failure> not_written(const Error& why, const std::filesystem::path& file) {
  if (why.code == Errc::already_exists) return failed(why, "name a file that does not exist yet");
  const std::filesystem::path directory = file.parent_path();
  std::error_code error;
  if (!directory.empty() && !std::filesystem::is_directory(directory, error))
    return failed(why, "the directory " + agent::printable(directory.string()) +
                           " does not exist: make it, or name another one");
  return failed(why, "name a file in a directory that you can write to");
}

Got<ExitCode> write_pictures(const Arguments& arguments, const Qr& code) {
  if (const std::string file = arguments.text("--png"); !file.empty())
    if (auto written = code.write_png(file); !written) return not_written(written.error(), file);
  if (const std::string file = arguments.text("--svg"); !file.empty())
    if (auto written = code.write_svg(file); !written) return not_written(written.error(), file);
  return ExitCode::ok;
}

std::string invitation_text(const Context& context, const Arguments& arguments, const Json& invite,
                            const Qr& code) {
  std::string text;
  const bool fits = code.columns() <= context.terminal.columns();
  if (context.terminal.is_terminal() && !arguments.has("--no-qr")) {
    if (fits)
      text += code.for_terminal() + "\n";
    else
      text += "The QR code needs " + std::to_string(code.columns()) +
              " columns: widen the window, or use --png FILE.\n";
  }
  text += code_line(context, "Code", safe(invite, "code"));
  const std::string join = "syncline join " + safe(invite, "code");
  std::string elsewhere;
  for (const Json& address : list(invite, "addresses")) {
    if (!address.is_string()) continue;
    const std::string shown = safe({{"text", address}}, "text");
    text += code_line(context, "Address", shown);
    if (&address == &list(invite, "addresses").front()) elsewhere = " --address " + shown;
  }
  text += "\nOn the new device, if it is on this network: " + join;
  if (!elsewhere.empty()) text += "\nelsewhere: " + join + elsewhere;
  text += "\nor scan the QR code; or on a computer: syncline join '" + safe(invite, "uri") +
          "'\nOne try, " + lasting(number(invite, "valid_for_s")) + ".\n";
  return text;
}

// Both sides show the new device's name; the new device knows it without being told.
void show_check_number(const Context& context, const Json& pair, const std::string& own_name) {
  if (context.json) return;
  context.terminal.end_progress();
  const std::string name = own_name.empty() ? safe(pair, "device_name") : own_name;
  context.terminal.print("\n" + code_line(context, "Device", name) +
                         code_line(context, "Number", safe(pair, "check_number")));
}

Failure pairing_failed(const Json& pair) {
  const std::string why = safe(pair, "failure");
  const bool code = why.find("code") != std::string::npos;
  return {code ? ExitCode::wrong_secret : ExitCode::failed, code ? "wrong_code" : "cancelled",
          why.empty() ? "pairing ended without a result" : why, ""};
}

Got<ExitCode> interrupted(Session& session) {
  (void)session.call("pair.cancel").has_value();
  return refuse({ExitCode::interrupted, "cancelled", "pairing was cancelled", ""});
}

Got<bool> decide(const Arguments& arguments, const Interrupt& interrupt) {
  if (arguments.has("--yes")) return true;
  for (;;) {
    const auto answer = ask_line("Does the new device show the same number? [y/N] ");
    if (interrupt.happened() || !answer) return false;
    std::string word = *answer;
    std::erase_if(word, [](char c) { return c == ' ' || c == '\t' || c == '\r'; });
    for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (word == "y" || word == "yes") return true;
    if (word.empty() || word == "n" || word == "no") return false;
  }
}

// Follows pairing until it is done; `arrived` is called once, when there is a number to compare.
template <class Arrived>
Got<Json> follow(const Context& context, Session& session, const Interrupt& interrupt,
                 Arrived arrived) {
  std::string before;
  for (;;) {
    Got<Json> pair = session.call("pair.status");
    if (!pair) return pair;
    const std::string phase = safe(*pair, "phase");
    if (context.json && phase != before) context.show(*pair, "");
    if (phase == "confirming" && before != "confirming")
      if (const Got<ExitCode> decided = arrived(*pair); !decided) return pass_on(decided);
    if (phase == "done") return pair;
    if (phase == "failed" || phase == "idle") return refuse(pairing_failed(*pair));
    if (phase == "waiting")
      context.terminal.progress("waiting for the new device, " +
                                lasting(number(*pair, "valid_for_s")) + " left");
    before = phase;
    if (interrupt.pause(look_again))
      return refuse({ExitCode::interrupted, "cancelled", "pairing was cancelled", ""});
  }
}

Got<ExitCode> invite(const Context& context, const Arguments& arguments) {
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  const Got<Json> made = session->call("pair.invite");
  if (!made) return pass_on(made);
  const auto code = Qr::of(made->value("uri", ""));
  if (!code) return failed(code.error());
  if (const auto written = write_pictures(arguments, *code); !written) {
    (void)session->call("pair.cancel").has_value();
    return written;
  }
  context.show(*made, invitation_text(context, arguments, *made, *code));
  if (arguments.has("--no-wait")) return ExitCode::ok;
  const Interrupt interrupt;
  const Got<Json> done =
      follow(context, *session, interrupt, [&](const Json& pair) -> Got<ExitCode> {
        show_check_number(context, pair, "");
        const Got<bool> accept = decide(arguments, interrupt);
        if (!accept) return pass_on(accept);
        const Got<Json> told = session->call("pair.confirm", {{"accept", *accept}});
        if (!told) return pass_on(told);
        if (*accept) return ExitCode::ok;
        return refuse({ExitCode::failed, "cancelled", "the new device was turned away",
                       "invite again if it was yours: every invitation has its own number"});
      });
  context.terminal.end_progress();
  if (!done && interrupt.happened()) return interrupted(*session);
  if (!done) return pass_on(done);
  if (!context.json)
    context.terminal.print(safe(*done, "device_name") + " belongs to your vault now.\n");
  return ExitCode::ok;
}

// Waits until what the inviter holds is here too; a lost connection does not undo the joining.
Got<ExitCode> follow_first_sync(const Context& context, Session& session,
                                const Interrupt& interrupt) {
  constexpr auto patience = std::chrono::seconds(30);
  auto last_linked = std::chrono::steady_clock::now();
  for (;;) {
    const Got<Json> status = session.call("system.status");
    if (!status) return pass_on(status);
    std::uint64_t missing = 0;
    bool level = false;
    bool linked = false;
    for (const Json& device : list(*status, "devices")) {
      if (yes(device, "self")) continue;
      missing += number(device, "missing_here");
      level = level || (yes(device, "level") && number(*status, "to_merge") == 0);
      linked = linked || !list(device, "links").empty();
    }
    const auto now = std::chrono::steady_clock::now();
    if (linked) last_linked = now;
    if (level || now - last_linked > patience) {
      context.terminal.end_progress();
      const std::string held = counted(number(*status, "events"), "event", "events");
      context.show(*status, level ? "Level: " + held + " are here.\n"
                                  : "Joined; the rest follows when the other device is there.\n");
      return ExitCode::ok;
    }
    context.terminal.progress("fetched " + counted(number(*status, "events"), "event", "events") +
                              (missing > 0 ? ", " + grouped(missing) + " to go" : ""));
    if (interrupt.pause(look_again)) return ExitCode::ok;  // syncing goes on without us
  }
}

Got<ExitCode> join(const Context& context, const Arguments& arguments) {
  const std::string code = arguments.text("code");
  // Before an agent is started for it.
  if (const auto input = session::parse_pairing_input(code); !input)
    return usage_error(agent::printable(input.error().context),
                       "give what `syncline invite` shows on the other device: the code, "
                       "NNN-NNN-NNN, or what begins with SYNCLINE:");
  Got<Session> session = context.connect_or_start();
  if (!session) return pass_on(session);
  const Got<Json> begun = session->call("pair.join", {{"code", code},
                                                      {"addresses", arguments.texts("--address")},
                                                      {"device_name", device_name(arguments)}});
  if (!begun) return pass_on(begun);
  const Interrupt interrupt;
  bool shown = false;
  const Got<Json> done =
      follow(context, *session, interrupt, [&](const Json& pair) -> Got<ExitCode> {
        shown = true;
        show_check_number(context, pair, agent::printable(device_name(arguments)));
        if (!context.json)
          context.terminal.print("Compare the number on both, then confirm on the other device.\n");
        return ExitCode::ok;
      });
  context.terminal.end_progress();
  if (!done && interrupt.happened()) return interrupted(*session);
  if (!done) return pass_on(done);
  if (!shown && !safe(*done, "check_number").empty())  // confirmed faster than we looked
    show_check_number(context, *done, agent::printable(device_name(arguments)));
  if (!context.json) context.terminal.print("This device belongs to the vault now.\n");
  if (arguments.has("--no-wait")) return ExitCode::ok;
  return follow_first_sync(context, *session, interrupt);
}

}  // namespace

std::vector<Row> pairing_rows() {
  return {
      {"invite",
       "Invite a new device: shows a code and a QR code, then waits",
       {{"--yes", Takes::nothing, "let the device in without asking: only where nobody else is",
         ""},
        {"--png", Takes::text, "also write the QR code to FILE", "FILE"},
        {"--svg", Takes::text, "also write the QR code to FILE", "FILE"},
        {"--no-qr", Takes::nothing, "show no QR code in the terminal", ""},
        {"--no-wait", Takes::nothing, "do not wait for the device", ""}},
       invite},
      {"join",
       "Join the vault of another device",
       {{"code", Takes::text, "NNN-NNN-NNN or the URI that the other device shows", "CODE", true},
        {"--address", Takes::texts, "where the other device listens, if it is not on this network",
         "HOST:PORT"},
        {"--name", Takes::text, "what people see this device as", "NAME"},
        {"--no-wait", Takes::nothing, "do not wait until everything is here", ""}},
       join}};
}

}  // namespace syncline::service
