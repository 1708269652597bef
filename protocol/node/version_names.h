// SPDX-License-Identifier: Apache-2.0
//
// VersionNames: what people call versions of an entity.
//
// The names are the document of an entity of a type of our own, whose id follows from that of the
// entity they belong to: whoever names a version, on whatever device, writes into the same one, and
// naming makes no new version. Layout: Spec section 11, C22. Nothing is written here.
#pragma once

#include "protocol/node/entity_state.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::node {

inline constexpr std::string_view names_type = "syncline.names";
inline bool holds_names(const EntityState& state) { return state.type == names_type; }

EntityId names_of(const SpaceId& space, const EntityId& entity);

// Whether it has the form of a version, so that it is none of a name.
bool is_version(std::string_view text);
// Errors: Errc::invalid.
Status check_version_name(std::string_view name);

// Changes that give `name` to a version, or take it away, as a merge patch.
crdt::Shape naming(const EntityId& entity, const std::string& name,
                   const std::optional<std::string>& version);

struct NamedVersion {
  std::string version;
  crdt::LogIndex log = 0;  // of who named it
  WallTime at;
};
// By name: the version that counts first, then those that were given the same name by somebody who
// did not know. What has no valid form is left out.
std::map<std::string, std::vector<NamedVersion>> read_names(const crdt::Document& names);

}  // namespace syncline::node
