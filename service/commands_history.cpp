// SPDX-License-Identifier: Apache-2.0
//
// history, diff, restore, undo, redo: looking back, and going back.
#include "agent/printable.h"
#include "service/arguments.h"
#include "service/entities.h"
#include "service/table.h"
#include "service/wording.h"

#include <utility>

namespace syncline::service {
namespace {

using ipc::Json;

// What a version did, for a person: "created", "title, body", "+12 -3".
std::string what_changed(const Json& row) {
  const std::string kind = row.value("kind", "");
  if (kind == "delete") return "deleted";
  constexpr std::size_t named_max = 3;
  std::string text = kind == "create" ? "created" : "";
  std::size_t named = 0;
  for (const Json& place : list(row, "changed")) {
    if (kind == "create") break;
    if (named == named_max) {
      text += ", …";
      break;
    }
    const std::string path = agent::printable(place.get<std::string>());
    text += (named == 0 ? "" : ", ") + (path.empty() ? path : path.substr(1));
    ++named;
  }
  return text;
}

std::string characters_changed(const Json& row) {
  const std::uint64_t inserted = number(row, "inserted"), removed = number(row, "removed");
  std::string text = inserted > 0 ? "+" + std::to_string(inserted) : "";
  if (removed > 0) text += (text.empty() ? "-" : " -") + std::to_string(removed);
  return text;
}

Got<ExitCode> show_history(const Context& context, const Arguments& arguments) {
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  const Got<std::string> entity = find_entity(*session, arguments.text("entity"));
  if (!entity) return pass_on(entity);
  Json params = {{"entity", *entity}, {"limit", arguments.number("--limit", 100)}};
  if (arguments.has("--cursor")) params["cursor"] = arguments.text("--cursor");
  const Got<Json> answer = session->call("entity.history", std::move(params));
  if (!answer) return pass_on(answer);
  const std::int64_t now = unix_ms_now();
  Table table(1);
  for (const Json& row : list(*answer, "versions")) {
    const std::string name = safe(row, "device_name");
    table.add({{ago(safe(row, "at"), now)},
               {name.empty() ? short_id(safe(row, "device")) : name, Tone::strong},
               {what_changed(row)},
               {characters_changed(row), Tone::faint},
               {safe(row, "version"), Tone::faint}});
  }
  std::string text = table.text(context.terminal);
  if (answer->contains("cursor"))
    text += "There is more: `syncline history " + short_id(*entity) + " --cursor " +
            safe(*answer, "cursor") + "`.\n";
  context.show(*answer, text);
  return ExitCode::ok;
}

std::string shown_json(const Json& value) { return agent::printable(value.dump()); }

std::string change_text(const Context& context, const Json& change) {
  const std::string op = change.value("op", "");
  const Terminal& terminal = context.terminal;
  std::string text = terminal.toned(Tone::strong, safe(change, "path")) + "  ";
  if (op == "remove") return text + "removed\n";
  if (op == "move") {
    const bool is_top = change.value("parent", Json()).is_null();
    return text + "moved, now at " + std::to_string(number(change, "at")) +
           (is_top ? " at the top\n" : " below " + safe(change, "parent") + "\n");
  }
  if (op == "text") {
    const std::string inserted = change.value("inserted", "");
    text += "at " + std::to_string(number(change, "at")) + ":";
    if (number(change, "removed") > 0)
      text += " -" + counted(number(change, "removed"), "character", "characters");
    if (!inserted.empty()) text += " +" + shown_json(Json(inserted));
    return text + "\n";
  }
  if (op == "mark") {
    text += std::to_string(number(change, "from")) + "-" + std::to_string(number(change, "to")) +
            ": " + safe(change, "key") + " ";
    if (!change.contains("value")) return text + "taken back\n";
    text += shown_json(change["value"]);
    return text + (change.contains("was") ? ", was " + shown_json(change["was"]) : "") + "\n";
  }
  return text + (op == "add" ? "new: " : "now: ") + shown_json(change.value("value", Json())) +
         "\n";
}

Got<ExitCode> diff(const Context& context, const Arguments& arguments) {
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  const Got<std::string> entity = find_entity(*session, arguments.text("entity"));
  if (!entity) return pass_on(entity);
  Json params = {{"entity", *entity}, {"from", arguments.text("from")}};
  if (arguments.has("to")) params["to"] = arguments.text("to");
  const Got<Json> answer = session->call("entity.diff", std::move(params));
  if (!answer) return pass_on(answer);
  std::string text;
  for (const Json& change : list(*answer, "changes")) text += change_text(context, change);
  if (text.empty()) text = "No difference.\n";
  context.show(*answer, text);
  return ExitCode::ok;
}

// One of the changes that take only an entity, and a version perhaps.
struct GoingBack {
  const char* method;
  const char* done;
  const char* nothing;      // was left to do
  bool can_delete = false;  // or bring back what was deleted
};

// What became of an entity, of which at most one thing changed. `versions`: newest first.
std::string fate_of(const Json& versions, const std::string& otherwise) {
  const auto deleted = [&](std::size_t row) {
    return row < versions.size() && safe(versions[row], "kind") == "delete";
  };
  if (deleted(0)) return "The entity is deleted again; `syncline undo` brings it back.\n";
  const bool wrote = !versions.empty() && number(versions[0], "ops") > 0;
  if (deleted(1) && !wrote) return "The entity is back; `syncline redo` deletes it again.\n";
  return otherwise;
}

Got<ExitCode> go_back(const Context& context, const Arguments& arguments, const GoingBack& way) {
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  const Got<std::string> entity = find_entity(*session, arguments.text("entity"));
  if (!entity) return pass_on(entity);
  Json params = {{"entity", *entity}};
  if (arguments.has("version")) params["version"] = arguments.text("version");
  if (arguments.has("--if-version")) params["if_version"] = arguments.text("--if-version");
  if (arguments.has("--wait")) params["wait"] = arguments.text("--wait");
  const Got<Json> written = session->call(way.method, std::move(params));
  if (!written) return pass_on(written);
  const auto ops = number(*written, "ops_applied");
  const char* said = ops > 0 ? way.done : way.nothing;
  if (ops > 1 || !way.can_delete) {
    context.show(*written, said);
    return ExitCode::ok;
  }
  const Got<Json> rows = session->call("entity.history", {{"entity", *entity}, {"limit", 2}});
  if (!rows) return pass_on(rows);
  context.show(*written, fate_of(list(*rows, "versions"), said));
  return ExitCode::ok;
}

Got<ExitCode> restore(const Context& context, const Arguments& arguments) {
  return go_back(context, arguments,
                 {"entity.restore", "Restored.\n", "It reads like that already.\n"});
}
Got<ExitCode> undo(const Context& context, const Arguments& arguments) {
  return go_back(
      context, arguments,
      {"entity.undo", "Undone.\n", "Undone; there was nothing in the document to change.\n", true});
}
Got<ExitCode> redo(const Context& context, const Arguments& arguments) {
  return go_back(context, arguments,
                 {"entity.redo", "Done again.\n",
                  "Done again; there was nothing in the document to change.\n", true});
}

}  // namespace

std::vector<Row> history_rows() {
  const Option entity = {"entity", Takes::text, "its id, or the first digits of it", "ENTITY",
                         true};
  const Option if_version = {"--if-version", Takes::text, "only if this is still its version",
                             "VERSION"};
  const Option wait = wait_option();
  return {
      {"history",
       "Who changed an entity, when and where in it",
       {entity,
        {"--limit", Takes::number, "at most so many (100)", "N"},
        {"--cursor", Takes::text, "go on where an earlier list ended", "CURSOR"}},
       show_history},
      {"diff",
       "What differs between two versions of an entity",
       {entity,
        {"from", Takes::text, "a version, see `syncline history`, or its name", "VERSION", true},
        {"to", Takes::text, "another one; without it, as it is now", "VERSION"}},
       diff},
      {"restore",
       "Make an entity read as it did at a version",
       {entity,
        {"version", Takes::text, "see `syncline history`, or its name", "VERSION", true},
        if_version,
        wait},
       restore},
      {"undo",
       "Take back the newest change that this device made to an entity",
       {entity, if_version, wait},
       undo},
      {"redo", "Do again what was undone last", {entity, if_version, wait}, redo}};
}

}  // namespace syncline::service
