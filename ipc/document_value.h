// SPDX-License-Identifier: Apache-2.0
//
// Document values: plain JSON into ops, and documents into plain JSON.
//
// Objects become maps, arrays lists, the rest leaves, and markers (markers.h) other containers. A
// text may have marks beside it, see text_marks.h. Whatever is longer or deeper than a document
// takes is refused here, with its place in the request. The annotated form of a document has
// markers wherever they are needed to make the same document again.
#pragma once

#include "ipc/json.h"
#include "ipc/markers.h"
#include "ipc/schema.h"
#include "protocol/base/result.h"
#include "protocol/crdt/decimal.h"
#include "protocol/crdt/op.h"
#include "protocol/crdt/value_limits.h"
#include "protocol/step/answer.h"
#include "protocol/step/command.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace syncline::ipc {

enum class Form : std::uint8_t { plain, annotated };

// Collects the ops of one command. Texts are moved out of the Json that is given.
class OpsWriter {
 public:
  // `positions`: how whoever applies the ops counts in texts.
  explicit OpsWriter(std::vector<step::EditOp>& out,
                     crdt::Positions positions = crdt::Positions::scalars)
      : out_(out), positions_(positions) {}

  // `value` has to be an object; the document is taken to be empty.
  Status fill_document(Json& value, const std::string& place);
  // Whatever was in the slot goes.
  Status set_key(const crdt::Path& map, std::string key, Json& value, const std::string& place);
  Status set_item(const crdt::Path& list, std::uint64_t index, Json& value,
                  const std::string& place);
  Status insert_items(const crdt::Path& list, std::uint64_t index, Json& values,
                      const std::string& place);
  void insert_text(const crdt::Path& text, std::uint64_t position, std::string_view inserted);
  // An integer, or a decimal as a string.
  Status add_number(const crdt::Path& counter, const Json& number, const std::string& place);
  void push(const crdt::Path& path, crdt::Action action);

 private:
  Status fill(const crdt::Path& path, const Wanted& wanted);
  Status fill_set(const crdt::Path& set, Json& elements, const std::string& place);
  Status fill_tree(const crdt::Path& tree, Json& nodes, const std::string& place);
  Status fill_map(const crdt::Path& path, Json& content, const std::string& place);

  std::vector<step::EditOp>& out_;
  crdt::Positions positions_;
};

// An integer, or a string like "12.50": how counters are written. Nothing for everything else.
std::optional<crdt::DecimalSum> read_number(const Json& value);
// One of the nodes in {"$tree": [...]}, which come after their parents.
Schema tree_node_schema();
// Nothing of an object or array.
Result<crdt::Scalar> read_scalar(Json& value, const std::string& place);
// The same for a leaf that is written as it is. Errors also: Errc::oversized.
Result<crdt::Scalar> read_leaf(Json& value, const std::string& place, crdt::LeafUse use);
// Whether the nodes of a tree come in an order in which they can be made. Errors: Errc::invalid.
class TreeNodes {
 public:
  // Where the node is to be; "" for the top. Its value is not looked at.
  Result<std::string> read_parent(Json& node, const std::string& place);

 private:
  std::set<std::string> ids_;
};

Json to_json(const crdt::Scalar& value);
Json to_json(const crdt::Value& value);
// What a value is really made of, as in step::EntityAnswer.
struct Annotations {
  const std::map<crdt::Path, crdt::Kind>& kinds;
  const std::map<crdt::Path, std::vector<step::MarkNote>>& marks;
};
// `value` is what is at `path`.
Json to_annotated_json(const crdt::Value& value, const Annotations& annotations,
                       crdt::Path path = {});

}  // namespace syncline::ipc
