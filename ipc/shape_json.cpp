// SPDX-License-Identifier: Apache-2.0
#include "ipc/shape_json.h"

#include "ipc/document_value.h"
#include "protocol/base/limits.h"

#include <utility>

namespace syncline::ipc {

namespace {

using crdt::Kind;
using crdt::Shape;
using Verb = crdt::PatchStep::Verb;

constexpr std::int64_t pointer_size_max = 64 * 1024;

Result<Shape> shape_of(Json& content, std::optional<Kind> kind, const std::string& place) {
  Shape shape;
  shape.kind = kind;
  if (content.is_array()) {
    crdt::ShapeList items;
    for (std::size_t i = 0; i < content.size(); ++i) {
      auto item = read_shape(content[i], place + "[" + std::to_string(i) + "]");
      if (!item) return item;
      items.push_back(std::move(*item));
    }
    shape.node = std::move(items);
    return shape;
  }
  if (content.is_object()) {
    crdt::ShapeMap fields;
    for (auto& [key, value] : content.get_ref<Json::object_t&>()) {
      auto field = read_shape(value, place + "." + key);
      if (!field) return field;
      fields.emplace_hint(fields.end(), key, std::move(*field));
    }
    shape.node = std::move(fields);
    return shape;
  }
  Result<crdt::Scalar> leaf = read_scalar(content, place);
  if (!leaf) return pass(leaf);
  shape.node = std::move(*leaf);
  return shape;
}

struct VerbRow {
  Verb verb;
  const char* about;
  bool from, value;
};
const VerbRow verb_rows[] = {
    {Verb::add, "puts a value at a key, or into a list before the item there", false, true},
    {Verb::remove, "removes what is there", false, false},
    {Verb::replace, "puts a value in place of what is there", false, true},
    {Verb::move, "moves a value: within a list it stays the same item, else it is written anew",
     true, false},
    {Verb::copy, "adds a value that is elsewhere", true, false},
    {Verb::test, "refuses the whole patch unless the value reads like this", false, true},
};

Schema schema_of(const VerbRow& row) {
  std::vector<Field> fields = {
      required("op", one_of("the operation", {std::string(crdt::name_of(row.verb))})),
      required("path", text("a JSON Pointer; \"-\" is behind the last item", pointer_size_max))};
  if (row.from) fields.push_back(required("from", text("a JSON Pointer", pointer_size_max)));
  if (row.value) fields.push_back(required("value", any_value("any JSON value or marker")));
  Schema schema = object(row.about, std::move(fields));
  schema.open = true;
  return schema;
}

}  // namespace

Result<Shape> read_shape(Json& value, const std::string& place) {
  const auto wanted = wanted_container(value, place);
  if (!wanted) return pass(wanted);
  if (!*wanted) return shape_of(value, std::nullopt, place);
  // An array may also be what a set should hold, an object is always a map.
  const bool marked = (*wanted)->content != &value;
  const bool is_map = (*wanted)->kind == Kind::map;
  return shape_of(*(*wanted)->content,
                  marked && !is_map ? std::optional((*wanted)->kind) : std::nullopt, place);
}

Schema json_patch_schema(std::string about) {
  std::vector<Schema> choices;
  for (const VerbRow& row : verb_rows) choices.push_back(schema_of(row));
  return array(std::move(about), tagged("one operation", "op", std::move(choices)),
               limits::ops_per_event_max);
}

Result<crdt::Pointer> read_pointer_tokens(const std::string& pointer, const std::string& place) {
  crdt::Pointer tokens;
  std::string_view rest = pointer;
  while (!rest.empty()) {
    if (rest.front() != '/')
      return fail(Errc::invalid, place + R"( has to be a JSON Pointer, like "/title")");
    rest.remove_prefix(1);
    std::string_view token = rest.substr(0, rest.find('/'));
    rest.remove_prefix(token.size());
    if (token.substr(0, 2) == "~2" || token.substr(0, 2) == "~3") token.remove_prefix(2);
    std::string key;
    for (std::size_t i = 0; i < token.size(); ++i) {
      const bool escaped = token[i] == '~';
      if (escaped && (++i == token.size() || (token[i] != '0' && token[i] != '1')))
        return fail(Errc::invalid, place + R"( has a "~" that is not "~0" or "~1")");
      key.push_back(!escaped ? token[i] : token[i] == '0' ? '~' : '/');
    }
    tokens.push_back(std::move(key));
  }
  return tokens;
}

Result<step::JsonPatch> read_json_patch(Json& patch, const std::string& place) {
  step::JsonPatch made;
  for (std::size_t i = 0; i < patch.size(); ++i) {
    Json& operation = patch[i];
    const std::string where = place + "[" + std::to_string(i) + "]";
    crdt::PatchStep step;
    for (const VerbRow& row : verb_rows) {
      if (operation["op"] != crdt::name_of(row.verb)) continue;
      step.verb = row.verb;
      auto path =
          read_pointer_tokens(operation["path"].get_ref<const std::string&>(), where + ".path");
      if (!path) return pass(path);
      step.path = std::move(*path);
      if (row.from) {
        auto from =
            read_pointer_tokens(operation["from"].get_ref<const std::string&>(), where + ".from");
        if (!from) return pass(from);
        step.from = std::move(*from);
      }
      if (row.value) {
        auto value = read_shape(operation["value"], where + ".value");
        if (!value) return pass(value);
        step.value = std::move(*value);
      }
    }
    made.steps.push_back(std::move(step));
  }
  return made;
}

}  // namespace syncline::ipc
