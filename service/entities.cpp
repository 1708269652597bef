// SPDX-License-Identifier: Apache-2.0
#include "service/entities.h"

#include "protocol/base/advice.h"
#include "service/wording.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace syncline::service {
namespace {

using ipc::Json;

constexpr std::size_t id_digits = 32;
constexpr std::size_t prefix_min = 4;
constexpr std::size_t source_size_max = std::size_t{4} << 20;

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// RFC 6901: "~1" is a slash and "~0" a tilde.
std::string unescaped(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const bool escape = token[i] == '~' && i + 1 < token.size();
    if (escape && token[i + 1] == '1')
      out += '/', ++i;
    else if (escape && token[i + 1] == '0')
      out += '~', ++i;
    else if (escape && token[i + 1] == '2')
      ++i;
    else
      out += token[i];
  }
  return out;
}

// Whether it has the form of a JSON number, whatever its size.
bool looks_like_number(std::string_view text) {
  const auto skip_digits = [&text] {
    const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count > 0;
  };
  const auto skip_one_of = [&text](std::string_view wanted) {
    const bool found = !text.empty() && wanted.find(text.front()) != std::string_view::npos;
    if (found) text.remove_prefix(1);
    return found;
  };
  skip_one_of("-");
  const bool padded = text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
  if (padded || !skip_digits()) return false;  // "007" and "-" are words
  if (skip_one_of(".") && !skip_digits()) return false;
  if (skip_one_of("eE")) {
    skip_one_of("+-");
    if (!skip_digits()) return false;
  }
  return text.empty();
}

// What was meant as JSON, and the parser refuses for what is in it. Only about numbers, which no
// other parser may be able to read either, does it give advice.
bool is_json_refused(const std::string& text, const Error& why) {
  const std::size_t start = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  const bool is_nested = start < text.size() && (text[start] == '{' || text[start] == '[');
  return (is_nested && !split_advice(why.context).advice.empty()) || ipc::Json::accept(text);
}

// The parser says at which byte; a person has lines and columns before them.
std::string placed(const std::string& complaint, std::string_view text) {
  constexpr std::string_view marker = " at byte ";
  const std::size_t at = complaint.rfind(marker);
  if (at == std::string::npos) return complaint;
  std::uint64_t byte = 0;
  const char* const digits = complaint.data() + at + marker.size();
  std::from_chars(digits, complaint.data() + complaint.size(), byte);
  const std::string_view before = text.substr(0, std::min<std::size_t>(byte, text.size()));
  const std::size_t line_start = before.rfind('\n') + 1;  // 0 in the first line
  const auto is_first = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; };
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto column = std::count_if(before.begin() + static_cast<std::ptrdiff_t>(line_start),
                                    before.end(), is_first) +
                      1;
  return complaint.substr(0, at) + " at line " + std::to_string(line) + ", column " +
         std::to_string(column);
}

}  // namespace

Got<std::string> find_entity(Session& session, const std::string& text) {
  if (!is_hex(text) || text.size() > id_digits || text.size() < prefix_min)
    return usage_error("`" + text + "` names no entity",
                       "give at least four digits of an id that `syncline ls` shows");
  if (text.size() == id_digits) return text;
  std::string found;
  std::string cursor;
  do {
    Json params = {{"limit", 1000}};
    if (!cursor.empty()) params["cursor"] = cursor;
    const Got<Json> page = session.call("entity.list", std::move(params));
    if (!page) return pass_on(page);
    for (const Json& row : list(*page, "entities")) {
      const std::string id = safe(row, "entity");
      if (!id.starts_with(text)) continue;
      if (!found.empty())
        return usage_error("several entities begin with " + text, "give more digits of the id");
      found = id;
    }
    cursor = page->value("cursor", "");
  } while (!cursor.empty());
  if (found.empty())
    return refuse({ExitCode::not_found, "not_found", "no entity begins with " + text,
                   "see what there is with `syncline ls`"});
  return found;
}

std::string path_of(const std::string& text) {
  return text.empty() || text.front() == '/' ? text : "/" + text;
}

Got<Assignment> read_assignment(const std::string& text, Reading reading) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return usage_error("`" + text + "` is not of the form path=value");
  if (!ipc::is_utf8(text)) return usage_error("what was given for a place is not UTF-8 text");
  const std::string value = text.substr(equals + 1);
  Assignment made{path_of(text.substr(0, equals)), Json()};
  if (reading == Reading::text_only) {
    made.value = {{"$text", value}};
    return made;
  }
  auto parsed = ipc::parse(value);
  if (!parsed && looks_like_number(value))
    return usage_error("`" + value + "` is not a number that can be kept",
                       "write it in quotes to keep it as a text: " + text.substr(0, equals) +
                           "='\"" + value + "\"'");
  if (!parsed && is_json_refused(value, parsed.error())) {
    const Advised why = split_advice(parsed.error().context);
    return usage_error(
        "`" + made.path + "` cannot be kept: " + placed(std::string(why.what), value),
        std::string(why.advice));
  }
  made.value = parsed ? std::move(*parsed) : Json(value);
  return made;
}

Got<Json> document_of(const std::vector<Assignment>& assignments) {
  Json document = Json::object();
  for (const Assignment& assignment : assignments) {
    Json* at = &document;
    std::string_view rest = assignment.path;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('/', 1), rest.size());
      const std::string key = unescaped(rest.substr(1, end - 1));
      rest.remove_prefix(end);
      if (!at->is_object() || at->contains("$text"))
        return usage_error("`" + assignment.path + "` goes through a value that is no object");
      at = &(*at)[key];
      if (at->is_null() && !rest.empty()) *at = Json::object();
    }
    if (!at->is_null()) return usage_error("`" + assignment.path + "` is given twice");
    *at = assignment.value;
  }
  return document;
}

Got<std::string> read_source(const std::string& name) {
  const bool standard = name == "-";
  const int descriptor = standard ? STDIN_FILENO : ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return failed({errno == ENOENT ? Errc::not_found : Errc::io,
                   "cannot open " + name + ": " + std::strerror(errno)},
                  "check the name, or give the JSON on standard input with --stdin");
  std::string all;
  char piece[16384];
  ssize_t got = 0;
  while (all.size() <= source_size_max) {
    got = ::read(descriptor, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    all.append(piece, static_cast<std::size_t>(got));
  }
  const int error = errno;
  if (!standard) ::close(descriptor);
  if (got < 0) return failed({Errc::io, "cannot read " + name + ": " + std::strerror(error)});
  if (all.size() > source_size_max)
    return failed({Errc::oversized, name + " is larger than 4 MiB"}, "put it in several steps");
  return all;
}

Got<Json> read_json(const std::string& name) {
  const Got<std::string> text = read_source(name);
  if (!text) return pass_on(text);
  auto parsed = ipc::parse(*text);
  if (parsed) return std::move(*parsed);
  const bool standard = name == "-";
  return usage_error((standard ? std::string("standard input") : name) +
                         " is not JSON: " + placed(parsed.error().context, *text),
                     standard ? "give one JSON value, for example {\"title\": \"Hello\"}"
                              : "mend it there, and put it again");
}

}  // namespace syncline::service
