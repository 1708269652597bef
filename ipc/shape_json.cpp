// SPDX-License-Identifier: Apache-2.0
#include "ipc/shape_json.h"

#include "ipc/document_value.h"
#include "ipc/params.h"
#include "protocol/base/limits.h"
#include "protocol/crdt/value_limits.h"

#include <utility>

namespace syncline::ipc {

namespace {

using crdt::Kind;
using crdt::Shape;
using Verb = crdt::PatchStep::Verb;

constexpr std::int64_t pointer_size_max = 64 * 1024;

// `steps` lead from the document to what is read.
struct Reader {
  Result<Shape> read(Json& value, const std::string& place, std::size_t steps) const {
    if (Status fits = inside(place, crdt::check_depth(steps)); !fits) return pass(fits);
    const auto wanted = wanted_container(value, place);
    if (!wanted) return pass(wanted);
    if (!*wanted) return leaf(value, place);
    // An array may also be what a set should hold, an object is always a map.
    const bool marked = (*wanted)->content != &value;
    Json& content = *(*wanted)->content;
    const std::string& where = (*wanted)->place;
    auto shape = read_content(content, marked ? (*wanted)->kind : Kind::map, where, steps);
    if (shape && marked && (*wanted)->kind != Kind::map) shape->kind = (*wanted)->kind;
    return shape;
  }

 private:
  static Result<Shape> leaf(Json& value, const std::string& place) {
    auto read = read_scalar(value, place);
    if (!read) return pass(read);
    Shape shape;
    shape.node = std::move(*read);
    return shape;
  }

  // Of an array without a marker `kind` says nothing.
  Result<Shape> read_content(Json& content, Kind kind, const std::string& place,
                             std::size_t steps) const {
    if (content.is_object()) return map(content, place, steps);
    if (!content.is_array()) return leaf(content, place);
    if (kind == Kind::tree) return tree(content, place, steps);
    crdt::ShapeList items;
    for (std::size_t i = 0; i < content.size(); ++i) {
      const std::string where = place_inside(place, i);
      auto item =
          kind == Kind::set ? element(content[i], where) : read(content[i], where, steps + 1);
      if (!item) return item;
      items.push_back(std::move(*item));
    }
    Shape shape;
    shape.node = std::move(items);
    return shape;
  }

  static Result<Shape> element(Json& value, const std::string& place) {
    auto read = read_leaf(value, place, crdt::LeafUse::set);
    if (!read) return pass(read);
    Shape shape;
    shape.node = std::move(*read);
    return shape;
  }

  Result<Shape> map(Json& content, const std::string& place, std::size_t steps) const {
    crdt::ShapeMap fields;
    for (auto& [key, value] : content.get_ref<Json::object_t&>()) {
      const std::string where = place_inside(place, key);
      if (Status fits = inside(where, crdt::check_key(key)); !fits) return pass(fits);
      auto field = read(value, where, steps + 1);
      if (!field) return field;
      fields.emplace_hint(fields.end(), key, std::move(*field));
    }
    Shape shape;
    shape.node = std::move(fields);
    return shape;
  }

  Result<Shape> tree(Json& content, const std::string& place, std::size_t steps) const {
    TreeNodes known;
    crdt::ShapeList nodes;
    for (std::size_t i = 0; i < content.size(); ++i) {
      const std::string where = place_inside(place, i);
      if (Status fits = inside(where, crdt::check_depth(steps + 1)); !fits) return pass(fits);
      const auto parent = known.read_parent(content[i], where);
      if (!parent) return pass(parent);
      crdt::ShapeMap fields;
      fields["id"].node = crdt::Scalar(content[i]["id"].get<std::string>());
      if (!parent->empty()) fields["parent"].node = crdt::Scalar(*parent);
      if (const auto value = content[i].find("value"); value != content[i].end()) {
        auto inner = map(*value, where + ".value", steps + 1);
        if (!inner) return inner;
        fields["value"] = std::move(*inner);
      }
      nodes.emplace_back().node = std::move(fields);
    }
    Shape shape;
    shape.node = std::move(nodes);
    return shape;
  }
};

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

Result<Shape> read_shape(Json& value, const std::string& place, std::size_t steps) {
  return Reader{}.read(value, place, steps);
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
      return fail(Errc::invalid,
                  place + R"( has to begin with "/", like "/title", or be empty for all of it)");
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
    if (Status fits = inside(place, crdt::check_key(key)); !fits) return pass(fits);
    tokens.push_back(std::move(key));
  }
  if (Status fits = inside(place, crdt::check_depth(tokens.size())); !fits) return pass(fits);
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
        auto value = read_shape(operation["value"], where + ".value", step.path.size());
        if (!value) return pass(value);
        step.value = std::move(*value);
      }
    }
    made.steps.push_back(std::move(step));
  }
  return made;
}

}  // namespace syncline::ipc
