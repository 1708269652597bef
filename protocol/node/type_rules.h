// SPDX-License-Identifier: Apache-2.0
//
// TypeRules: how apps want conflicts in entities of their types to be read.
//
// The rules of a type are the document of an entity of a type of our own, whose id follows from
// the type's name: whoever declares it, on whatever device, writes into the same one, and what
// is declared side by side merges like anything else. Layout: Spec section 11, C20.
#pragma once

#include "protocol/crdt/rules.h"
#include "protocol/node/entity_state.h"

#include <map>
#include <string>
#include <string_view>

namespace syncline::node {

// Types that begin like this are not for apps.
inline constexpr std::string_view own_types = "syncline.";
inline constexpr std::string_view declaration_type = "syncline.type";

EntityId declaration_of(const SpaceId& space, std::string_view type);
inline bool is_our_own(const EntityState& state) { return state.type.starts_with(own_types); }
inline bool is_declaration(const EntityState& state) { return state.type == declaration_type; }

class TypeRules {
 public:
  struct Row {
    EntityId declaration;
    crdt::RuleSet rules;
    WallTime changed;
  };
  using Key = std::pair<SpaceId, std::string>;  // the type

  // Takes in a declaration as it is now. True if a reader may see something else from now on.
  bool take(const EntityState& declaration);
  // nullptr: none.
  const crdt::RuleSet* find(const SpaceId& space, const std::string& type) const;
  const std::map<Key, Row>& rows() const { return rows_; }

 private:
  std::map<Key, Row> rows_;
};

}  // namespace syncline::node
