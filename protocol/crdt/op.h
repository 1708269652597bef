// SPDX-License-Identifier: Apache-2.0
//
// Op: one change to a document, as it stands in an event.
//
// Every index and position is relative to the author's causal version of the document, plus
// the earlier ops of the same event, and counts list items or Unicode scalar values. An op
// says nothing about whether it applies: Document decides that, the same way everywhere.
// Layout and limits: Spec section 11, C1 to C5.
#pragma once

#include "protocol/base/result.h"
#include "protocol/crdt/value.h"

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace syncline::crdt {

enum class Kind : std::uint8_t { map, list, text, counter, set, tree };
inline constexpr std::size_t kind_count = 6;
std::string_view name_of(Kind kind);

// Of a tree; its map.
struct NodeStep {
  std::string id;
  auto operator<=>(const NodeStep&) const = default;
};
// From a map by its key, from a list by the index of an item, or from a tree by the id of a node.
using Step = std::variant<std::string, std::uint64_t, NodeStep>;

// From the root map to the container that is changed. What kind of container a step enters
// follows from what comes next: a key needs a map, an index a list, a node a tree, the action its
// own kind. A node has a map and nothing else.
// Containers on the way that do not exist yet come into being with the op.
using Path = std::vector<Step>;

// A leaf, or a new empty container.
using ItemValue = std::variant<Scalar, Kind>;

struct MapSet {
  std::string key;
  ItemValue value;
  bool operator==(const MapSet&) const = default;
};
struct MapRemove {
  std::string key;
  bool operator==(const MapRemove&) const = default;
};
// Settles a conflict: the container of this kind stays with its content, everything else that
// the author saw in the slot goes.
struct MapKeep {
  std::string key;
  Kind kind = Kind::map;
  bool operator==(const MapKeep&) const = default;
};
struct ListInsert {
  std::uint64_t index = 0;
  std::vector<ItemValue> items;
  bool operator==(const ListInsert&) const = default;
};
struct ListRemove {
  std::uint64_t index = 0;
  std::uint64_t count = 0;
  bool operator==(const ListRemove&) const = default;
};
struct ListSet {
  std::uint64_t index = 0;
  ItemValue value;
  bool operator==(const ListSet&) const = default;
};
// As MapKeep, for the slot of a list item.
struct ListKeep {
  std::uint64_t index = 0;
  Kind kind = Kind::map;
  bool operator==(const ListKeep&) const = default;
};
// The item stays what it is; afterwards it is at `to`.
struct ListMove {
  std::uint64_t index = 0;
  std::uint64_t to = 0;
  bool operator==(const ListMove&) const = default;
};
// A new, empty node, or an old one made anew; below `parent`, or at the top if that is empty.
// Positions order siblings: tree_position.h.
struct TreeInsert {
  std::string node;
  std::string parent;
  std::string position;
  bool operator==(const TreeInsert&) const = default;
};
struct TreeMove {
  std::string node;
  std::string parent;
  std::string position;
  bool operator==(const TreeMove&) const = default;
};
// With everything below it.
struct TreeRemove {
  std::string node;
  bool operator==(const TreeRemove&) const = default;
};
struct TextInsert {
  std::uint64_t position = 0;
  std::string text;
  bool operator==(const TextInsert&) const = default;
};
struct TextRemove {
  std::uint64_t position = 0;
  std::uint64_t count = 0;
  bool operator==(const TextRemove&) const = default;
};
// Many changes of one text, each at the text as the one before left it.
struct TextSplice {
  std::uint64_t position = 0;
  std::uint64_t removed = 0;   // characters from there on
  std::uint64_t inserted = 0;  // characters put in their place
  bool operator==(const TextSplice&) const = default;
};
struct TextEdit {
  std::vector<TextSplice> splices;
  std::string text;  // what they insert, one after the other
  bool operator==(const TextEdit&) const = default;
};
// Says something about a range of a text: bold, a link, a comment. Null takes it back.
struct TextMark {
  static constexpr std::uint8_t grows_at_start = 1, grows_at_end = 2;
  std::uint64_t position = 0;
  std::uint64_t count = 0;
  std::uint8_t grows = 0;  // with what is typed right at these ends
  std::string key;
  Scalar value;
  bool operator==(const TextMark&) const = default;
};
// amount / 10^scale
struct CounterAdd {
  std::int64_t amount = 0;
  std::uint8_t scale = 0;
  bool operator==(const CounterAdd&) const = default;
};
struct SetAdd {
  Scalar value;
  bool operator==(const SetAdd&) const = default;
};
struct SetRemove {
  Scalar value;
  bool operator==(const SetRemove&) const = default;
};

using Action = std::variant<MapSet, MapRemove, MapKeep, ListInsert, ListRemove, ListSet, ListKeep,
                            TextInsert, TextRemove, CounterAdd, SetAdd, SetRemove, TextEdit,
                            TextMark, ListMove, TreeInsert, TreeMove, TreeRemove>;

// The kind of container an action changes.
Kind kind_of(const Action& action);
// The kind of container that holds what `step` names.
Kind kind_entered(const Step& step);
// The kind of container that `path[step]` enters when `action` is at its end.
Kind kind_after(const Path& path, std::size_t step, const Action& action);

struct Op {
  Path path;
  Action action;

  bool operator==(const Op&) const = default;
};

// What decode_ops would accept: every bound on counts, depth and sizes, texts well formed.
// For ops of a local author, before anything is built from them.
Status check_ops(std::span<const Op> ops);

// Requires: check_ops holds for an op with this path.
void encode_path(wire::Writer& out, const Path& path);
// Fails the reader.
Path decode_path(wire::Reader& in);

// Requires: check_ops(ops) holds.
void encode_ops(wire::Writer& out, std::span<const Op> ops);
Buffer encode_ops(std::span<const Op> ops);
// Fails the reader; the form for ops inside a larger message.
std::vector<Op> decode_ops(wire::Reader& in);
// The same without the count, which the message says elsewhere.
void encode_uncounted(wire::Writer& out, std::span<const Op> ops);
std::vector<Op> decode_uncounted(wire::Reader& in, std::uint64_t count);
// The whole of `bytes` and nothing else.
Result<std::vector<Op>> decode_ops(Bytes bytes);

}  // namespace syncline::crdt
