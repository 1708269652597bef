// SPDX-License-Identifier: Apache-2.0
//
// ls, get, watch: looking at what is there.
#include "agent/printable.h"
#include "service/arguments.h"
#include "service/entities.h"
#include "service/interrupt.h"
#include "service/table.h"
#include "service/wording.h"

#include <utility>

namespace syncline::service {
namespace {

using ipc::Json;

constexpr std::uint64_t page_rows = 1000;

Got<Json> fetch_rows(Session& session, const Arguments& arguments) {
  const std::uint64_t wanted =
      arguments.has("--all") ? UINT64_MAX : arguments.number("--limit", 100);
  Json all = Json::array();
  std::string cursor = arguments.text("--cursor");
  do {
    const std::uint64_t missing = wanted - all.size();
    Json params = {{"limit", std::min(missing, page_rows)}};
    if (arguments.has("--type")) params["type"] = arguments.text("--type");
    if (!cursor.empty()) params["cursor"] = cursor;
    Got<Json> page = session.call("entity.list", std::move(params));
    if (!page) return page;
    for (Json& row : (*page)["entities"]) all.push_back(std::move(row));
    cursor = page->value("cursor", "");
  } while (!cursor.empty() && all.size() < wanted);
  Json answer = {{"entities", std::move(all)}};
  if (!cursor.empty()) answer["cursor"] = cursor;
  return answer;
}

Got<ExitCode> ls(const Context& context, const Arguments& arguments) {
  if (arguments.has("--limit") && arguments.number("--limit", 0) == 0)
    return usage_error("--limit has to be at least 1");
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  const Got<Json> answer = fetch_rows(*session, arguments);
  if (!answer) return pass_on(answer);
  const std::int64_t now = unix_ms_now();
  Table table(2);
  for (const Json& row : list(*answer, "entities")) {
    const std::uint64_t conflicts = number(row, "conflicts");
    const std::string title = safe(row, "title");
    table.add({{short_id(safe(row, "entity")), Tone::faint},
               {safe(row, "type")},
               {title.empty() ? "(no text)" : title, title.empty() ? Tone::faint : Tone::strong},
               {ago(safe(row, "changed"), now), Tone::faint},
               {conflicts > 0 ? counted(conflicts, "conflict", "conflicts") : "", Tone::warn}});
  }
  std::string text = table.text(context.terminal);
  if (table.empty() && arguments.has("--type"))
    text = "Nothing has the type " + agent::printable(arguments.text("--type")) + ".\n";
  else if (table.empty())
    text = "Nothing here yet: `syncline put --new title=Hello` makes an entity.\n";
  if (answer->contains("cursor")) text += "There is more: `syncline ls --all`.\n";
  context.show(*answer, text);
  return ExitCode::ok;
}

// A document as a person reads it: indented JSON, without escapes a terminal would obey.
std::string readable(const Json& value) {
  if (value.is_string()) {
    std::string out;
    std::string_view rest = value.get_ref<const std::string&>();
    for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      out += agent::printable(rest.substr(0, end)) + "\n";
      rest.remove_prefix(end + 1);
    }
    return out + agent::printable(rest) + "\n";
  }
  // What remains after the library's own escaping: C1 controls and direction marks.
  std::string out;
  std::string_view rest;
  const std::string dumped = value.dump(2);
  rest = dumped;
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    out += agent::printable(rest.substr(0, end)) + "\n";
    rest.remove_prefix(end + 1);
  }
  return out + agent::printable(rest) + "\n";
}

// Those that only the agent knows, for a key that looks like an index or a node of a tree, or that
// nobody knows.
bool has_signs(std::string_view path) {
  for (std::size_t at = path.find('~'); at != std::string_view::npos; at = path.find('~', at + 1))
    if (at + 1 == path.size() || (path[at + 1] != '0' && path[at + 1] != '1')) return true;
  return false;
}

Got<ExitCode> get(const Context& context, const Arguments& arguments) {
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  const Got<std::string> entity = find_entity(*session, arguments.text("entity"));
  if (!entity) return pass_on(entity);
  Json params = {{"entity", *entity}, {"annotated", arguments.has("--annotated")}};
  if (arguments.has("--at")) params["at"] = arguments.text("--at");
  std::string path = path_of(arguments.text("path"));
  if (has_signs(path)) params["path"] = std::exchange(path, {});
  Got<Json> answer = session->call("entity.get", std::move(params));
  if (!answer) return pass_on(answer);
  Json value = std::move((*answer)["value"]);
  if (!path.empty()) {
    const Json::json_pointer place(path);
    if (!value.contains(place))
      return refuse({ExitCode::not_found, "not_found",
                     "the entity has nothing at " + agent::printable(path),
                     "see all of it with `syncline get " + short_id(*entity) + "`"});
    value = Json(value.at(place));
  }
  std::string text = readable(value);
  (*answer)["value"] = std::move(value);
  if (yes(*answer, "deleted")) context.terminal.hint("This entity is deleted.\n");
  if (const auto conflicts = number(*answer, "conflicts"); conflicts > 0 && !context.json)
    context.terminal.hint(counted(conflicts, "conflict", "conflicts") + ": `syncline conflicts " +
                          short_id(*entity) + "`\n");
  context.show(*answer, text);
  return ExitCode::ok;
}

std::string change_line(const Context& context, const Json& change) {
  return context.terminal.toned(Tone::faint, short_id(safe(change, "entity"))) + "  " +
         fitted(safe(change, "change"), 8) + (yes(change, "local") ? "  here " : "  there") +
         (safe(change, "type").empty() ? "" : "  " + safe(change, "type")) + "\n";
}

Got<Json> open_subscription(Session& session, const Arguments& arguments) {
  Json params = Json::object();
  if (arguments.has("--type")) params["type"] = arguments.text("--type");
  if (arguments.has("--since")) params["since"] = arguments.text("--since");
  if (arguments.has("--entity")) {
    const Got<std::string> entity = find_entity(session, arguments.text("--entity"));
    if (!entity) return pass_on(entity);
    params["entity"] = *entity;
  }
  return session.call("sub.open", std::move(params));
}

Got<ExitCode> watch(const Context& context, const Arguments& arguments) {
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  const Got<Json> opened = open_subscription(*session, arguments);
  if (!opened) return pass_on(opened);
  const std::string sub = opened->value("sub", "");
  std::uint64_t left = arguments.number("--count", UINT64_MAX);
  const Interrupt interrupt;
  while (left > 0 && !interrupt.happened()) {
    const Got<Json> events = session->call(
        "events.poll",
        {{"sub", sub}, {"limit", std::min<std::uint64_t>(left, 100)}, {"wait_ms", 30'000}},
        interrupt);
    if (interrupt.happened()) return ExitCode::interrupted;
    if (!events) return pass_on(events);
    if (yes(*events, "gap")) {
      if (context.json)
        context.show({{"gap", true}}, "");
      else
        context.terminal.hint("Changes were left out: list again.\n");
    }
    for (const Json& change : list(*events, "changes")) {
      context.show(change, change_line(context, change));
      --left;
    }
    const Got<Json> told =
        session->call("sub.ack", {{"sub", sub}, {"cursor", events->value("cursor", "0")}});
    if (!told && !interrupt.happened()) return pass_on(told);
  }
  (void)session->call("sub.close", {{"sub", sub}}).has_value();
  return interrupt.happened() ? ExitCode::interrupted : ExitCode::ok;
}

Option entity_argument() {
  return {"entity", Takes::text, "its id, or the first digits of it", "ENTITY", true};
}

}  // namespace

std::vector<Row> reading_rows() {
  return {{"ls",
           "List what is there",
           {{"--type", Takes::text, "only of this type", "TYPE"},
            {"--limit", Takes::number, "at most so many (100)", "N"},
            {"--cursor", Takes::text, "go on where an earlier --json list ended", "CURSOR"},
            {"--all", Takes::nothing, "all of it", ""}},
           ls},
          {"get",
           "Show an entity, or one place in it",
           {entity_argument(),
            {"path", Takes::text, "only this place: title, or items/0, or tree/~3NODE", "PATH"},
            {"--at", Takes::text, "as it was at this version, see `syncline history`, or its name",
             "VERSION"},
            {"--annotated", Takes::nothing, "mark texts, counters and sets as such", ""}},
           get},
          {"watch",
           "Show changes as they come, until Ctrl-C",
           {{"--type", Takes::text, "only of this type", "TYPE"},
            {"--entity", Takes::text, "only of this entity", "ENTITY"},
            {"--since", Takes::text, "from this cursor on", "CURSOR"},
            {"--count", Takes::number, "end after so many", "N"}},
           watch}};
}

}  // namespace syncline::service
