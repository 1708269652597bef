// SPDX-License-Identifier: Apache-2.0
//
// Markers: objects in document values that stand for what JSON has no word for, as
// {"$text": "..."} does for a text.
//
// An object is one if its only key begins with "$", or if it has the key "$text". Every map that
// would look like one is written {"$map": {...}}. What is inside of a marker is not read here.
#pragma once

#include "ipc/json.h"
#include "ipc/schema.h"
#include "protocol/base/result.h"
#include "protocol/crdt/op.h"

#include <optional>
#include <string>

namespace syncline::ipc {

bool looks_like_marker(const Json& object);

// A container that is asked for: its kind, and the part of the Json that is its content.
struct Wanted {
  crdt::Kind kind;
  Json* content;
  std::string place;  // of the content, in the request
};
// Nothing for a leaf. Errors: Errc::invalid for a marker that is none.
Result<std::optional<Wanted>> wanted_container(Json& value, const std::string& place);

// Errc::invalid for what is no map, which the document itself and each node of a tree is.
Status check_is_map(Json& value, const std::string& place, const char* what);

// The place of what a key leads to; a long key is cut.
std::string place_inside(const std::string& place, const std::string& key);
std::string place_inside(const std::string& place, std::size_t index);

}  // namespace syncline::ipc
