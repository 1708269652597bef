// SPDX-License-Identifier: Apache-2.0
#include "ipc/text_marks.h"

#include "ipc/document_value.h"
#include "ipc/params.h"
#include "ipc/schema.h"
#include "protocol/base/limits.h"
#include "protocol/crdt/positions.h"

#include <optional>
#include <utility>

namespace syncline::ipc {

namespace {

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

Result<TextMark> read_mark(Json& row, const std::string& place) {
  TextMark mark;
  const std::int64_t from = read_integer(row, "from", 0), to = read_integer(row, "to", 0);
  if (to < from) return fail(Errc::invalid, place + ".to has to be at least its \"from\"");
  mark.position = static_cast<std::uint64_t>(from);
  mark.count = static_cast<std::uint64_t>(to - from);
  mark.key = take_text(row, "key");
  mark.grows = growth_named(row.value("grows", "end"));
  auto value = read_leaf(row["value"], place + ".value", crdt::LeafUse::mark);
  if (!value) return pass(value);
  mark.value = std::move(*value);
  return mark;
}

// `length`: of the text, if it is one.
Result<step::PutMarks> read_marks(Json& marks, const ValuePlace& at,
                                  std::optional<std::uint64_t> length) {
  if (Status fits = check(marks_schema(), marks, at.name); !fits) return pass(fits);
  step::PutMarks put{at.path, {}, at.positions};
  for (std::size_t i = 0; i < marks.size(); ++i) {
    const std::string where = place_inside(at.name, i);
    auto mark = read_mark(marks[i], where);
    if (!mark) return pass(mark);
    if (length && mark->position + mark->count > *length)
      return fail(Errc::invalid, where + ".to is beyond the end of the text, which is at " +
                                     std::to_string(*length));
    put.marks.push_back(std::move(*mark));
  }
  return put;
}

// Goes through a value with its place.
struct Taker {
  std::vector<step::PutMarks>& out;
  ValuePlace& at;

  Status slot(Json& value) const {
    if (value.is_array()) return list(value, 0);
    if (!value.is_object()) return {};
    if (is_marked_text(value)) return text(value);
    if (value.size() == 1) {
      Json& content = value.begin().value();
      const std::string name = value.begin().key();
      if (name == "$map" && content.is_object()) return named(name, [&] { return map(content); });
      if (name == "$tree" && content.is_array()) return named(name, [&] { return tree(content); });
    }
    return map(value);
  }

  Status list(Json& items, std::uint64_t first) const {
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto enter = [&] { return inside(items[i], first + i); };
      if (Status taken = placed(place_inside(at.name, i), enter); !taken) return taken;
    }
    return {};
  }

 private:
  template <class Visit>
  Status placed(std::string name, Visit visit) const {
    std::swap(at.name, name);
    Status taken = visit();
    std::swap(at.name, name);
    return taken;
  }
  template <class Visit>
  Status named(const std::string& key, Visit visit) const {
    return placed(place_inside(at.name, key), visit);
  }

  Status inside(Json& value, crdt::Step step) const {
    at.path.push_back(std::move(step));
    Status taken = slot(value);
    at.path.pop_back();
    return taken;
  }

  Status text(Json& value) const {
    const Json& content = value["$text"];
    std::optional<std::uint64_t> length;
    if (content.is_string())
      length = crdt::length_of(content.get_ref<const std::string&>(), at.positions);
    return named("$marks", [&]() -> Status {
      auto marks = read_marks(value["$marks"], at, length);
      if (!marks) return pass(marks);
      out.push_back(std::move(*marks));
      value.erase("$marks");
      return {};
    });
  }

  Status map(Json& fields) const {
    for (auto& [key, value] : fields.get_ref<Json::object_t&>()) {
      const std::string& name = key;
      Json& field = value;
      const auto enter = [&] { return inside(field, name); };
      if (Status taken = named(name, enter); !taken) return taken;
    }
    return {};
  }

  // What is no node is found by whoever reads the tree.
  Status tree(Json& nodes) const {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      Json& node = nodes[i];
      const bool is_node = node.is_object() && node.contains("id") && node["id"].is_string() &&
                           node.contains("value") && node["value"].is_object();
      if (!is_node) continue;
      at.path.emplace_back(crdt::NodeStep{node["id"].get<std::string>()});
      Status taken =
          placed(place_inside(at.name, i) + ".value", [&] { return map(node["value"]); });
      at.path.pop_back();
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

Status take_marks(Json& value, ValuePlace place, std::vector<step::PutMarks>& out) {
  return Taker{out, place}.slot(value);
}

Status take_marks_of_items(Json& items, std::uint64_t at, ValuePlace list,
                           std::vector<step::PutMarks>& out) {
  return Taker{out, list}.list(items, at);
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
