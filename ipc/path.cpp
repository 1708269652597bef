// SPDX-License-Identifier: Apache-2.0
//
// pointer = *( "/" token )                          "" is the whole document
// token   = index | [ "~2" ] text | "~3" text           a key of a map; a node of a tree
// text    = *( unescaped | "~0" | "~1" )                          ~0 is "~", ~1 is "/"
// index   = "0" | nonzero *digit                    below 2^32; larger ones are keys
#include "ipc/path.h"

#include "ipc/params.h"
#include "protocol/base/limits.h"
#include "protocol/crdt/value_limits.h"
#include "protocol/node/spelling.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace syncline::ipc {

namespace {

constexpr std::int64_t index_max = UINT32_MAX;
constexpr std::int64_t path_size_max = 64 * 1024;
// Longer ones are told what the limit is when they are read.
constexpr std::int64_t steps_max = 4096;

std::optional<std::uint64_t> read_index(std::string_view token) {
  if (token.empty() || (token.size() > 1 && token[0] == '0')) return std::nullopt;
  std::uint64_t index = 0;
  const auto [stop, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc() || stop != token.data() + token.size()) return std::nullopt;
  if (index > std::uint64_t{index_max}) return std::nullopt;
  return index;
}

// A key or a node.
std::optional<crdt::Step> read_name(std::string_view token) {
  std::string key;
  const bool is_node = token.substr(0, 2) == "~3";
  if (is_node || token.substr(0, 2) == "~2") token.remove_prefix(2);
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      key.push_back(token[i]);
      continue;
    }
    if (++i == token.size() || (token[i] != '0' && token[i] != '1')) return std::nullopt;
    key.push_back(token[i] == '0' ? '~' : '/');
  }
  if (!is_node) return key;
  if (key.empty()) return std::nullopt;
  return crdt::NodeStep{std::move(key)};
}

Status check_step(const crdt::Step& step, const std::string& place) {
  if (const auto* key = std::get_if<std::string>(&step))
    return inside(place, crdt::check_key(*key));
  const auto* node = std::get_if<crdt::NodeStep>(&step);
  if (node == nullptr || node->id.size() <= limits::tree_node_id_size_max) return {};
  return fail(Errc::oversized, place + ": the id of a node has " + std::to_string(node->id.size()) +
                                   " bytes, and may have at most " +
                                   std::to_string(limits::tree_node_id_size_max));
}

Result<crdt::Path> read_pointer(std::string_view pointer, const std::string& place) {
  crdt::Path path;
  const auto steps = static_cast<std::size_t>(std::count(pointer.begin(), pointer.end(), '/'));
  if (Status fits = inside(place, crdt::check_depth(steps)); !fits) return pass(fits);
  while (!pointer.empty()) {
    if (pointer[0] != '/') {
      return fail(Errc::invalid,
                  place + R"( has to begin with "/", like "/title", or be empty for all of it)");
    }
    pointer.remove_prefix(1);
    const std::string_view token = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(token.size());
    if (const auto index = read_index(token)) {
      path.emplace_back(*index);
    } else if (auto name = read_name(token)) {
      if (Status fits = check_step(*name, place); !fits) return pass(fits);
      path.push_back(std::move(*name));
    } else {
      return fail(Errc::invalid,
                  place + R"( has a "~" that is not "~0", "~1" or, in front, "~2" for a key )"
                          R"(or "~3" for a node)");
    }
  }
  return path;
}

}  // namespace

Schema path_schema(std::string about) {
  Schema step =
      either("a map key, a list index, or a tree node",
             {text("", path_size_max), integer("", 0, index_max),
              object("", {required("node", text("its id", limits::tree_node_id_size_max, 1))})});
  step.form = R"(a key, an index of a list, or {"node": "..."} for a node of a tree)";
  Schema schema = either(std::move(about), {text("a JSON Pointer", path_size_max),
                                            array("its steps", std::move(step), steps_max)});
  schema.form = R"(a JSON Pointer like "/title", or an array of its steps)";
  return schema;
}

Result<crdt::Path> read_path(const Json& value, const std::string& place) {
  if (value.is_string()) return read_pointer(value.get_ref<const std::string&>(), place);
  crdt::Path path;
  if (Status fits = inside(place, crdt::check_depth(value.size())); !fits) return pass(fits);
  for (const Json& step : value) {
    if (step.is_string()) {
      path.emplace_back(step.get<std::string>());
      if (Status fits = check_step(path.back(), place); !fits) return pass(fits);
    } else if (step.is_object()) {
      path.emplace_back(crdt::NodeStep{step["node"].get<std::string>()});
    } else {
      path.emplace_back(step.get<std::uint64_t>());
    }
  }
  return path;
}

std::string pointer_of(const crdt::Path& path) { return node::pointer_of(path); }

}  // namespace syncline::ipc
