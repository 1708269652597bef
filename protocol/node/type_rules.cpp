// SPDX-License-Identifier: Apache-2.0
//
// declaration := {"type": name, "rules": {pattern: "max" | "min" | "union" | "text"}}
#include "protocol/node/type_rules.h"

#include "protocol/crypto/hash.h"

namespace syncline::node {

namespace {

template <class Wanted>
const Wanted* member(const crdt::Value& value, const char* key) {
  const auto* map = std::get_if<crdt::ValueMap>(&value.node);
  const auto found = map ? map->find(key) : crdt::ValueMap::const_iterator();
  return map && found != map->end() ? std::get_if<Wanted>(&found->second.node) : nullptr;
}

const std::string* text_of(const crdt::Scalar* scalar) {
  return scalar ? std::get_if<std::string>(scalar) : nullptr;
}

// What a newer Syncline means by other words is not known here.
crdt::RuleSet rules_of(const crdt::Value& value) {
  crdt::RuleSet rules;
  const auto* rows = member<crdt::ValueMap>(value, "rules");
  if (rows == nullptr) return rules;
  for (const auto& [pattern, word] : *rows) {
    const auto* name = text_of(std::get_if<crdt::Scalar>(&word.node));
    const auto rule = name ? crdt::rule_named(*name) : std::nullopt;
    if (rule) (void)rules.add(pattern, *rule).has_value();
  }
  return rules;
}

}  // namespace

EntityId declaration_of(const SpaceId& space, std::string_view type) {
  const Digest digest = crypto::Hasher("type1").add(space.view()).add(as_bytes(type)).finish();
  EntityId entity;
  std::copy_n(digest.bytes.begin(), entity.bytes.size(), entity.bytes.begin());
  return entity;
}

bool TypeRules::take(const EntityState& declaration) {
  const crdt::Value value = declaration.document.read();
  const auto* name = text_of(member<crdt::Scalar>(value, "type"));
  // Nobody else's entity can speak for a type.
  if (name == nullptr || declaration.entity != declaration_of(declaration.space, *name))
    return false;
  const Key key{declaration.space, *name};
  const auto before = rows_.find(key);
  Row row{declaration.entity, rules_of(value), declaration.changed};
  const bool is_gone = !declaration.exists() || declaration.is_deleted() || row.rules.empty();
  const auto rules_before =
      before == rows_.end() ? decltype(row.rules.list())() : before->second.rules.list();
  if (is_gone) {
    rows_.erase(key);
    return !rules_before.empty();
  }
  const bool differs = rules_before != row.rules.list();
  rows_.insert_or_assign(key, std::move(row));
  return differs;
}

const crdt::RuleSet* TypeRules::find(const SpaceId& space, const std::string& type) const {
  const auto found = rows_.find({space, type});
  return found == rows_.end() ? nullptr : &found->second.rules;
}

}  // namespace syncline::node
