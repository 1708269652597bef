// SPDX-License-Identifier: Apache-2.0
//
// names = {"entity": id, "names": {name: version}}
#include "protocol/node/version_names.h"

#include "protocol/crypto/hash.h"

#include <algorithm>

namespace syncline::node {

namespace {

constexpr std::size_t name_size_max = 64;
constexpr std::size_t log_digits = 12;
constexpr std::size_t seq_digits_max = 20;
constexpr const char* names_key = "names";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

// <12 hexadecimal digits>.<number>
bool is_event(std::string_view part) {
  if (part.size() <= log_digits + 1 || part.size() > log_digits + 1 + seq_digits_max) return false;
  const std::string_view log = part.substr(0, log_digits), seq = part.substr(log_digits + 1);
  return part[log_digits] == '.' && std::ranges::all_of(log, is_hex) &&
         std::ranges::all_of(seq, is_digit);
}

const std::string* version_of(const crdt::Value& value) {
  const auto* scalar = std::get_if<crdt::Scalar>(&value.node);
  const auto* text = scalar ? std::get_if<std::string>(scalar) : nullptr;
  return text && is_version(*text) ? text : nullptr;
}

// The name that a place gives a version to.
const std::string* name_at(const crdt::Path& path) {
  if (path.size() != 2 || path[0] != crdt::Step(std::string(names_key))) return nullptr;
  const auto* name = std::get_if<std::string>(&path[1]);
  return name && check_version_name(*name) ? name : nullptr;
}

crdt::Shape leaf(crdt::Scalar scalar) { return {std::nullopt, std::move(scalar), {}}; }

}  // namespace

EntityId names_of(const SpaceId& space, const EntityId& entity) {
  const Digest digest = crypto::Hasher("names1").add(space.view()).add(entity.view()).finish();
  EntityId names;
  std::copy_n(digest.bytes.begin(), names.bytes.size(), names.bytes.begin());
  return names;
}

bool is_version(std::string_view text) {
  while (true) {
    const std::size_t end = std::min(text.find('-'), text.size());
    if (!is_event(text.substr(0, end))) return false;
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
  }
}

Status check_version_name(std::string_view name) {
  if (name.empty() || name.size() > name_size_max)
    return fail(Errc::invalid, "a name of a version has 1 to 64 bytes; choose another one");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(name, is_control) || name.front() == ' ' || name.back() == ' ')
    return fail(Errc::invalid,
                "a name of a version has no control characters, and no spaces at its ends");
  if (is_version(name))
    return fail(Errc::invalid, "this name has the form of a version; choose another one");
  return {};
}

crdt::Shape naming(const EntityId& entity, const std::string& name,
                   const std::optional<std::string>& version) {
  crdt::ShapeMap names, root;
  names.emplace(name, leaf(version ? crdt::Scalar(*version) : crdt::Scalar(crdt::Null{})));
  root.emplace("entity", leaf(crdt::Scalar(entity.hex())));
  root.emplace(names_key, crdt::Shape{std::nullopt, std::move(names), {}});
  return {std::nullopt, std::move(root), {}};
}

std::map<std::string, std::vector<NamedVersion>> read_names(const crdt::Document& names) {
  std::map<std::string, std::vector<NamedVersion>> read;
  const auto shown = names.read({std::string(names_key)});
  const auto* rows = shown ? std::get_if<crdt::ValueMap>(&shown->node) : nullptr;
  if (rows == nullptr) return read;
  for (const crdt::Note& note : names.notes({std::string(names_key)}, rows->size() + 1).notes) {
    const std::string* name = name_at(note.path);
    const auto row = name ? rows->find(*name) : rows->end();
    const std::string* version = row == rows->end() ? nullptr : version_of(row->second);
    if (version) read[*name] = {{*version, note.log, note.wall}};
  }
  for (const crdt::Conflict& conflict : names.conflicts()) {
    const std::string* name = name_at(conflict.path);
    const auto row = name ? read.find(*name) : read.end();
    if (row == read.end()) continue;
    std::vector<NamedVersion>& versions = row->second;
    versions.clear();
    for (const crdt::ConflictValue& value : conflict.values) {
      const std::string* version = version_of(value.value);
      const auto is_same = [&](const NamedVersion& one) { return one.version == *version; };
      if (version && std::ranges::none_of(versions, is_same))
        versions.push_back({*version, value.log, value.wall});
    }
    if (versions.empty()) read.erase(row);
  }
  return read;
}

}  // namespace syncline::node
