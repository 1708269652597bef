// SPDX-License-Identifier: Apache-2.0
//
// scalar = 00                      null
//        | 01 | 02                 false, true
//        | 03 zigzag               integer
//        | 04 u64                  double: its IEEE 754 bits, finite, zero without a sign
//        | 05 len:varint utf-8     text, no NUL
#include "protocol/crdt/value.h"

#include "protocol/base/limits.h"

#include <bit>
#include <cmath>

namespace syncline::crdt {
namespace {

enum Tag : std::uint8_t {
  tag_null,
  tag_false,
  tag_true,
  tag_integer,
  tag_double,
  tag_text,
};

double without_sign_of_zero(double value) { return value == 0 ? 0.0 : value; }

}  // namespace

void encode_scalar(wire::Writer& out, const Scalar& value) {
  if (std::holds_alternative<Null>(value)) {
    out.u8(tag_null);
  } else if (const bool* truth = std::get_if<bool>(&value)) {
    out.u8(*truth ? tag_true : tag_false);
  } else if (const std::int64_t* integer = std::get_if<std::int64_t>(&value)) {
    out.u8(tag_integer).zigzag(*integer);
  } else if (const double* number = std::get_if<double>(&value)) {
    out.u8(tag_double).u64(std::bit_cast<std::uint64_t>(without_sign_of_zero(*number)));
  } else {
    out.u8(tag_text).text(std::get<std::string>(value));
  }
}

Scalar decode_scalar(wire::Reader& in) {
  switch (in.u8()) {
    case tag_null: return Null{};
    case tag_false: return false;
    case tag_true: return true;
    case tag_integer: return in.zigzag();
    case tag_double: {
      const auto bits = in.u64();
      const double number = std::bit_cast<double>(bits);
      if (!std::isfinite(number)) in.fail_with(Errc::invalid);
      if (number == 0 && bits != 0) in.fail_with(Errc::non_canonical);
      return in.ok() ? number : 0.0;
    }
    case tag_text: return in.text(limits::value_size_max);
    default: in.fail_with(Errc::unsupported); return Null{};
  }
}

std::string id_of_node(const Value& node) {
  const auto* fields = std::get_if<ValueMap>(&node.node);
  if (fields == nullptr || !fields->contains("id")) return {};
  const auto* id = std::get_if<Scalar>(&fields->at("id").node);
  const auto* text = id ? std::get_if<std::string>(id) : nullptr;
  return text ? *text : std::string();
}

const Value* node_in(const ValueList& tree, const std::string& id) {
  for (const Value& node : tree)
    if (id_of_node(node) == id && !id.empty()) return &std::get<ValueMap>(node.node).at("value");
  return nullptr;
}

bool scalar_less(const Scalar& a, const Scalar& b) {
  if (a.index() != b.index()) return a.index() < b.index();
  return a < b;
}

}  // namespace syncline::crdt
