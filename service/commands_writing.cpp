// SPDX-License-Identifier: Apache-2.0
//
// put, rm: changing what is there.
#include "agent/printable.h"
#include "service/arguments.h"
#include "service/entities.h"
#include "service/wording.h"

#include <algorithm>

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

// What a place should be: the agent finds what differs, so that what another device writes into
// the same text, list or map meanwhile survives.
Json put_op(Json path, Json value) {
  return {{"op", "put"}, {"path", std::move(path)}, {"value", std::move(value)}};
}

Got<Json> ops_of(Json document, const std::vector<Assignment>& assignments) {
  Json ops = Json::array();
  // In the array form of a path a string is always a key, whatever it looks like.
  for (auto& [key, value] : document.items())
    ops.push_back(put_op(Json::array({key}), std::move(value)));
  for (auto one = assignments.begin(); one != assignments.end(); ++one) {
    if (std::any_of(assignments.begin(), one,
                    [&one](const Assignment& other) { return other.path == one->path; }))
      return usage_error("`" + one->path + "` is given twice");
    ops.push_back(put_op(one->path, one->value));
  }
  if (ops.empty())
    return usage_error("nothing to put", "give path=value, --text path=value, --file or --stdin");
  return ops;
}

// The place that each op writes.
std::vector<std::string> places_of(const Json& ops) {
  std::vector<std::string> places;
  for (const Json& op : ops)
    places.push_back(op["path"].is_string() ? op["path"].get<std::string>()
                                            : "/" + op["path"][0].get<std::string>());
  return places;
}

// Of several values that were given it is said which one is at fault.
Failure at_place(Failure failure, const std::vector<std::string>& places) {
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::string front = "params.ops[" + std::to_string(i) + "].value";
    if (failure.message.starts_with(front))
      failure.message.replace(0, front.size(), agent::printable(places[i]));
  }
  return failure;
}

Got<ExitCode> put_into(const Context& context, Session& session, const Arguments& arguments,
                       const std::string& entity, const std::vector<Assignment>& assignments) {
  Got<Json> document = given_document(arguments);
  if (!document) return pass_on(document);
  if (arguments.has("--type"))
    return usage_error("the type of an entity does not change: leave --type out");
  const bool whole = arguments.has("--whole");
  if (whole && (!assignments.empty() || (!arguments.has("--file") && !arguments.has("--stdin"))))
    return usage_error("--whole takes the whole document, from --file or --stdin",
                       "without --whole, `syncline put ENTITY PATH=VALUE` sets one place");
  Json params = Json::object();
  std::vector<std::string> places;
  if (whole) {
    params["value"] = std::move(*document);
  } else {
    Got<Json> ops = ops_of(std::move(*document), assignments);
    if (!ops) return pass_on(ops);
    places = places_of(*ops);
    params["ops"] = std::move(*ops);
  }
  const Got<std::string> id = find_entity(session, entity);
  if (!id) return pass_on(id);
  params["entity"] = *id;
  copy_word(arguments, "--if-version", "if_version", params);
  copy_word(arguments, "--wait", "wait", params);
  copy_word(arguments, "--key", "idempotency_key", params);
  const Got<Json> written = session.call(whole ? "entity.put" : "entity.update", std::move(params));
  if (!written) return refuse(at_place(written.error(), places));
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
  context.show(*written, number(*written, "ops_applied") > 0
                             ? "Deleted; `syncline undo` brings it back.\n"
                             : "It was deleted already.\n");
  return ExitCode::ok;
}

}  // namespace

std::vector<Row> writing_rows() {
  const Option wait = wait_option();
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
            {"--whole", Takes::nothing, "make it the whole document: what it lacks goes", ""},
            {"--key", Takes::text, "the same call with the same key is done once", "KEY"},
            if_version,
            wait},
           put},
          {"rm",
           "Delete an entity",
           {{"entity", Takes::text, "its id, or the first digits of it", "ENTITY", true},
            if_version,
            wait},
           rm}};
}

}  // namespace syncline::service
