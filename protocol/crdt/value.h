// SPDX-License-Identifier: Apache-2.0
//
// Value: what a person or an app puts into a document, and what a document looks like read.
//
// Scalar is a leaf as it is written; Value is a whole JSON-like tree as it is read. Texts
// are valid UTF-8 without NUL; positions in them count Unicode scalar values.
#pragma once

#include "protocol/base/bytes.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace syncline::crdt {

struct Null {
  auto operator<=>(const Null&) const = default;
};

// Numbers are kept as they came: integers exact, others as IEEE 754 doubles (never NaN or
// infinite). Spec C4.
using Scalar = std::variant<Null, bool, std::int64_t, double, std::string>;

void encode_scalar(wire::Writer& out, const Scalar& value);
// Fails the reader on an unknown kind, a non-finite or non-canonical double, or an oversized text.
Scalar decode_scalar(wire::Reader& in);
// A total order over scalars: kind first, then value; the same on every device. Spec C17.
bool scalar_less(const Scalar& a, const Scalar& b);

struct Value;
using ValueList = std::vector<Value>;
using ValueMap = std::map<std::string, Value>;

struct Value {
  std::variant<Scalar, ValueList, ValueMap> node;

  bool operator==(const Value&) const = default;
};

// Of what a tree reads as: the id of one of its nodes, and what a node holds; nothing if there is
// no such node.
std::string id_of_node(const Value& node);
const Value* node_in(const ValueList& tree, const std::string& id);

}  // namespace syncline::crdt
