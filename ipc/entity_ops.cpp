// SPDX-License-Identifier: Apache-2.0
#include "ipc/entity_ops.h"

#include "ipc/document_value.h"
#include "ipc/params.h"
#include "ipc/path.h"
#include "ipc/shape_json.h"
#include "protocol/base/limits.h"

#include <utility>

namespace syncline::ipc {

namespace {

using crdt::Path;

// What an op can hold.
constexpr std::int64_t position_max = UINT32_MAX;
// What every program can write as an integer.
constexpr std::int64_t amount_max = std::int64_t{1} << 53;
constexpr std::int64_t decimal_size_max = 64;
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
  if (path.empty()) return fail(Errc::invalid, place + ".path has to name something inside");
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
    return fail(Errc::invalid, place + ".path names a node; set the keys of its map");
  }
  return out.set_item(slot->first, std::get<std::uint64_t>(slot->second), op["value"], where);
}

Status write_put(OpsWriter&, std::vector<step::EditOp>& ops, Json& op, const Path& path,
                 const std::string& place) {
  auto shape = read_shape(op["value"], place + ".value");
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
  Result<crdt::Scalar> leaf = read_scalar(op["value"], place + ".value");
  if (!leaf) return pass(leaf);
  out.push(path, Action{std::move(*leaf)});
  return {};
}

Field value_field(const char* about) { return required("value", any_value(about)); }

const OpRow op_rows[] = {
    {"set", "puts a value into a place of a map or a list, instead of what was there",
     [] { return std::vector{value_field("any JSON value or marker")}; }, write_set},
    {"put",
     "writes a value as the difference to what is there: texts are edited, counters add up, items "
     "that stay are the same items",
     [] { return std::vector{value_field("any JSON value or marker")}; }, write_put},
    {"remove", "removes a key of a map or an item of a list", [] { return std::vector<Field>(); },
     write_remove},
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
    {"counter.add", "adds to the counter at the path",
     [] {
       return std::vector{
           required("by", either("how much; negative to subtract",
                                 {integer("", -amount_max, amount_max),
                                  text("a decimal like \"12.50\"", decimal_size_max, 1)}))};
     },
     write_counter_add},
    {"set.add", "adds to the set at the path",
     [] { return std::vector{value_field("a string, a number, true, false or null")}; },
     write_set_change<crdt::SetAdd>},
    {"set.remove", "removes from the set at the path",
     [] { return std::vector{value_field("a string, a number, true, false or null")}; },
     write_set_change<crdt::SetRemove>},
};

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

Result<std::vector<step::EditOp>> read_entity_ops(Json& ops, const std::string& place) {
  std::vector<step::EditOp> made;
  OpsWriter out(made);
  for (std::size_t i = 0; i < ops.size(); ++i) {
    Json& op = ops[i];
    const std::string where = place + "[" + std::to_string(i) + "]";
    const Result<Path> path = read_path(op["path"], where + ".path");
    if (!path) return pass(path);
    for (const OpRow& row : op_rows) {
      if (op["op"] != row.name) continue;
      if (Status written = row.write(out, made, op, *path, where); !written) {
        return pass(written);
      }
    }
  }
  return made;
}

}  // namespace syncline::ipc
