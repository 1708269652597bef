// SPDX-License-Identifier: Apache-2.0
//
// doctor, rpc.
#include "service/arguments.h"
#include "service/doctor.h"
#include "service/entities.h"
#include "service/table.h"
#include "service/wording.h"

namespace syncline::service {
namespace {

using ipc::Json;

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::good: return "good";
    case Verdict::worth_knowing: return "note";
    case Verdict::bad: return "bad";
  }
  return "bad";
}

Tone tone_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::good: return Tone::good;
    case Verdict::worth_knowing: return Tone::warn;
    case Verdict::bad: return Tone::bad;
  }
  return Tone::bad;
}

void rebuild(Session& session, std::vector<Finding>& findings) {
  const Got<Json> rebuilt = session.call("system.rebuild");
  if (rebuilt)
    findings.push_back(look_at_rebuilt(*rebuilt));
  else
    findings.push_back({"view", Verdict::bad, rebuilt.error().message, rebuilt.error().next});
}

enum class Rebuilding { no, yes };

void ask_agent(const Context& context, Rebuilding rebuilding, std::vector<Finding>& findings) {
  Got<Session> session = context.connect();
  if (!session) {
    findings.push_back({"agent", Verdict::bad, session.error().message, session.error().next});
    return;
  }
  const Got<Json> info = session->call("system.info");
  const Got<Json> status = session->call("system.status");
  if (!info || !status) {
    const Failure& why = info ? status.error() : info.error();
    findings.push_back({"agent", Verdict::bad, why.message, why.next});
    return;
  }
  for (Finding& one : look_at_agent(*info, *status)) findings.push_back(std::move(one));
  if (rebuilding == Rebuilding::yes) rebuild(*session, findings);
}

Got<ExitCode> doctor(const Context& context, const Arguments& arguments) {
  std::vector<Finding> findings = look_around(context.places);
  ask_agent(context, arguments.has("--rebuild") ? Rebuilding::yes : Rebuilding::no, findings);
  Json rows = Json::array();
  std::string text;
  bool well = true;
  for (const Finding& one : findings) {
    well = well && one.verdict != Verdict::bad;
    Json row = {{"check", one.check}, {"verdict", name_of(one.verdict)}, {"text", one.text}};
    if (!one.remedy.empty()) row["remedy"] = one.remedy;
    rows.push_back(std::move(row));
    text += context.terminal.toned(tone_of(one.verdict), fitted(name_of(one.verdict), 6)) +
            context.terminal.toned(Tone::strong, fitted(one.check, 11)) + one.text + "\n";
    if (!one.remedy.empty()) text += std::string(17, ' ') + "-> " + one.remedy + "\n";
  }
  context.show({{"findings", std::move(rows)}, {"well", well}}, text);
  return well ? ExitCode::ok : ExitCode::failed;
}

// What came back, exactly: an error of the agent is printed too and gives the exit code.
Got<ExitCode> rpc(const Context& context, const Arguments& arguments) {
  Json params = Json::object();
  if (arguments.has("params")) {
    std::string text = arguments.text("params");
    if (text == "-") {
      Got<std::string> read = read_source("-");
      if (!read) return pass_on(read);
      text = std::move(*read);
    }
    auto parsed = ipc::parse(text);
    if (!parsed) {
      const auto [what, advice] = split_advice(parsed.error().context);
      return usage_error("the parameters are not JSON: " + std::string(what), std::string(advice));
    }
    params = std::move(*parsed);
  }
  if (!params.is_object())
    return usage_error("the parameters have to be a JSON object",
                       "give them by name, as {\"entity\": \"...\"}");
  if (arguments.text("method").empty())
    return usage_error("the name of a method is missing", "`syncline rpc rpc.discover` lists them");
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  const Interrupt interrupt;
  const Got<Json> answer = session->call(arguments.text("method"), std::move(params), interrupt);
  if (!answer) return pass_on(answer);
  // Where a person looks at it, indented; in a pipe, one line.
  const bool indent = context.terminal.is_terminal() && !context.json;
  context.terminal.print((indent ? answer->dump(2) : ipc::dump(*answer)) + "\n");
  return ExitCode::ok;
}

}  // namespace

std::vector<Row> upkeep_rows() {
  return {{"doctor",
           "Look for problems and name the remedy",
           {{"--rebuild", Takes::nothing,
             "also make all entities anew from the log, and compare them", ""}},
           doctor},
          {"rpc",
           "Call a method of the local API; `rpc rpc.discover` lists them",
           {{"method", Takes::text, "its name, as entity.get", "METHOD", true},
            {"params", Takes::text, "its parameters as a JSON object, or - for standard input",
             "JSON"}},
           rpc}};
}

}  // namespace syncline::service
