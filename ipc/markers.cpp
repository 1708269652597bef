// SPDX-License-Identifier: Apache-2.0
#include "ipc/markers.h"

#include "ipc/document_value.h"
#include "ipc/text_marks.h"
#include "protocol/base/advice.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace syncline::ipc {

namespace {

using crdt::Kind;

struct Row {
  const char* name;
  Kind kind;
  const char* form;
  bool (*fits)(const Json& content);
};
const Row rows[] = {
    {"$text", Kind::text, "a string", [](const Json& content) { return content.is_string(); }},
    {"$counter", Kind::counter,
     "an integer, or a decimal in a string like \"12.50\", with at most 18 places",
     [](const Json& content) { return read_number(content).has_value(); }},
    {"$set", Kind::set, "an array of strings, numbers, true, false and null",
     [](const Json& content) { return content.is_array(); }},
    {"$tree", Kind::tree, "an array of nodes, each like {\"id\": \"a\", \"parent\": null}",
     [](const Json& content) { return content.is_array(); }},
    {"$map", Kind::map, "an object", [](const Json& content) { return content.is_object(); }},
};

// Cut where a character ends.
std::string cut(const std::string& key) {
  constexpr std::size_t size_max = 48;
  if (key.size() <= size_max) return key;
  std::size_t size = size_max;
  while (size > 0 && (static_cast<unsigned char>(key[size]) & 0xc0U) == 0x80) --size;
  return key.substr(0, size) + "...";
}

std::string did_you_mean(const std::string& name, const std::vector<std::string>& names) {
  const std::string similar = nearest(name, names);
  return similar.empty() ? "" : "; did you mean \"" + similar + "\"?";
}

tl::unexpected<Error> no_marker(const std::string& name, const std::string& place) {
  std::vector<std::string> names = {"$marks"};
  for (const Row& row : rows) names.emplace_back(row.name);
  return fail_with_advice(
      Errc::invalid,
      place + " has the one key \"" + cut(name) + "\", which is no marker" +
          did_you_mean(name, names),
      "markers are $text, $counter, $set, $tree; a map with such a key is written {\"$map\": {\"" +
          cut(name) + "\": ...}}");
}

tl::unexpected<Error> beside_text(const Json& object, const std::string& place) {
  std::string other;
  for (const auto& [key, value] : object.items())
    if (key != "$text" && (other.empty() || other == "$marks")) other = key;
  return fail_with_advice(
      Errc::invalid,
      place + " has \"" + cut(other) + "\" beside \"$text\"" + did_you_mean(other, {"$marks"}),
      "only \"$marks\" can be beside \"$text\"; a map with these keys is written {\"$map\": "
      "{...}}");
}

}  // namespace

std::string place_inside(const std::string& place, const std::string& key) {
  return place + "." + cut(key);
}
std::string place_inside(const std::string& place, std::size_t index) {
  return place + "[" + std::to_string(index) + "]";
}

bool looks_like_marker(const Json& object) {
  const bool is_one = object.size() == 1 && object.begin().key().substr(0, 1) == "$";
  return is_one || object.contains("$text");
}

Result<std::optional<Wanted>> wanted_container(Json& value, const std::string& place) {
  if (value.is_array()) return Wanted{Kind::list, &value, place};
  if (!value.is_object()) return std::optional<Wanted>();
  if (!looks_like_marker(value)) return Wanted{Kind::map, &value, place};
  if (is_marked_text(value))
    return fail_with_advice(Errc::invalid, place + ".$marks cannot be given here",
                            "make the text first, and mark it with the op text.mark");
  if (value.size() > 1) return beside_text(value, place);
  const std::string name = value.begin().key();
  Json& content = value.begin().value();
  for (const Row& row : rows) {
    if (name != row.name) continue;
    const std::string where = place_inside(place, name);
    if (row.fits(content)) return Wanted{row.kind, &content, where};
    return fail(Errc::invalid, where + " has to be " + row.form);
  }
  return no_marker(name, place);
}

Status check_is_map(Json& value, const std::string& place, const char* what) {
  const auto wanted = wanted_container(value, place);
  if (!wanted) return pass(wanted);
  if (*wanted && (*wanted)->kind == Kind::map) return {};
  const std::string kind = *wanted ? std::string(crdt::name_of((*wanted)->kind)) : "leaf";
  return fail_with_advice(Errc::invalid, place + " is a " + kind + ", and " + what + " is a map",
                          "put it under a key, as in {\"body\": ...}");
}

}  // namespace syncline::ipc
