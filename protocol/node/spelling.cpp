// SPDX-License-Identifier: Apache-2.0
#include "protocol/node/spelling.h"

#include <algorithm>
#include <charconv>

namespace syncline::node {

namespace {

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out.push_back(c);
    }
  }
}

std::string counted_items(std::size_t count) {
  return count == 1 ? "1 item" : std::to_string(count) + " items";
}

struct LeafName {
  std::string operator()(const crdt::Null&) const { return "null"; }
  std::string operator()(const bool& value) const { return value ? "true" : "false"; }
  std::string operator()(const std::int64_t&) const { return "a number"; }
  std::string operator()(const double&) const { return "a number"; }
  std::string operator()(const std::string&) const { return "a plain string"; }
};

}  // namespace

bool is_index(std::string_view token) {
  if (token.empty() || (token.size() > 1 && token[0] == '0')) return false;
  std::uint64_t index = 0;
  const auto [stop, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  return error == std::errc() && stop == token.data() + token.size() && index <= UINT32_MAX;
}

std::string pointer_of(const crdt::Path& path) {
  std::string pointer;
  for (const crdt::Step& step : path) {
    pointer.push_back('/');
    if (const auto* index = std::get_if<std::uint64_t>(&step)) {
      pointer += std::to_string(*index);
    } else if (const auto* node = std::get_if<crdt::NodeStep>(&step)) {
      pointer += "~3";
      append_escaped(pointer, node->id);
    } else {
      const std::string& key = std::get<std::string>(step);
      if (is_index(key)) pointer += "~2";
      append_escaped(pointer, key);
    }
  }
  return pointer;
}

std::string spelled(const crdt::Path& path) {
  return path.empty() ? "the document" : pointer_of(path);
}

std::string described(const crdt::Value& value, std::optional<crdt::Kind> kind) {
  if (const auto* leaf = std::get_if<crdt::Scalar>(&value.node); leaf && !kind)
    return std::visit(LeafName{}, *leaf);
  const auto* items = std::get_if<crdt::ValueList>(&value.node);
  if (kind == crdt::Kind::list && items)
    return items->empty() ? "an empty list" : "a list of " + counted_items(items->size());
  return "a " + std::string(crdt::name_of(kind.value_or(crdt::Kind::map)));
}

}  // namespace syncline::node
