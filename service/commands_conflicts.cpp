// SPDX-License-Identifier: Apache-2.0
//
// conflicts, type: what devices wrote at the same time, and how an app wants that to be read.
#include "service/arguments.h"
#include "service/entities.h"
#include "service/table.h"
#include "service/wording.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace syncline::service {
namespace {

using ipc::Json;

// Where somebody moved it.
std::string place_text(const Json& value) {
  const Json place = value.value("value", Json::object());
  std::string text;
  if (place.contains("parent"))
    text = place["parent"].is_null() ? "at the top" : "below " + place["parent"].dump();
  if (place.contains("index"))
    text += (text.empty() ? "place " : ", place ") + place["index"].dump();
  return text;
}

std::string conflicts_text(const Context& context, const Json& answer) {
  std::string text;
  for (const Json& conflict : list(answer, "conflicts")) {
    const std::string id = short_id(safe(conflict, "entity"));
    text += context.terminal.toned(Tone::strong, id + "  " + safe(conflict, "path"));
    const bool was_deleted = safe(conflict, "kind") == "edited_and_deleted";
    const bool was_moved = safe(conflict, "kind") == "move_lost";
    text += was_deleted ? "  deleted on one device, edited on another: it is kept\n"
            : was_moved ? "  moved to several places: it is at the first of these\n"
                        : "\n";
    if (was_deleted && safe(conflict, "path").empty())
      text += "  `syncline conflicts resolve " + id +
              " \"\" 0` keeps it for good, `… \"\" removal` deletes it\n";
    Table table(1);
    std::uint64_t at = 0;
    for (const Json& value : list(conflict, "values")) {
      const std::string shown = was_moved                 ? place_text(value)
                                : value.contains("value") ? value["value"].dump()
                                                          : "(the entity)";
      const std::string name = safe(value, "device_name");
      table.add({{"  " + std::to_string(at)},
                 {safe({{"text", shown}}, "text")},
                 {name.empty() ? short_id(safe(value, "device")) : name},
                 {ago(safe(value, "at"), unix_ms_now()), Tone::faint},
                 {at == 0 ? "shown" : "", Tone::faint}});
      ++at;
    }
    for (const Json& removal : list(conflict, "removals")) {
      const std::string name = safe(removal, "device_name");
      table.add(
          {{"  -"},
           {"(removed)"},
           {name.empty() ? short_id(safe(removal, "device")) : name},
           {removal.contains("at") ? ago(safe(removal, "at"), unix_ms_now()) : "", Tone::faint},
           {"", Tone::faint}});
    }
    text += table.text(context.terminal);
  }
  if (text.empty()) return "No conflicts.\n";
  return text +
         "Keep one with `syncline conflicts resolve ENTITY PATH NUMBER`, or write another value "
         "with `… PATH --value JSON`.\n";
}

Got<Json> choice_of(const std::string& word) {
  if (word == "removal") return Json(word);
  std::uint32_t position = 0;
  const char* const end = word.data() + word.size();
  const auto parsed = std::from_chars(word.data(), end, position);
  if (parsed.ec != std::errc() || parsed.ptr != end)
    return usage_error("`" + word + "` is neither a number nor `removal`");
  return Json(position);
}

Got<ExitCode> resolve(const Context& context, Session& session, const Arguments& arguments,
                      const std::vector<std::string>& words) {
  const bool writes = arguments.has("--value");
  if (words.size() != (writes ? 3U : 4U))
    return usage_error("`conflicts resolve` takes ENTITY PATH NUMBER, or ENTITY PATH --value JSON",
                       "see the numbers with `syncline conflicts`");
  const Got<std::string> entity = find_entity(session, words[1]);
  if (!entity) return pass_on(entity);
  Json params = {{"entity", *entity}, {"path", path_of(words[2])}};
  if (writes) {
    Got<Assignment> written =
        read_assignment("value=" + arguments.text("--value"), Reading::json_or_text);
    if (!written) return pass_on(written);
    params["value"] = std::move(written->value);
  } else {
    Got<Json> choice = choice_of(words[3]);
    if (!choice) return pass_on(choice);
    params["choose"] = std::move(*choice);
  }
  const Got<Json> written = session.call("conflict.resolve", std::move(params));
  if (!written) return pass_on(written);
  context.show(*written, "Resolved.\n");
  return ExitCode::ok;
}

Got<ExitCode> conflicts(const Context& context, const Arguments& arguments) {
  const std::vector<std::string> words = arguments.texts("words");
  const bool resolving = !words.empty() && words.front() == "resolve";
  if (!resolving && words.size() > 1) return usage_error("`conflicts` takes at most one entity");
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  if (resolving) return resolve(context, *session, arguments, words);
  Json params = {{"limit", arguments.number("--limit", 100)}};
  if (arguments.has("--space")) params["space"] = arguments.text("--space");
  if (!words.empty()) {
    const Got<std::string> entity = find_entity(*session, words.front());
    if (!entity) return pass_on(entity);
    params["entity"] = *entity;
  }
  const Got<Json> answer = session->call("conflict.list", std::move(params));
  if (!answer) return pass_on(answer);
  context.show(*answer, conflicts_text(context, *answer));
  return ExitCode::ok;
}

// "PATTERN=RULE", as a row of params.rules.
Got<ExitCode> add_rule(const std::string& word, Json& rules) {
  const std::size_t equals = word.rfind('=');
  if (equals == std::string::npos || equals == 0)
    return usage_error("`" + word + "` is not of the form PATTERN=RULE",
                       "for example `items/*/price=max`; rules are max, min, union, text, none");
  const std::string rule = word.substr(equals + 1);
  constexpr std::array<std::string_view, 5> known{"max", "min", "union", "text", "none"};
  if (std::ranges::find(known, rule) == known.end())
    return usage_error("`" + rule + "` is no rule",
                       "for example `items/*/price=max`; rules are max, min, union, text, none");
  rules[path_of(word.substr(0, equals))] = rule == "none" ? Json() : Json(rule);
  return ExitCode::ok;
}

Got<ExitCode> declare(const Context& context, Session& session,
                      const std::vector<std::string>& words) {
  if (words.size() < 3)
    return usage_error("`type declare` takes TYPE PATTERN=RULE ...",
                       "for example `syncline type declare item price=max`");
  Json rules = Json::object();
  for (std::size_t i = 2; i < words.size(); ++i)
    if (const auto added = add_rule(words[i], rules); !added) return pass_on(added);
  const Got<Json> written =
      session.call("type.declare", {{"type", words[1]}, {"rules", std::move(rules)}});
  if (!written) return pass_on(written);
  context.show(*written, "Declared.\n");
  return ExitCode::ok;
}

Got<ExitCode> type(const Context& context, const Arguments& arguments) {
  const std::vector<std::string> words = arguments.texts("words");
  const bool declaring = !words.empty() && words.front() == "declare";
  if (!declaring && !words.empty())
    return usage_error("`type` lists; `type declare TYPE PATTERN=RULE ...` declares");
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  if (declaring) return declare(context, *session, words);
  const Got<Json> answer = session->call("type.list", Json::object());
  if (!answer) return pass_on(answer);
  Table table(1);
  for (const Json& row : list(*answer, "types")) {
    const Json rules = row.value("rules", Json::object());
    for (const auto& [pattern, rule] : rules.items())
      table.add({{safe(row, "type"), Tone::strong},
                 {safe({{"pattern", pattern}}, "pattern")},
                 {safe({{"rule", rule}}, "rule")}});
  }
  context.show(*answer, table.empty() ? "No type has rules: `syncline type declare TYPE "
                                        "PATTERN=RULE` makes one.\n"
                                      : table.text(context.terminal));
  return ExitCode::ok;
}

}  // namespace

std::vector<Row> conflict_rows() {
  return {
      {"conflicts",
       "Where devices wrote at the same time; `conflicts resolve ENTITY PATH NUMBER`",
       {{"words", Takes::texts, "an entity, or resolve ENTITY PATH NUMBER", "WORD"},
        {"--value", Takes::text, "with resolve, instead of NUMBER: what to write", "JSON"},
        {"--space", Takes::text, "only of this space", "SPACE"},
        {"--limit", Takes::number, "at most so many (100)", "N"}},
       conflicts},
      {"type",
       "How conflicts in entities of a type are read; `type declare TYPE PATTERN=RULE`",
       {{"words", Takes::texts,
         "declare TYPE PATTERN=RULE ...: max or min of numbers, union of a list or set with what "
         "is none, text for the lines of all texts, none for no rule any more; `*` in a pattern "
         "is any one step. Lists, sets and texts that several devices make at one place merge "
         "by themselves",
         "WORD"}},
       type}};
}

}  // namespace syncline::service
