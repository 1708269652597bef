// SPDX-License-Identifier: Apache-2.0
#include "ipc/entity_ops.h"

#include "ipc/document_value.h"
#include "ipc/params.h"
#include "ipc/path.h"
#include "ipc/shape_json.h"
#include "ipc/text_marks.h"
#include "protocol/base/advice.h"
#include "protocol/base/limits.h"

#include <optional>
#include <utility>

namespace syncline::ipc {

namespace {

using crdt::Path;

// What an op can hold.
constexpr std::int64_t position_max = UINT32_MAX;
// What every program can write as an integer.
constexpr std::int64_t amount_max = std::int64_t{1} << 53;
constexpr std::int64_t decimal_size_max = 64;
constexpr std::int64_t mark_key_size_max = limits::map_key_size_max;
constexpr std::int64_t text_size_max = 4 * 1024 * 1024;

struct OpRow {
  const char* name;
  const char* about;
  std::vector<Field> (*fields)();
  // Requires: `op` fits the fields.
  Status (*write)(OpsWriter& out, std::vector<step::EditOp>& ops, Json& op, const Path& path,
                  const std::string& place);
};

Field at_field(const char* unit) { return required("at", integer(unit, 0, position_max)); }
Field count_field(const char* unit) { return required("count", integer(unit, 1, position_max)); }
std::uint64_t unsigned_of(const Json& op, const char* name) {
  return static_cast<std::uint64_t>(read_integer(op, name, 0));
}

// The slot that a path ends in, and the container it is in.
Result<std::pair<Path, crdt::Step>> split(const Path& path, const std::string& place) {
  if (path.empty())
    return fail_with_advice(Errc::invalid, place + ".path has to name something inside",
                            "the document itself stays: write all of it with entity.put, or "
                            "remove the entity with entity.delete");
  return std::pair(Path(path.begin(), path.end() - 1), path.back());
}

Status write_set(OpsWriter& out, std::vector<step::EditOp>&, Json& op, const Path& path,
                 const std::string& place) {
  auto slot = split(path, place);
  if (!slot) return pass(slot);
  const std::string where = place + ".value";
  if (auto* key = std::get_if<std::string>(&slot->second)) {
    return out.set_key(slot->first, std::move(*key), op["value"], where);
  }
  if (std::holds_alternative<crdt::NodeStep>(slot->second)) {
    return fail_with_advice(Errc::invalid, place + ".path names a node, which stays the same node",
                            "set the keys of its map, or write all of it with the op put");
  }
  return out.set_item(slot->first, std::get<std::uint64_t>(slot->second), op["value"], where);
}

Status write_put(OpsWriter&, std::vector<step::EditOp>& ops, Json& op, const Path& path,
                 const std::string& place) {
  const bool is_node = !path.empty() && std::holds_alternative<crdt::NodeStep>(path.back());
  if (path.empty() || is_node) {
    const char* what = is_node ? "what a node holds" : "the document itself";
    if (Status is_map = check_is_map(op["value"], place + ".value", what); !is_map) return is_map;
  }
  auto shape = read_shape(op["value"], place + ".value", path.size());
  if (!shape) return pass(shape);
  ops.emplace_back(step::Put{path, std::move(*shape)});
  return {};
}

Status write_remove(OpsWriter& out, std::vector<step::EditOp>&, Json&, const Path& path,
                    const std::string& place) {
  auto slot = split(path, place);
  if (!slot) return pass(slot);
  if (auto* key = std::get_if<std::string>(&slot->second)) {
    out.push(slot->first, crdt::MapRemove{std::move(*key)});
  } else if (auto* node = std::get_if<crdt::NodeStep>(&slot->second)) {
    out.push(slot->first, crdt::TreeRemove{std::move(node->id)});
  } else {
    out.push(slot->first, crdt::ListRemove{std::get<std::uint64_t>(slot->second), 1});
  }
  return {};
}

Status write_text_insert(OpsWriter& out, std::vector<step::EditOp>&, Json& op, const Path& path,
                         const std::string&) {
  // Whole: only the core knows how far a piece of it reaches in the caller's units.
  out.push(path, crdt::TextInsert{unsigned_of(op, "at"), take_text(op, "text")});
  return {};
}

Status write_text_remove(OpsWriter& out, std::vector<step::EditOp>&, Json& op, const Path& path,
                         const std::string&) {
  out.push(path, crdt::TextRemove{unsigned_of(op, "at"), unsigned_of(op, "count")});
  return {};
}

Status write_text_mark(OpsWriter& out, std::vector<step::EditOp>&, Json& op, const Path& path,
                       const std::string& place) {
  crdt::TextMark mark{unsigned_of(op, "at"), unsigned_of(op, "count"), 0, take_text(op, "key"), {}};
  mark.grows = growth_named(take_text(op, "grows"));
  auto value = read_leaf(op["value"], place + ".value", crdt::LeafUse::mark);
  if (!value) return pass(value);
  mark.value = std::move(*value);
  out.push(path, std::move(mark));
  return {};
}

Status write_text_merge(OpsWriter&, std::vector<step::EditOp>& ops, Json& op, const Path& path,
                        const std::string&) {
  ops.emplace_back(step::TextMerge{path, take_text(op, "from"), take_text(op, "to")});
  return {};
}

Status write_list_insert(OpsWriter& out, std::vector<step::EditOp>&, Json& op, const Path& path,
                         const std::string& place) {
  return out.insert_items(path, unsigned_of(op, "at"), op["values"], place + ".values");
}

Status write_list_remove(OpsWriter& out, std::vector<step::EditOp>&, Json& op, const Path& path,
                         const std::string&) {
  out.push(path, crdt::ListRemove{unsigned_of(op, "at"), unsigned_of(op, "count")});
  return {};
}

Status write_list_set(OpsWriter& out, std::vector<step::EditOp>&, Json& op, const Path& path,
                      const std::string& place) {
  return out.set_item(path, unsigned_of(op, "at"), op["value"], place + ".value");
}

Status write_counter_add(OpsWriter& out, std::vector<step::EditOp>&, Json& op, const Path& path,
                         const std::string& place) {
  return out.add_number(path, op["by"], place + ".by");
}

template <class Action>
Status write_set_change(OpsWriter& out, std::vector<step::EditOp>&, Json& op, const Path& path,
                        const std::string& place) {
  auto leaf = read_leaf(op["value"], place + ".value", crdt::LeafUse::set);
  if (!leaf) return pass(leaf);
  out.push(path, Action{std::move(*leaf)});
  return {};
}

Status write_list_move(OpsWriter& out, std::vector<step::EditOp>&, Json& op, const Path& path,
                       const std::string&) {
  out.push(path, crdt::ListMove{unsigned_of(op, "from"), unsigned_of(op, "to")});
  return {};
}

// Null, or a node's id, or not said.
Result<std::optional<std::string>> read_parent(const Json& op, const std::string& place) {
  const auto parent = op.find("parent");
  if (parent == op.end()) return std::optional<std::string>();
  if (parent->is_null()) return std::optional(std::string());
  const auto* id = parent->get_ptr<const std::string*>();
  if (id == nullptr || id->empty() || id->size() > limits::tree_node_id_size_max)
    return fail(Errc::invalid, place + ".parent has to be the id of a node, or null for the top");
  return std::optional(*id);
}

Result<step::NodeSpot> read_spot(Json& op, const std::string& place) {
  step::NodeSpot spot;
  auto parent = read_parent(op, place);
  if (!parent) return pass(parent);
  spot.parent = std::move(*parent);
  if (int{has(op, "before")} + int{has(op, "after")} + int{has(op, "at")} > 1)
    return fail(Errc::invalid, place + R"( has more than one of "before", "after" and "at")");
  if (has(op, "before")) spot.among = crdt::TreeSpot::Before{take_text(op, "before")};
  if (has(op, "after")) spot.among = crdt::TreeSpot::After{take_text(op, "after")};
  if (!has(op, "at")) return spot;
  if (op["at"].is_number_integer()) spot.among = crdt::TreeSpot::Index{unsigned_of(op, "at")};
  if (op["at"] == "first") spot.among = crdt::TreeSpot::Index{0};
  return spot;
}

Status write_tree_insert(OpsWriter&, std::vector<step::EditOp>& ops, Json& op, const Path& path,
                         const std::string& place) {
  auto spot = read_spot(op, place);
  if (!spot) return pass(spot);
  crdt::Shape value;
  value.node = crdt::ShapeMap();
  if (has(op, "value")) {
    const std::string where = place + ".value";
    if (Status is_map = check_is_map(op["value"], where, "what a node holds"); !is_map)
      return is_map;
    auto shape = read_shape(op["value"], where, path.size() + 1);
    if (!shape) return pass(shape);
    value = std::move(*shape);
  }
  ops.emplace_back(step::NodeInsert{path, take_text(op, "id"), std::move(*spot), std::move(value)});
  return {};
}

Status write_tree_move(OpsWriter&, std::vector<step::EditOp>& ops, Json& op, const Path& path,
                       const std::string& place) {
  auto spot = read_spot(op, place);
  if (!spot) return pass(spot);
  ops.emplace_back(step::NodeMove{path, take_text(op, "id"), std::move(*spot)});
  return {};
}

Status write_tree_remove(OpsWriter& out, std::vector<step::EditOp>&, Json& op, const Path& path,
                         const std::string&) {
  out.push(path, crdt::TreeRemove{take_text(op, "id")});
  return {};
}

Schema node_text(const char* about) { return text(about, limits::tree_node_id_size_max, 1); }

std::vector<Field> spot_fields(const char* parent_otherwise) {
  return {optional("parent", any_value("the id of the node to be below, or null for the top"),
                   parent_otherwise),
          optional("before", node_text("the id of the sibling to be right before"), "see at"),
          optional("after", node_text("the id of the sibling to be right after"), "see at"),
          optional("at",
                   either("where among its siblings",
                          {integer("how many are before it", 0, position_max),
                           one_of("", {"first", "last"})}),
                   "\"last\", unless before or after is given")};
}

std::vector<Field> insert_fields() {
  std::vector<Field> fields = {
      optional("id", node_text("its id, of your choice, other than all in the tree"),
               "one is made up: the result has it in \"made\"")};
  for (Field& field : spot_fields("that of before or after, else the top"))
    fields.push_back(std::move(field));
  fields.push_back(optional("value", any_object("what it holds"), "empty"));
  return fields;
}

std::vector<Field> move_fields() {
  std::vector<Field> fields = {required("id", node_text("the node"))};
  for (Field& field : spot_fields("that of before or after, else the one it has"))
    fields.push_back(std::move(field));
  return fields;
}

Schema decimal_text() {
  Schema schema = text("a decimal like \"12.50\"", decimal_size_max, 1);
  schema.form = "a decimal in a string like \"12.50\"";
  return schema;
}

Field value_field(const char* about) { return required("value", any_value(about)); }

const OpRow op_rows[] = {
    {"set", "puts a value into a place of a map or a list, instead of what was there",
     [] { return std::vector{value_field("any JSON value or marker")}; }, write_set},
    {"put",
     "writes a value as the difference to what is there: texts are edited, counters add up, items "
     "that stay are the same items",
     [] { return std::vector{value_field("any JSON value or marker")}; }, write_put},
    {"remove", "removes a key of a map, an item of a list or a node of a tree",
     [] { return std::vector<Field>(); }, write_remove},
    {"text.insert", "inserts into the text at the path",
     [] {
       return std::vector{at_field("the position, counted as \"positions\" says"),
                          required("text", text("what to insert", text_size_max, 1))};
     },
     write_text_insert},
    {"text.remove", "removes from the text at the path",
     [] {
       return std::vector{at_field("the position, counted as \"positions\" says"),
                          count_field("how much, counted as \"positions\" says")};
     },
     write_text_remove},
    {"text.merge", "merges the change from one text to another into whatever the text is now",
     [] {
       return std::vector{required("from", text("the text as it was read", text_size_max)),
                          required("to", text("the text as it should be", text_size_max))};
     },
     write_text_merge},
    {"text.mark",
     "says something about a part of the text at the path; it stays with that part while the text "
     "changes",
     [] {
       return std::vector{
           at_field("where it begins, counted as \"positions\" says"),
           count_field("how much, counted as \"positions\" says"),
           required("key", text("what kind of thing: bold, link, comment:17", mark_key_size_max)),
           value_field("what is said: a string, a number, true, false, or null to take it back"),
           optional("grows",
                    one_of("where the mark takes in what is typed right beside it",
                           {"end", "start", "both", "none"}),
                    "\"end\"")};
     },
     write_text_mark},
    {"list.insert", "inserts items into the list at the path",
     [] {
       return std::vector{
           at_field("the index of the first new item"),
           required("values", array("the new items", any_value("any JSON value or marker"),
                                    limits::ops_per_event_max))};
     },
     write_list_insert},
    {"list.remove", "removes items from the list at the path",
     [] {
       return std::vector{at_field("the index of the first item"), count_field("how many items")};
     },
     write_list_remove},
    {"list.set", "puts a value in place of an item of the list at the path",
     [] {
       return std::vector{at_field("the index of the item"),
                          value_field("any JSON value or marker")};
     },
     write_list_set},
    {"list.move", "moves an item within the list at the path; it stays the same item",
     [] {
       return std::vector{required("from", integer("the index of the item", 0, position_max)),
                          required("to", integer("the index it has then", 0, position_max))};
     },
     write_list_move},
    {"tree.insert", "makes a node in the tree at the path", insert_fields, write_tree_insert},
    {"tree.move", "moves a node, with what is below it, within the tree at the path", move_fields,
     write_tree_move},
    {"tree.remove", "removes a node, with what is below it, from the tree at the path",
     [] { return std::vector{required("id", node_text("the node"))}; }, write_tree_remove},
    {"counter.add", "adds to the counter at the path",
     [] {
       return std::vector{
           required("by", either("how much; negative to subtract",
                                 {integer("", -amount_max, amount_max), decimal_text()}))};
     },
     write_counter_add},
    {"set.add", "adds to the set at the path",
     [] { return std::vector{value_field("a string, a number, true, false or null")}; },
     write_set_change<crdt::SetAdd>},
    {"set.remove", "removes from the set at the path",
     [] { return std::vector{value_field("a string, a number, true, false or null")}; },
     write_set_change<crdt::SetRemove>},
};

// What the texts in the op's value are to be marked with, once it is done.
Result<std::vector<step::PutMarks>> marks_in(Json& op, ValuePlace at) {
  std::vector<step::PutMarks> marks;
  const std::string place = at.name;
  Status taken;
  if (has(op, "values")) {
    at.name += ".values";
    taken = take_marks_of_items(op["values"], unsigned_of(op, "at"), std::move(at), marks);
  } else if (has(op, "value")) {
    at.name += ".value";
    if (op["op"] == "list.set") at.path.emplace_back(unsigned_of(op, "at"));
    const bool is_node = op["op"] == "tree.insert";
    if (is_node) at.path.emplace_back(crdt::NodeStep{op.value("id", "")});
    taken = take_marks(op["value"], std::move(at), marks);
    if (is_node && !has(op, "id") && !marks.empty())
      return fail(Errc::invalid,
                  place + R"( needs an "id" of your choice, as there are "$marks" in its value)");
  }
  if (!taken) return pass(taken);
  return marks;
}

Schema schema_of(const OpRow& row) {
  std::vector<Field> fields = {required("op", one_of("the action", {row.name})),
                               required("path", path_schema("the place"))};
  for (Field& field : row.fields()) fields.push_back(std::move(field));
  return object(row.about, std::move(fields));
}

}  // namespace

Schema entity_ops_schema() {
  std::vector<Schema> choices;
  for (const OpRow& row : op_rows) choices.push_back(schema_of(row));
  Schema ops = array("the changes, in order, applied together",
                     tagged("one change", "op", std::move(choices)), limits::ops_per_event_max);
  ops.least = 1;
  return ops;
}

Result<EntityOps> read_entity_ops(Json& ops, const std::string& place, crdt::Positions positions) {
  EntityOps made;
  OpsWriter out(made.edits, positions);
  for (std::size_t i = 0; i < ops.size(); ++i) {
    Json& op = ops[i];
    const std::string where = place_inside(place, i);
    const Result<Path> path = read_path(op["path"], where + ".path");
    if (!path) return pass(path);
    auto marks = marks_in(op, {*path, where, positions});
    if (!marks) return pass(marks);
    for (const OpRow& row : op_rows) {
      if (op["op"] != row.name) continue;
      if (Status written = row.write(out, made.edits, op, *path, where); !written) {
        return pass(written);
      }
    }
    for (step::PutMarks& put : *marks) made.edits.emplace_back(std::move(put));
    made.origins.resize(made.edits.size(), static_cast<std::uint32_t>(i));
  }
  return made;
}

}  // namespace syncline::ipc
