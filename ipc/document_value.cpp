// SPDX-License-Identifier: Apache-2.0
#include "ipc/document_value.h"

#include "ipc/params.h"
#include "ipc/text_marks.h"
#include "protocol/base/limits.h"
#include "protocol/crdt/tree_position.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace syncline::ipc {

namespace {

using crdt::Kind;
using crdt::Path;

// Long texts and lists go in several ops, so that each fits in an event.
constexpr std::size_t text_piece_size_max = limits::value_size_max / 2;
constexpr std::size_t list_piece_items_max = 256;
constexpr std::size_t list_piece_size_max = limits::value_size_max;

Path below(Path path, crdt::Step step) {
  path.push_back(std::move(step));
  return path;
}

// Whether no op would fill the container.
bool is_nothing(const Wanted& wanted) {
  if (wanted.kind == Kind::text) return wanted.content->get_ref<const std::string&>().empty();
  if (wanted.kind == Kind::counter) {
    const auto sum = read_number(*wanted.content);
    const auto amounts = sum ? sum->amounts() : std::vector<crdt::Decimal>();
    return amounts && amounts->empty();
  }
  return wanted.content->empty();
}

std::size_t size_of(const crdt::ItemValue& item) {
  const auto* scalar = std::get_if<crdt::Scalar>(&item);
  const auto* text = scalar == nullptr ? nullptr : std::get_if<std::string>(scalar);
  return 16 + (text == nullptr ? 0 : text->size());
}

// A key at the end of `steps` steps.
Status check_slot(std::size_t steps, const std::string& key, const std::string& place) {
  if (Status fits = inside(place, crdt::check_key(key)); !fits) return fits;
  return inside(place, crdt::check_depth(steps));
}

bool continues_sequence(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80; }

}  // namespace

Schema tree_node_schema() {
  return object("a node of a tree",
                {required("id", text("its name, of your choice", limits::tree_node_id_size_max, 1)),
                 optional("parent", any_value("the id of the node it is below, or null"),
                          "null: it is at the top"),
                 optional("value", any_object("what it holds"), "empty")});
}

Result<crdt::Scalar> read_scalar(Json& value, const std::string& place) {
  switch (value.type()) {
    case Json::value_t::null: return crdt::Scalar(crdt::Null{});
    case Json::value_t::boolean: return crdt::Scalar(value.get<bool>());
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned: return crdt::Scalar(value.get<std::int64_t>());
    case Json::value_t::number_float: {
      // As it is stored and sent: a zero has no sign there.
      const auto number = value.get<double>();
      return crdt::Scalar(number == 0 ? 0.0 : number);
    }
    case Json::value_t::string: return crdt::Scalar(std::move(value.get_ref<std::string&>()));
    default:
      return fail(Errc::invalid, place + " has to be a string, a number, true, false or null");
  }
}

Result<crdt::Scalar> read_leaf(Json& value, const std::string& place, crdt::LeafUse use) {
  auto leaf = read_scalar(value, place);
  if (!leaf) return leaf;
  if (Status fits = inside(place, crdt::check_leaf(*leaf, use)); !fits) return pass(fits);
  return leaf;
}

Result<std::string> TreeNodes::read_parent(Json& node, const std::string& place) {
  const Status checked = check(tree_node_schema(), node, place);
  if (!checked) return pass(checked);
  const auto& id = node["id"].get_ref<const std::string&>();
  const auto given = node.find("parent");
  std::string parent;
  if (given != node.end() && !given->is_null()) {
    if (given->is_string()) parent = given->get<std::string>();
    if (!ids_.contains(parent))
      return fail(Errc::invalid, place + ".parent has to be null or the id of a node before it");
  }
  if (!ids_.insert(id).second)
    return fail(Errc::invalid, place + ".id is that of a node before it");
  return parent;
}

std::optional<crdt::DecimalSum> read_number(const Json& value) {
  if (value.is_number_integer()) return crdt::DecimalSum::of(value.get<std::int64_t>());
  if (value.is_string()) return crdt::DecimalSum::of(value.get<std::string>());
  return std::nullopt;
}

void OpsWriter::push(const Path& path, crdt::Action action) {
  out_.emplace_back(crdt::Op{path, std::move(action)});
}

Status OpsWriter::fill_document(Json& value, const std::string& place) {
  if (Status is_map = check_is_map(value, place, "the document itself"); !is_map) return is_map;
  const auto wanted = wanted_container(value, place);
  return fill_map({}, *(*wanted)->content, (*wanted)->place);
}

Status OpsWriter::fill_map(const Path& path, Json& content, const std::string& place) {
  for (auto& [name, value] : content.get_ref<Json::object_t&>()) {
    const std::string where = place_inside(place, name);
    const auto wanted = wanted_container(value, where);
    if (!wanted) return pass(wanted);
    if (Status fits = check_slot(path.size() + 1, name, where); !fits) return fits;
    // A container with content comes into being with its first op.
    if (*wanted && !is_nothing(**wanted)) {
      if (Status filled = fill(below(path, name), **wanted); !filled) return filled;
    } else if (Status set = set_key(path, name, value, where); !set) {
      return set;
    }
  }
  return {};
}

Status OpsWriter::set_key(const Path& map, std::string key, Json& value, const std::string& place) {
  const auto wanted = wanted_container(value, place);
  if (!wanted) return pass(wanted);
  if (!*wanted) {
    Result<crdt::Scalar> leaf = read_leaf(value, place, crdt::LeafUse::place);
    if (!leaf) return pass(leaf);
    push(map, crdt::MapSet{std::move(key), std::move(*leaf)});
    return {};
  }
  push(map, crdt::MapSet{key, (*wanted)->kind});
  return fill(below(map, std::move(key)), **wanted);
}

Status OpsWriter::set_item(const Path& list, std::uint64_t index, Json& value,
                           const std::string& place) {
  const auto wanted = wanted_container(value, place);
  if (!wanted) return pass(wanted);
  if (!*wanted) {
    Result<crdt::Scalar> leaf = read_leaf(value, place, crdt::LeafUse::place);
    if (!leaf) return pass(leaf);
    push(list, crdt::ListSet{index, std::move(*leaf)});
    return {};
  }
  push(list, crdt::ListSet{index, (*wanted)->kind});
  return fill(below(list, index), **wanted);
}

Status OpsWriter::insert_items(const Path& list, std::uint64_t index, Json& values,
                               const std::string& place) {
  std::vector<std::pair<std::uint64_t, Wanted>> containers;
  crdt::ListInsert piece{index, {}};
  std::size_t piece_size = 0;
  std::uint64_t at = index;
  if (!values.empty())
    if (Status fits = inside(place_inside(place, 0), crdt::check_depth(list.size() + 1)); !fits)
      return fits;
  for (Json& value : values) {
    const std::string where = place_inside(place, at - index);
    const auto wanted = wanted_container(value, where);
    if (!wanted) return pass(wanted);
    crdt::ItemValue item = Kind::map;
    if (*wanted) {
      item = (*wanted)->kind;
      containers.emplace_back(at, **wanted);
    } else {
      Result<crdt::Scalar> leaf = read_leaf(value, where, crdt::LeafUse::place);
      if (!leaf) return pass(leaf);
      item = std::move(*leaf);
    }
    const std::size_t size = size_of(item);
    if (!piece.items.empty() &&
        (piece.items.size() == list_piece_items_max || piece_size + size > list_piece_size_max)) {
      push(list, std::exchange(piece, crdt::ListInsert{at, {}}));
      piece_size = 0;
    }
    piece.items.push_back(std::move(item));
    piece_size += size;
    ++at;
  }
  if (!piece.items.empty()) push(list, std::move(piece));
  for (const auto& [where, container] : containers) {
    if (Status filled = fill(below(list, where), container); !filled) return filled;
  }
  return {};
}

void OpsWriter::insert_text(const Path& text, std::uint64_t position, std::string_view inserted) {
  while (!inserted.empty()) {
    std::size_t size = std::min(inserted.size(), text_piece_size_max);
    while (size < inserted.size() && continues_sequence(inserted[size])) --size;
    const std::string_view piece = inserted.substr(0, size);
    push(text, crdt::TextInsert{position, std::string(piece)});
    position += crdt::length_of(piece, positions_);
    inserted.remove_prefix(size);
  }
}

Status OpsWriter::add_number(const Path& counter, const Json& number, const std::string& place) {
  const auto sum = read_number(number);
  if (!sum) {
    return fail(Errc::invalid, place + R"( has to be an integer or a decimal like "12.50")");
  }
  const auto amounts = sum->amounts();
  if (!amounts) return fail(amounts.error().code, place + ": " + amounts.error().context);
  for (const crdt::Decimal& amount : *amounts) {
    push(counter, crdt::CounterAdd{amount.mantissa, amount.scale});
  }
  return {};
}

Status OpsWriter::fill_tree(const Path& tree, Json& nodes, const std::string& place) {
  TreeNodes known;
  std::map<std::string, std::string> last;  // of each parent the position of its last child
  if (!nodes.empty())
    if (Status fits = inside(place_inside(place, 0), crdt::check_depth(tree.size() + 1)); !fits)
      return fits;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::string where = place_inside(place, i);
    const auto parent = known.read_parent(nodes[i], where);
    if (!parent) return pass(parent);
    std::string& beside = last[*parent];
    beside = crdt::tree_position_between(beside, {}, 0);
    const std::string id = nodes[i]["id"].get<std::string>();
    push(tree, crdt::TreeInsert{id, *parent, beside});
    if (const auto value = nodes[i].find("value"); value != nodes[i].end()) {
      Status filled = fill_map(below(tree, crdt::NodeStep{id}), *value, where + ".value");
      if (!filled) return filled;
    }
  }
  return {};
}

Status OpsWriter::fill_set(const Path& set, Json& elements, const std::string& place) {
  for (std::size_t i = 0; i < elements.size(); ++i) {
    auto leaf = read_leaf(elements[i], place_inside(place, i), crdt::LeafUse::set);
    if (!leaf) return pass(leaf);
    push(set, crdt::SetAdd{std::move(*leaf)});
  }
  return {};
}

Status OpsWriter::fill(const Path& path, const Wanted& wanted) {
  Json& content = *wanted.content;
  switch (wanted.kind) {
    case Kind::map: return fill_map(path, content, wanted.place);
    case Kind::list: return insert_items(path, 0, content, wanted.place);
    case Kind::text: insert_text(path, 0, content.get_ref<const std::string&>()); return {};
    case Kind::counter: return add_number(path, content, wanted.place);
    case Kind::set: return fill_set(path, content, wanted.place);
    case Kind::tree: return fill_tree(path, content, wanted.place);
  }
  return {};
}

Json to_json(const crdt::Scalar& value) {
  if (const auto* boolean = std::get_if<bool>(&value)) return *boolean;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    // What a request would refuse, and many a program would round.
    if (is_exact_integer(*integer)) return *integer;
    return std::to_string(*integer);
  }
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return nullptr;
}

Json to_json(const crdt::Value& value) {
  if (const auto* scalar = std::get_if<crdt::Scalar>(&value.node)) return to_json(*scalar);
  if (const auto* list = std::get_if<crdt::ValueList>(&value.node)) {
    Json made = Json::array();
    for (const crdt::Value& item : *list) made.push_back(to_json(item));
    return made;
  }
  Json made = Json::object();
  for (const auto& [key, inner] : std::get<crdt::ValueMap>(value.node)) made[key] = to_json(inner);
  return made;
}

namespace {

Json annotate(const crdt::Value& value, const Annotations& known, Path& path);

Json annotate_tree(const crdt::Value& tree, const Annotations& known, Path& path) {
  Json nodes = Json::array();
  for (const crdt::Value& node : std::get<crdt::ValueList>(tree.node)) {
    const auto& fields = std::get<crdt::ValueMap>(node.node);
    Json made = to_json(node);
    path.emplace_back(crdt::NodeStep{made["id"].get<std::string>()});
    // A node has a map and nothing else: it needs no marker.
    Json& value = made["value"] = Json::object();
    for (const auto& [key, inner] : std::get<crdt::ValueMap>(fields.at("value").node)) {
      path.emplace_back(key);
      value[key] = annotate(inner, known, path);
      path.pop_back();
    }
    path.pop_back();
    nodes.push_back(std::move(made));
  }
  return {{"$tree", std::move(nodes)}};
}

Json annotate_text(const crdt::Value& text, const Annotations& known, const Path& path) {
  Json made = {{"$text", to_json(text)}};
  if (const auto marks = known.marks.find(path); marks != known.marks.end())
    if (Json rows = marks_json(marks->second); !rows.empty()) made["$marks"] = std::move(rows);
  return made;
}

Json annotate(const crdt::Value& value, const Annotations& known, Path& path) {
  if (const auto found = known.kinds.find(path); found != known.kinds.end()) {
    switch (found->second) {
      case Kind::text: return annotate_text(value, known, path);
      case Kind::counter: return {{"$counter", to_json(value)}};
      case Kind::set: return {{"$set", to_json(value)}};
      case Kind::tree: return annotate_tree(value, known, path);
      case Kind::map:
      case Kind::list: break;
    }
  }
  if (const auto* list = std::get_if<crdt::ValueList>(&value.node)) {
    Json made = Json::array();
    for (const crdt::Value& item : *list) {
      path.emplace_back(std::uint64_t{made.size()});
      made.push_back(annotate(item, known, path));
      path.pop_back();
    }
    return made;
  }
  const auto* map = std::get_if<crdt::ValueMap>(&value.node);
  if (map == nullptr) return to_json(value);
  Json made = Json::object();
  for (const auto& [key, inner] : *map) {
    path.emplace_back(key);
    made[key] = annotate(inner, known, path);
    path.pop_back();
  }
  if (looks_like_marker(made)) {
    Json escaped = Json::object();
    escaped["$map"] = std::move(made);
    return escaped;
  }
  return made;
}

}  // namespace

Json to_annotated_json(const crdt::Value& value, const Annotations& annotations, Path path) {
  return annotate(value, annotations, path);
}

}  // namespace syncline::ipc
