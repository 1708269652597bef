// SPDX-License-Identifier: Apache-2.0
//
// blame, version: who wrote what, and names for versions; also the versions of the programs.
#include "agent/printable.h"
#include "service/arguments.h"
#include "service/entities.h"
#include "service/table.h"
#include "service/wording.h"

#include <algorithm>
#include <utility>

namespace syncline::service {
namespace {

using ipc::Json;
using Words = std::vector<std::string>;

std::string who(const Json& row) {
  const std::string name = safe(row, "device_name");
  return name.empty() ? short_id(safe(row, "device")) : name;
}

// ---- blame ---------------------------------------------------------------------------------

Got<Json> fetch_parts(Session& session, Json params) {
  Json parts = Json::array();
  while (true) {
    Got<Json> page = session.call("text.blame", params);
    if (!page) return page;
    for (Json& part : (*page)["parts"]) parts.push_back(std::move(part));
    if (!page->contains("next")) {
      (*page)["parts"] = std::move(parts);
      return page;
    }
    params["from"] = (*page)["next"];
    params["at"] = (*page)["version"];  // the same text, whatever is written meanwhile
  }
}

// Neighbouring parts by one device that look alike to a person: one row, with the newest time.
struct Passage {
  std::string device;
  std::string at;
  std::string version;
  std::string text;
};

std::vector<Passage> passages_of(const Json& parts, std::string_view text) {
  std::vector<Passage> passages;
  for (const Json& part : parts) {
    const std::string device = who(part), at = safe(part, "at");
    const std::size_t length = std::min<std::size_t>(number(part, "length"), text.size());
    std::string_view piece = text.substr(0, length);
    text.remove_prefix(length);
    while (!piece.empty()) {
      const std::size_t line = std::min(piece.find('\n'), piece.size() - 1) + 1;
      const bool goes_on = !passages.empty() && passages.back().device == device &&
                           passages.back().text.back() != '\n';
      if (!goes_on) passages.push_back({device, at, safe(part, "version"), ""});
      Passage& last = passages.back();
      last.text += piece.substr(0, line);
      if (last.at < at) {
        last.at = at;
        last.version = safe(part, "version");
      }
      piece.remove_prefix(line);
    }
  }
  return passages;
}

Got<ExitCode> blame(const Context& context, const Arguments& arguments) {
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  const Got<std::string> entity = find_entity(*session, arguments.text("entity"));
  if (!entity) return pass_on(entity);
  const std::string path = path_of(arguments.text("path"));
  Json params = {{"entity", *entity}, {"path", path}, {"positions", "bytes"}, {"limit", 10'000}};
  if (arguments.has("--at")) params["at"] = arguments.text("--at");
  const Got<Json> answer = fetch_parts(*session, std::move(params));
  if (!answer) return pass_on(answer);
  const Got<Json> read = session->call(
      "entity.get", {{"entity", *entity}, {"path", path}, {"at", (*answer)["version"]}});
  if (!read) return pass_on(read);
  const std::int64_t now = unix_ms_now();
  Table table(3);
  for (const Passage& one : passages_of((*answer)["parts"], read->value("value", std::string()))) {
    std::string_view text = one.text;
    if (text.ends_with('\n')) text.remove_suffix(1);
    table.add({{ago(one.at, now)},
               {one.device, Tone::strong},
               {one.version, Tone::faint},
               {agent::printable(text)}});
  }
  context.show(*answer, table.empty() ? "The text is empty.\n" : table.text(context.terminal));
  return ExitCode::ok;
}

// ---- version -------------------------------------------------------------------------------

Got<ExitCode> show_programs(const Context& context) {
  Json answer = {{"version", SYNCLINE_VERSION}};
  std::string text = "syncline " SYNCLINE_VERSION "\n";
  if (Got<Session> session = context.connect()) {
    const Got<Json> info = session->call("system.info");
    if (info) {
      answer["agent"] = safe(*info, "version");
      text += "synclined " + safe(*info, "version") + "\n";
    }
  }
  context.show(answer, text);
  return ExitCode::ok;
}

Got<ExitCode> list_names(const Context& context, Session& session, const std::string& entity) {
  const Got<Json> answer = session.call("version.list", {{"entity", entity}});
  if (!answer) return pass_on(answer);
  const std::int64_t now = unix_ms_now();
  Table table(0);
  for (const Json& row : list(*answer, "versions")) {
    table.add({{safe(row, "name"), Tone::strong},
               {ago(safe(row, "at"), now)},
               {who(row)},
               {safe(row, "version"), Tone::faint}});
    for (const Json& other : list(row, "others"))
      table.add({{"  also", Tone::warn},
                 {ago(safe(other, "at"), now)},
                 {who(other)},
                 {safe(other, "version"), Tone::faint}});
  }
  context.show(*answer, table.empty() ? "No version has a name: `syncline version name " +
                                            short_id(entity) + " NAME` gives one.\n"
                                      : table.text(context.terminal));
  return ExitCode::ok;
}

Got<ExitCode> change_name(const Context& context, const Arguments& arguments, Session& session,
                          Json params) {
  const bool removing = arguments.texts("words").front() == "remove";
  if (arguments.has("--at")) params["at"] = arguments.text("--at");
  if (arguments.has("--wait")) params["wait"] = arguments.text("--wait");
  const Got<Json> answer =
      session.call(removing ? "version.remove" : "version.name", std::move(params));
  if (!answer) return pass_on(answer);
  context.show(*answer, removing ? "The name is gone; the version stays.\n" : "Named.\n");
  return ExitCode::ok;
}

Got<ExitCode> version(const Context& context, const Arguments& arguments) {
  const Words words = arguments.texts("words");
  if (words.empty()) return show_programs(context);
  const bool listing = words.front() == "list";
  const bool changing = words.front() == "name" || words.front() == "remove";
  if (!(listing && words.size() == 2) && !(changing && words.size() == 3))
    return usage_error("`version` takes `name ENTITY NAME`, `list ENTITY` or `remove ENTITY NAME`",
                       "alone it shows the version of the program");
  if (arguments.has("--at") && words.front() != "name")
    return usage_error("--at belongs to `version name`");
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  const Got<std::string> entity = find_entity(*session, words[1]);
  if (!entity) return pass_on(entity);
  if (listing) return list_names(context, *session, *entity);
  return change_name(context, arguments, *session, {{"entity", *entity}, {"name", words[2]}});
}

}  // namespace

std::vector<Row> version_rows() {
  return {{"blame",
           "Who wrote each part of a text, and when",
           {{"entity", Takes::text, "its id, or the first digits of it", "ENTITY", true},
            {"path", Takes::text, "where the text is, as `body`", "PATH", true},
            {"--at", Takes::text, "as it was at this version, or name of one", "VERSION"}},
           blame},
          {"version",
           "Names for versions: `version name ENTITY NAME`; alone, the program's own version",
           {{"words", Takes::texts, "name ENTITY NAME, list ENTITY, or remove ENTITY NAME", "WORD"},
            {"--at", Takes::text, "with name: not as it is now, but this version", "VERSION"},
            wait_option()},
           version}};
}

}  // namespace syncline::service
