// SPDX-License-Identifier: Apache-2.0
//
// put, rm, conflicts: changing what is there.
#include "service/arguments.h"
#include "service/entities.h"
#include "service/table.h"
#include "service/wording.h"

#include <algorithm>
#include <charconv>

namespace syncline::service {
namespace {

using ipc::Json;

void copy_word(const Arguments& arguments, const char* option, const char* name, Json& params) {
  if (arguments.has(option)) params[name] = arguments.text(option);
}

Got<std::vector<Assignment>> read_assignments(const std::vector<std::string>& plain,
                                              const std::vector<std::string>& texts) {
  std::vector<Assignment> all;
  const auto take = [&](const std::vector<std::string>& words, Reading reading) -> Got<ExitCode> {
    for (const std::string& word : words) {
      Got<Assignment> one = read_assignment(word, reading);
      if (!one) return pass_on(one);
      all.push_back(std::move(*one));
    }
    return ExitCode::ok;
  };
  if (const auto taken = take(plain, Reading::json_or_text); !taken) return pass_on(taken);
  if (const auto taken = take(texts, Reading::text_only); !taken) return pass_on(taken);
  return all;
}

// The document given with --file or --stdin; an empty object without either.
Got<Json> given_document(const Arguments& arguments) {
  if (arguments.has("--file") && arguments.has("--stdin"))
    return usage_error("--file and --stdin exclude each other");
  if (!arguments.has("--file") && !arguments.has("--stdin")) return Json::object();
  Got<Json> document = read_json(arguments.has("--stdin") ? "-" : arguments.text("--file"));
  if (document && !document->is_object())
    return usage_error("a document is a JSON object", R"(for example {"title": "Hello"})");
  return document;
}

Got<ExitCode> put_new(const Context& context, Session& session, const Arguments& arguments,
                      const std::vector<Assignment>& assignments) {
  Got<Json> value = given_document(arguments);
  if (!value) return pass_on(value);
  Got<Json> typed = document_of(assignments);
  if (!typed) return pass_on(typed);
  value->update(*typed);
  if (arguments.has("--if-version"))
    return usage_error("a new entity has no version yet: leave --if-version out");
  Json params = {{"value", std::move(*value)}};
  copy_word(arguments, "--type", "type", params);
  copy_word(arguments, "--wait", "wait", params);
  copy_word(arguments, "--key", "idempotency_key", params);
  const Got<Json> written = session.call("entity.create", std::move(params));
  if (!written) return pass_on(written);
  context.show(*written, safe(*written, "entity") + "\n");
  return ExitCode::ok;
}

bool is_text(const Json& value) {
  return value.is_object() && value.size() == 1 && value.contains("$text") &&
         value["$text"].is_string();
}

// The document as it is now, read only where an assignment might change a text in it.
Got<Json> document_before(Session& session, const std::string& entity,
                          const std::vector<Assignment>& assignments) {
  if (std::none_of(assignments.begin(), assignments.end(),
                   [](const Assignment& one) { return is_text(one.value); }))
    return Json::object();
  const Got<Json> read = session.call("entity.get", {{"entity", entity}, {"annotated", true}});
  if (!read) return pass_on(read);
  return (*read)["value"];
}

// The path as RFC 6901 knows it: "~2", which says that digits are a key, is an addition of ours.
std::string without_key_marks(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool escape = path[i] == '~' && i + 1 < path.size();
    if (escape && path[i + 1] == '2') {
      ++i;
      continue;
    }
    out += path[i];
    if (escape) out += path[++i];
  }
  return out;
}

// A text for a place that holds one is merged into it, so that what another device writes
// there at the same time survives.
Json op_of(const Assignment& one, const Json& before, const Json& replaced) {
  const Json set = {{"op", "set"}, {"path", one.path}, {"value", one.value}};
  if (!is_text(one.value)) return set;
  const Json::json_pointer place(without_key_marks(one.path));
  if (place.empty() || !before.contains(place) || !is_text(before.at(place))) return set;
  Json::json_pointer top = place;
  while (!top.parent_pointer().empty()) top = top.parent_pointer();
  if (replaced.contains(top)) return set;
  return {{"op", "text.merge"},
          {"path", one.path},
          {"from", before.at(place).at("$text")},
          {"to", one.value.at("$text")}};
}

Got<ExitCode> put_into(const Context& context, Session& session, const Arguments& arguments,
                       const std::string& entity, const std::vector<Assignment>& assignments) {
  Got<Json> document = given_document(arguments);
  if (!document) return pass_on(document);
  if (arguments.has("--type"))
    return usage_error("the type of an entity does not change: leave --type out");
  Json ops = Json::array();
  for (auto& [key, value] : document->items()) {
    // In the array form of a path a string is always a key, whatever it looks like.
    ops.push_back({{"op", "set"}, {"path", Json::array({key})}, {"value", std::move(value)}});
  }
  if (ops.empty() && assignments.empty())
    return usage_error("nothing to put", "give path=value, --text path=value, --file or --stdin");
  const Got<std::string> id = find_entity(session, entity);
  if (!id) return pass_on(id);
  for (auto one = assignments.begin(); one != assignments.end(); ++one)
    if (std::any_of(assignments.begin(), one,
                    [&one](const Assignment& other) { return other.path == one->path; }))
      return usage_error("`" + one->path + "` is given twice");
  const Got<Json> before = document_before(session, *id, assignments);
  if (!before) return pass_on(before);
  for (const Assignment& one : assignments) ops.push_back(op_of(one, *before, *document));
  Json params = {{"entity", *id}, {"ops", std::move(ops)}};
  copy_word(arguments, "--if-version", "if_version", params);
  copy_word(arguments, "--wait", "wait", params);
  copy_word(arguments, "--key", "idempotency_key", params);
  const Got<Json> written = session.call("entity.update", std::move(params));
  if (!written) return pass_on(written);
  context.show(*written, "Saved.\n");
  return ExitCode::ok;
}

Got<ExitCode> put(const Context& context, const Arguments& arguments) {
  std::vector<std::string> words = arguments.texts("values");
  const bool is_new = arguments.has("--new");
  std::string entity;
  if (!is_new) {
    if (words.empty() || words.front().find('=') != std::string::npos)
      return usage_error("say which entity, or --new for a new one",
                         "`syncline put ENTITY title=Hello` or `syncline put --new title=Hello`");
    entity = words.front();
    words.erase(words.begin());
  }
  const auto assignments = read_assignments(words, arguments.texts("--text"));
  if (!assignments) return pass_on(assignments);
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  return is_new ? put_new(context, *session, arguments, *assignments)
                : put_into(context, *session, arguments, entity, *assignments);
}

Got<ExitCode> rm(const Context& context, const Arguments& arguments) {
  Got<Session> session = context.connect();
  if (!session) return pass_on(session);
  const Got<std::string> entity = find_entity(*session, arguments.text("entity"));
  if (!entity) return pass_on(entity);
  Json params = {{"entity", *entity}};
  copy_word(arguments, "--if-version", "if_version", params);
  copy_word(arguments, "--wait", "wait", params);
  const Got<Json> written = session->call("entity.delete", std::move(params));
  if (!written) return pass_on(written);
  context.show(*written, "Deleted.\n");
  return ExitCode::ok;
}

std::string conflicts_text(const Context& context, const Json& answer) {
  std::string text;
  for (const Json& conflict : list(answer, "conflicts")) {
    const std::string id = short_id(safe(conflict, "entity"));
    text += context.terminal.toned(Tone::strong, id + "  " + safe(conflict, "path"));
    const bool was_deleted = safe(conflict, "kind") == "edited_and_deleted";
    text += was_deleted ? "  deleted on one device, edited on another: it is kept\n" : "\n";
    if (was_deleted && safe(conflict, "path").empty())
      text += "  `syncline conflicts resolve " + id +
              " \"\" 0` keeps it for good, `… \"\" removal` deletes it\n";
    Table table(1);
    std::uint64_t at = 0;
    for (const Json& value : list(conflict, "values")) {
      const std::string shown = value.contains("value") ? value["value"].dump() : "(removed)";
      const std::string name = safe(value, "device_name");
      table.add({{"  " + std::to_string(at)},
                 {safe({{"text", shown}}, "text")},
                 {name.empty() ? short_id(safe(value, "device")) : name},
                 {ago(safe(value, "at"), unix_ms_now()), Tone::faint},
                 {at == 0 ? "shown" : "", Tone::faint}});
      ++at;
    }
    text += table.text(context.terminal);
  }
  if (text.empty()) return "No conflicts.\n";
  return text + "Keep one with `syncline conflicts resolve ENTITY PATH NUMBER`.\n";
}

Got<ExitCode> resolve(const Context& context, Session& session,
                      const std::vector<std::string>& words) {
  if (words.size() != 4)
    return usage_error("`conflicts resolve` takes ENTITY PATH NUMBER",
                       "see the numbers with `syncline conflicts`");
  const Got<std::string> entity = find_entity(session, words[1]);
  if (!entity) return pass_on(entity);
  Json choose = words[3];
  if (words[3] != "removal") {
    std::uint32_t position = 0;
    const char* const end = words[3].data() + words[3].size();
    const auto parsed = std::from_chars(words[3].data(), end, position);
    if (parsed.ec != std::errc() || parsed.ptr != end)
      return usage_error("`" + words[3] + "` is neither a number nor `removal`");
    choose = position;
  }
  const Got<Json> written = session.call(
      "conflict.resolve", {{"entity", *entity}, {"path", path_of(words[2])}, {"choose", choose}});
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
  if (resolving) return resolve(context, *session, words);
  Json params = {{"limit", arguments.number("--limit", 100)}};
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

}  // namespace

std::vector<Row> writing_rows() {
  const Option wait = {"--wait", Takes::text,
                       "what has to hold it first: buffered, local, one_device, all_devices",
                       "WHERE"};
  const Option if_version = {"--if-version", Takes::text, "only if this is still the version",
                             "VERSION"};
  return {{"put",
           "Make an entity, or set places in one",
           {{"values", Takes::texts,
             "an entity (without --new), then PATH=VALUE: JSON, else text; also "
             "count={\"$counter\":0}, "
             "tags={\"$set\":[]}",
             "WORD"},
            {"--new", Takes::nothing, "make a new entity", ""},
            {"--type", Takes::text, "the app's word for the new entity", "TYPE"},
            {"--text", Takes::texts, "a text that several devices can edit at once", "PATH=TEXT"},
            {"--file", Takes::text, "a JSON object from FILE", "FILE"},
            {"--stdin", Takes::nothing, "a JSON object from standard input", ""},
            {"--key", Takes::text, "the same call with the same key is done once", "KEY"},
            if_version,
            wait},
           put},
          {"rm",
           "Delete an entity",
           {{"entity", Takes::text, "its id, or the first digits of it", "ENTITY", true},
            if_version,
            wait},
           rm},
          {"conflicts",
           "Where devices wrote at the same time; `conflicts resolve ENTITY PATH NUMBER`",
           {{"words", Takes::texts, "an entity, or resolve ENTITY PATH NUMBER", "WORD"},
            {"--limit", Takes::number, "at most so many (100)", "N"}},
           conflicts}};
}

}  // namespace syncline::service
