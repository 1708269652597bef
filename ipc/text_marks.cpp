// SPDX-License-Identifier: Apache-2.0
#include "ipc/text_marks.h"

#include "ipc/document_value.h"
#include "ipc/params.h"
#include "ipc/schema.h"
#include "protocol/base/limits.h"

#include <utility>

namespace syncline::ipc {

namespace {

using crdt::Path;
using crdt::TextMark;

constexpr std::int64_t marks_max = 65'536;
constexpr std::int64_t position_max = UINT32_MAX;

Schema marks_schema() {
  return array("",
               object("a mark",
                      {required("from", integer("where it begins", 0, position_max)),
                       required("to", integer("where it ends", 0, position_max)),
                       required("key", text("what kind of thing", limits::map_key_size_max)),
                       required("value", any_value("what is said")),
                       optional("grows", one_of("", {"end", "start", "both", "none"}), "\"end\"")}),
               marks_max);
}

Result<step::PutMarks> read_marks(Json& marks, Path path, const std::string& place) {
  if (Status fits = check(marks_schema(), marks, place); !fits) return pass(fits);
  step::PutMarks put{std::move(path), {}};
  for (std::size_t i = 0; i < marks.size(); ++i) {
    Json& row = marks[i];
    const std::string where = place + "[" + std::to_string(i) + "]";
    const std::int64_t from = read_integer(row, "from", 0), to = read_integer(row, "to", 0);
    if (to < from) return fail(Errc::invalid, where + ".to has to be at least its \"from\"");
    TextMark mark;
    mark.position = static_cast<std::uint64_t>(from);
    mark.count = static_cast<std::uint64_t>(to - from);
    mark.key = take_text(row, "key");
    mark.grows = growth_named(row.value("grows", "end"));
    Result<crdt::Scalar> value = read_scalar(row["value"], where + ".value");
    if (!value) return pass(value);
    mark.value = std::move(*value);
    put.marks.push_back(std::move(mark));
  }
  return put;
}

struct Taker {
  std::vector<step::PutMarks>& out;

  Status slot(Json& value, Path& path, const std::string& place) const {
    if (value.is_array()) return list(value, path, 0, place);
    if (!value.is_object()) return {};
    if (is_marked_text(value)) return text(value, path, place);
    if (value.size() == 1) {
      Json& content = value.begin().value();
      const std::string& name = value.begin().key();
      if (name == "$map" && content.is_object()) return map(content, path, place);
      if (name == "$tree" && content.is_array()) return tree(content, path, place);
    }
    return map(value, path, place);
  }

  Status list(Json& items, Path& path, std::uint64_t first, const std::string& place) const {
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::string where = place + "[" + std::to_string(i) + "]";
      if (Status taken = inside(items[i], path, first + i, where); !taken) return taken;
    }
    return {};
  }

 private:
  Status inside(Json& value, Path& path, crdt::Step step, const std::string& place) const {
    path.push_back(std::move(step));
    Status taken = slot(value, path, place);
    path.pop_back();
    return taken;
  }

  Status text(Json& value, const Path& path, const std::string& place) const {
    auto marks = read_marks(value["$marks"], path, place + ".$marks");
    if (!marks) return pass(marks);
    out.push_back(std::move(*marks));
    value.erase("$marks");
    return {};
  }

  Status map(Json& fields, Path& path, const std::string& place) const {
    for (auto& [key, value] : fields.get_ref<Json::object_t&>())
      if (Status taken = inside(value, path, key, place + "." + key); !taken) return taken;
    return {};
  }

  // What is no node is found by whoever reads the tree.
  Status tree(Json& nodes, Path& path, const std::string& place) const {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      Json& node = nodes[i];
      const bool is_node = node.is_object() && node.contains("id") && node["id"].is_string() &&
                           node.contains("value") && node["value"].is_object();
      if (!is_node) continue;
      path.emplace_back(crdt::NodeStep{node["id"].get<std::string>()});
      Status taken = map(node["value"], path, place + "[" + std::to_string(i) + "].value");
      path.pop_back();
      if (!taken) return taken;
    }
    return {};
  }
};

}  // namespace

bool is_marked_text(const Json& object) {
  return object.is_object() && object.size() == 2 && object.contains("$text") &&
         object.contains("$marks");
}

Status take_marks(Json& value, Path path, const std::string& place,
                  std::vector<step::PutMarks>& out) {
  return Taker{out}.slot(value, path, place);
}

Status take_marks_of_items(Json& items, const Path& list, std::uint64_t at,
                           const std::string& place, std::vector<step::PutMarks>& out) {
  Path path = list;
  return Taker{out}.list(items, path, at, place);
}

void count_in(crdt::Positions positions, std::vector<step::PutMarks>& marks) {
  for (step::PutMarks& put : marks) put.positions = positions;
}

Json marks_json(const std::vector<step::MarkNote>& marks) {
  Json made = Json::array();
  for (const step::MarkNote& mark : marks) {
    if (std::holds_alternative<crdt::Null>(mark.value)) continue;
    made.push_back({{"from", mark.from},
                    {"to", mark.to},
                    {"key", mark.key},
                    {"value", to_json(mark.value)},
                    {"grows", name_of_growth(mark.grows)}});
  }
  return made;
}

std::uint8_t growth_named(std::string_view name) {
  if (name == "start") return TextMark::grows_at_start;
  if (name == "both") return TextMark::grows_at_start | TextMark::grows_at_end;
  return name == "none" ? 0 : TextMark::grows_at_end;
}

std::string_view name_of_growth(std::uint8_t grows) {
  if (grows == 0) return "none";
  if (grows == TextMark::grows_at_start) return "start";
  return grows == TextMark::grows_at_end ? "end" : "both";
}

}  // namespace syncline::ipc
