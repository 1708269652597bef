// SPDX-License-Identifier: Apache-2.0
//
// ops    = count:varint count*op
// op     = head:u8 path action
// head   = action number in the low four bits, or 15: number - 15 follows as a varint; in the high
//          four bits the depth of the path (0 to 13), or 14: depth - 14 follows as a varint, or 15:
//          the path of the op before
// path   = depth * step                      absent for 15, which every repeated path must use
// step   = (len << 1):varint key             from a map, len at most 1024
//        | (index << 1 | 1):varint           from a list
//        | (1024 + len << 1):varint id       from a tree, len at least 1
// action = 0 key item | 1 key | 2 key kind            map set, remove, keep
//        | 3 index n*:item | 4 index n | 5 index item | 6 index kind    list insert, remove, set,
//        keep | 7 position text | 8 position n             text insert, remove
//        | 9 scale:u8 zigzag | 10 scalar | 11 scalar            counter add, set add, set remove
//        | 12 edit                    text edit: text_edit.cpp
//        | 13 position n grows:u8 key scalar    text mark
//        | 14 index index             list move
//        | 15 id id position | 16 id id position | 17 id          tree insert, move, remove
// item   = scalar | (10h + kind):u8                   a leaf or a new empty container
#include "protocol/crdt/op.h"

#include "protocol/base/limits.h"
#include "protocol/crdt/decimal.h"
#include "protocol/crdt/item_codec.h"
#include "protocol/crdt/text_edit.h"
#include "protocol/crdt/tree_position.h"
#include "protocol/text/ops.h"

#include <algorithm>

namespace syncline::crdt {
namespace {

constexpr std::size_t number_escape = 15;
constexpr std::size_t depth_escape = 14;
constexpr std::size_t same_path = 15;
constexpr std::uint64_t index_max = UINT32_MAX;
constexpr std::uint8_t mark_grows_max = TextMark::grows_at_start | TextMark::grows_at_end;
static_assert(TextMark::grows_at_start == text::mark_grows_at_start &&
              TextMark::grows_at_end == text::mark_grows_at_end);
// Spec C5: a repeated path costs one byte on the wire and a copy here; this bounds all of them.
constexpr std::size_t paths_size_max = 64 * limits::event_plaintext_size_max;

void encode_key(wire::Writer& out, const std::string& key) { out.text(key); }
std::string decode_key(wire::Reader& in) { return in.text(limits::map_key_size_max); }

// Spec C3.
std::uint64_t decode_count(wire::Reader& in) {
  const std::uint64_t count = in.varint(index_max);
  if (in.ok() && count == 0) in.fail_with(Errc::invalid);
  return count;
}

struct ActionWriter {
  wire::Writer& out;

  void operator()(const MapSet& a) const {
    encode_key(out, a.key);
    encode_item(out, a.value);
  }
  void operator()(const MapRemove& a) const { encode_key(out, a.key); }
  void operator()(const MapKeep& a) const {
    encode_key(out, a.key);
    encode_kind(out, a.kind);
  }
  void operator()(const ListInsert& a) const {
    out.varint(a.index).varint(a.items.size());
    for (const ItemValue& item : a.items) encode_item(out, item);
  }
  void operator()(const ListRemove& a) const { out.varint(a.index).varint(a.count); }
  void operator()(const ListSet& a) const {
    out.varint(a.index);
    encode_item(out, a.value);
  }
  void operator()(const ListKeep& a) const {
    out.varint(a.index);
    encode_kind(out, a.kind);
  }
  void operator()(const ListMove& a) const { out.varint(a.index).varint(a.to); }
  void operator()(const TreeInsert& a) const { out.text(a.node).text(a.parent).text(a.position); }
  void operator()(const TreeMove& a) const { out.text(a.node).text(a.parent).text(a.position); }
  void operator()(const TreeRemove& a) const { out.text(a.node); }
  void operator()(const TextInsert& a) const { out.varint(a.position).text(a.text); }
  void operator()(const TextRemove& a) const { out.varint(a.position).varint(a.count); }
  void operator()(const CounterAdd& a) const { out.u8(a.scale).zigzag(a.amount); }
  void operator()(const TextEdit& a) const { encode_text_edit(out, a); }
  void operator()(const TextMark& a) const {
    out.varint(a.position).varint(a.count).u8(a.grows);
    encode_key(out, a.key);
    encode_scalar(out, a.value);
  }
  void operator()(const SetAdd& a) const { encode_scalar(out, a.value); }
  void operator()(const SetRemove& a) const { encode_scalar(out, a.value); }
};

Action decode_list_insert(wire::Reader& in) {
  ListInsert action{in.varint(index_max), {}};
  const std::uint64_t count = decode_count(in);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) action.items.push_back(decode_item(in));
  return action;
}

Action decode_text_insert(wire::Reader& in) {
  const std::uint64_t position = in.varint(index_max);
  std::string text = in.text(limits::event_plaintext_size_max);
  if (in.ok() && text.empty()) in.fail_with(Errc::invalid);
  return TextInsert{position, std::move(text)};
}

Action decode_text_mark(wire::Reader& in) {
  TextMark mark{in.varint(index_max), decode_count(in), in.u8(), {}, {}};
  if (mark.grows > mark_grows_max) in.fail_with(Errc::invalid);
  mark.key = decode_key(in);
  mark.value = decode_scalar(in);
  return mark;
}

std::string decode_parent(wire::Reader& in) { return in.text(limits::tree_node_id_size_max); }
std::string decode_node(wire::Reader& in) {
  std::string id = decode_parent(in);
  if (id.empty()) in.fail_with(Errc::invalid);
  return id;
}
std::string decode_position(wire::Reader& in) {
  std::string position = to_text(in.bytes(limits::tree_position_size_max));
  if (!is_tree_position(position)) in.fail_with(Errc::invalid);
  return position;
}

Action decode_counter_add(wire::Reader& in) {
  const std::uint8_t scale = in.u8();
  if (scale > Decimal::scale_max) in.fail_with(Errc::invalid);
  return CounterAdd{in.zigzag(), scale};
}

// The order of the fields in the braces is the order in which they are read. An action that is
// not known fails the body as a whole: Spec C1.
Action decode_action(wire::Reader& in, std::uint64_t number) {
  switch (number) {
    case 0: return MapSet{decode_key(in), decode_item(in)};
    case 1: return MapRemove{decode_key(in)};
    case 2: return MapKeep{decode_key(in), decode_kind(in)};
    case 3: return decode_list_insert(in);
    case 4: return ListRemove{in.varint(index_max), decode_count(in)};
    case 5: return ListSet{in.varint(index_max), decode_item(in)};
    case 6: return ListKeep{in.varint(index_max), decode_kind(in)};
    case 7: return decode_text_insert(in);
    case 8: return TextRemove{in.varint(index_max), decode_count(in)};
    case 9: return decode_counter_add(in);
    case 10: return SetAdd{decode_scalar(in)};
    case 11: return SetRemove{decode_scalar(in)};
    case 12: return decode_text_edit(in);
    case 13: return decode_text_mark(in);
    case 14: return ListMove{in.varint(index_max), in.varint(index_max)};
    case 15: return TreeInsert{decode_node(in), decode_parent(in), decode_position(in)};
    case 16: return TreeMove{decode_node(in), decode_parent(in), decode_position(in)};
    case 17: return TreeRemove{decode_node(in)};
    default: in.fail_with(Errc::unsupported); return MapRemove{};
  }
}

void encode_step(wire::Writer& out, const Step& step) {
  if (const std::string* key = std::get_if<std::string>(&step)) {
    out.varint(std::uint64_t{key->size()} << 1).fixed(as_bytes(*key));
  } else if (const NodeStep* node = std::get_if<NodeStep>(&step)) {
    out.varint((limits::map_key_size_max + node->id.size()) << 1).fixed(as_bytes(node->id));
  } else {
    out.varint(std::get<std::uint64_t>(step) << 1 | 1);
  }
}

Step decode_step(wire::Reader& in) {
  const std::uint64_t head = in.varint(index_max << 1 | 1);
  if (head & 1) return head >> 1;
  auto size = static_cast<std::size_t>(head >> 1);
  const bool is_node = size > limits::map_key_size_max;
  if (is_node) size -= limits::map_key_size_max;
  if (is_node && size > limits::tree_node_id_size_max) in.fail_with(Errc::oversized);
  const Bytes name = in.fixed(size);
  if (!is_text(name)) in.fail_with(Errc::invalid);
  if (is_node) return NodeStep{to_text(name)};
  return to_text(name);
}

bool fits(const Scalar& value) {
  if (const std::string* text = std::get_if<std::string>(&value))
    return text->size() <= limits::value_size_max && is_text(as_bytes(*text));
  if (const double* number = std::get_if<double>(&value))
    return *number - *number == 0;  // false for NaN and the infinities
  return true;
}
bool fits(const ItemValue& value) {
  const Scalar* scalar = std::get_if<Scalar>(&value);
  return !scalar || fits(*scalar);
}
bool fits(const std::string& key) {
  return key.size() <= limits::map_key_size_max && is_text(as_bytes(key));
}
bool is_node_id(const std::string& id) {
  return !id.empty() && id.size() <= limits::tree_node_id_size_max && is_text(as_bytes(id));
}
bool fits_tree(const std::string& node, const std::string& parent, const std::string& position) {
  return is_node_id(node) && (parent.empty() || is_node_id(parent)) && is_tree_position(position);
}
bool fits_range(std::uint64_t index, std::uint64_t count) {
  return index <= index_max && count > 0 && count <= index_max;
}

struct ActionCheck {
  bool operator()(const MapSet& a) const { return fits(a.key) && fits(a.value); }
  bool operator()(const MapRemove& a) const { return fits(a.key); }
  bool operator()(const MapKeep& a) const { return fits(a.key); }
  bool operator()(const ListInsert& a) const {
    return fits_range(a.index, a.items.size()) &&
           std::all_of(a.items.begin(), a.items.end(),
                       [](const ItemValue& item) { return fits(item); });
  }
  bool operator()(const ListRemove& a) const { return fits_range(a.index, a.count); }
  bool operator()(const ListSet& a) const { return fits_range(a.index, 1) && fits(a.value); }
  bool operator()(const ListKeep& a) const { return fits_range(a.index, 1); }
  bool operator()(const ListMove& a) const { return fits_range(a.index, 1) && a.to <= index_max; }
  bool operator()(const TreeInsert& a) const { return fits_tree(a.node, a.parent, a.position); }
  bool operator()(const TreeMove& a) const { return fits_tree(a.node, a.parent, a.position); }
  bool operator()(const TreeRemove& a) const { return is_node_id(a.node); }
  bool operator()(const TextInsert& a) const {
    return fits_range(a.position, a.text.size()) &&
           a.text.size() <= limits::event_plaintext_size_max && is_text(as_bytes(a.text));
  }
  bool operator()(const TextRemove& a) const { return fits_range(a.position, a.count); }
  bool operator()(const CounterAdd& a) const { return a.scale <= Decimal::scale_max; }
  bool operator()(const TextEdit& a) const { return is_well_formed(a); }
  bool operator()(const TextMark& a) const {
    return fits_range(a.position, a.count) && a.grows <= mark_grows_max && fits(a.key) &&
           fits(a.value);
  }
  bool operator()(const SetAdd& a) const { return fits(a.value); }
  bool operator()(const SetRemove& a) const { return fits(a.value); }
};

std::size_t size_of(const Path& path) {
  std::size_t size = 0;
  for (const Step& step : path) {
    const std::string* key = std::get_if<std::string>(&step);
    const NodeStep* node = std::get_if<NodeStep>(&step);
    size += 1 + (key ? key->size() : node ? node->id.size() : 0);
  }
  return size;
}

bool fits(const Path& path) {
  return std::all_of(path.begin(), path.end(), [](const Step& step) {
    if (const std::string* key = std::get_if<std::string>(&step)) return fits(*key);
    if (const NodeStep* node = std::get_if<NodeStep>(&step)) return is_node_id(node->id);
    return std::get<std::uint64_t>(step) <= index_max;
  });
}

// Of each alternative of Action.
static_assert(std::variant_size_v<Action> == 18);
std::size_t number_of(const Action& action) { return action.index(); }

void encode_op(wire::Writer& out, const Op& op, const Path* before) {
  const std::size_t depth = op.path.size();
  const bool repeated = before && depth > 0 && op.path == *before;
  const std::size_t high = repeated ? same_path : std::min(depth, depth_escape);
  const std::size_t number = number_of(op.action);
  out.u8(static_cast<std::uint8_t>(high << 4 | std::min(number, number_escape)));
  if (number >= number_escape) out.varint(number - number_escape);
  if (!repeated) {
    if (high == depth_escape) out.varint(depth - depth_escape);
    for (const Step& step : op.path) encode_step(out, step);
  }
  std::visit(ActionWriter{out}, op.action);
}

// Spec C2: a path has one spelling.
Op decode_op(wire::Reader& in, const Path* before) {
  const std::uint8_t head = in.u8();
  std::uint64_t number = head & 0x0f;
  if (number == number_escape) number += in.varint(UINT8_MAX);
  Op op;
  if (head >> 4 == same_path) {
    if (!before || before->empty()) {
      in.fail_with(Errc::non_canonical);
    } else {
      op.path = *before;
    }
  } else {
    std::uint64_t depth = head >> 4;
    if (depth == depth_escape) depth += in.varint(limits::container_depth_max - depth_escape);
    for (std::uint64_t i = 0; i < depth && in.ok(); ++i) op.path.push_back(decode_step(in));
    if (before && depth > 0 && op.path == *before) in.fail_with(Errc::non_canonical);
  }
  op.action = decode_action(in, number);
  return op;
}

}  // namespace

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::map: return "map";
    case Kind::list: return "list";
    case Kind::text: return "text";
    case Kind::counter: return "counter";
    case Kind::set: return "set";
    case Kind::tree: return "tree";
  }
  return "map";
}

Kind kind_of(const Action& action) {
  static constexpr Kind kinds[] = {Kind::map,  Kind::map,  Kind::map,  Kind::list, Kind::list,
                                   Kind::list, Kind::list, Kind::text, Kind::text, Kind::counter,
                                   Kind::set,  Kind::set,  Kind::text, Kind::text, Kind::list,
                                   Kind::tree, Kind::tree, Kind::tree};
  static_assert(std::size(kinds) == std::variant_size_v<Action>);
  return kinds[action.index()];
}

Kind kind_entered(const Step& step) {
  if (std::holds_alternative<std::string>(step)) return Kind::map;
  return std::holds_alternative<NodeStep>(step) ? Kind::tree : Kind::list;
}

Kind kind_after(const Path& path, std::size_t step, const Action& action) {
  if (step + 1 == path.size()) return kind_of(action);
  return kind_entered(path[step + 1]);
}

Status check_ops(std::span<const Op> ops) {
  if (ops.size() > limits::ops_per_event_max) return fail(Errc::limit, "too many operations");
  std::size_t paths_size = 0;
  for (const Op& op : ops) {
    paths_size += size_of(op.path);
    if (paths_size > paths_size_max) return fail(Errc::limit, "too many long paths");
    if (op.path.size() > limits::container_depth_max)
      return fail(Errc::limit, "containers may be nested at most " +
                                   std::to_string(limits::container_depth_max) + " deep");
    if (!fits(op.path)) return fail(Errc::invalid, "a path has an oversized or malformed step");
    if (!std::visit(ActionCheck{}, op.action))
      return fail(Errc::invalid, "an operation has an empty, oversized or malformed argument");
  }
  return {};
}

void encode_path(wire::Writer& out, const Path& path) {
  out.varint(path.size());
  for (const Step& step : path) encode_step(out, step);
}

Path decode_path(wire::Reader& in) {
  Path path;
  const std::uint64_t depth = in.varint(limits::container_depth_max);
  for (std::uint64_t i = 0; i < depth && in.ok(); ++i) path.push_back(decode_step(in));
  return path;
}

void encode_ops(wire::Writer& out, std::span<const Op> ops) {
  out.varint(ops.size());
  encode_uncounted(out, ops);
}

void encode_uncounted(wire::Writer& out, std::span<const Op> ops) {
  const Path* before = nullptr;
  for (const Op& op : ops) {
    encode_op(out, op, before);
    before = &op.path;
  }
}

Buffer encode_ops(std::span<const Op> ops) {
  wire::Writer out;
  encode_ops(out, ops);
  return out.take();
}

std::vector<Op> decode_ops(wire::Reader& in) {
  return decode_uncounted(in, in.varint(limits::ops_per_event_max));
}

std::vector<Op> decode_uncounted(wire::Reader& in, std::uint64_t count) {
  std::vector<Op> ops;
  if (count > limits::ops_per_event_max) in.fail_with(Errc::oversized);
  // An op is at least two bytes.
  ops.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(count, in.left() / 2)));
  std::size_t paths_size = 0;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    ops.push_back(decode_op(in, ops.empty() ? nullptr : &ops.back().path));
    paths_size += size_of(ops.back().path);
    if (paths_size > paths_size_max) in.fail_with(Errc::oversized);
  }
  return in.ok() ? ops : std::vector<Op>{};
}

Result<std::vector<Op>> decode_ops(Bytes bytes) {
  wire::Reader in(bytes);
  return in.finish(decode_ops(in));
}

}  // namespace syncline::crdt
